# SPDX-License-Identifier: ISC
"""
The examples of the manuals and of README.md, and what their responses must
look like.

An example is a line "$ command" in a literal block of mdoc (.Bd -literal) or in
a fenced block of Markdown. A command that ends in a backslash, or that the
shell finds incomplete, continues on the next line. The lines up to the next
command are the expected output; a line "# command" is for root and is not run.
"""
import calendar
import collections
import json
import pathlib
import re
import subprocess
import types

Example = collections.namedtuple("Example", "page line command expected")

# mdoc's escapes in literal text.
ESCAPES = {"e": "\\", "&": "", "-": "-", "(aq": "'", "(dq": '"', "(ha": "^",
           "(ti": "~", "(ga": "`", "(rs": "\\"}
ESCAPE = re.compile(r"\\(\(..|.)")


def blocks_mdoc(text):
    """Yields (number, line) lists, one for each literal block."""
    block = None
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\.\s*Bd\b.*-(literal|unfilled)", line):
            block = []
        elif line.startswith(".Ed"):
            if block is not None:
                yield block
            block = None
        elif block is not None and not line.startswith('.\\"'):
            block.append((number, line))


def unescape(line):
    return ESCAPE.sub(lambda m: ESCAPES[m[1]], line)


def blocks_markdown(text):
    block = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            if block is not None:
                yield block
            block = [] if block is None else None
        elif block is not None:
            block.append((number, line))


def examples(path):
    """The examples of a page, in their order."""
    path = pathlib.Path(path)
    markdown = path.suffix == ".md"
    split = blocks_markdown if markdown else blocks_mdoc
    found = []
    for block in split(path.read_text()):
        if any(line.startswith("$ ") for _, line in block):
            found += examples_of(path.name, block if markdown else [
                (number, unescape(line)) for number, line in block])
    return found


def is_complete(command):
    p = subprocess.run(["bash", "-n", "-c", command], stderr=subprocess.PIPE,
                       text=True)
    return not command.endswith("\\") and "unexpected" not in p.stderr


def root_commands(path, heading):
    """The commands for root in each literal block of a section (.Ss)."""
    text = re.split(r"^\.S[sh] ", pathlib.Path(path).read_text(), flags=re.M)
    section, = (s for s in text if s.startswith(heading + "\n"))
    return [[e.command for e in examples_of(heading, [
        (number, unescape(line)) for number, line in block], "# ")]
        for block in blocks_mdoc(section)]


def examples_of(page, block, mark="$ "):
    """The examples of a block, which begin with the mark. Lines before its
    first command, and those of other commands, belong to none."""
    current = None
    for number, line in block:
        if current and current.open:
            current.command += "\n" + line
            current.open = not is_complete(current.command)
        elif line.startswith(("$ ", "# ")):
            if current and current.run:
                yield finished(page, current)
            current = types.SimpleNamespace(
                line=number, command=line[2:], run=line.startswith(mark),
                open=not is_complete(line[2:]), expected=[])
        elif current:
            current.expected.append(line)
    if current and current.run:
        yield finished(page, current)


def finished(page, e):
    return Example(page, e.line, e.command, "\n".join(e.expected).strip("\n"))


# --- shapes

def differs(expected, got):
    """Why the shape of an output is not the expected one, or None."""
    expected, got = expected.strip("\n"), got.replace("\r", "").strip("\n")
    if expected.startswith("HTTP/"):
        return differs_response(expected, got)
    return differs_body(expected, got)


def response(text):
    """A response as curl -i shows it: status, headers, body."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    while first.split()[1:2] == ["100"]:
        head, _, body = body.partition("\n\n")
        first, *lines = head.split("\n")
    headers = [line.partition(":") for line in lines]
    return first.split()[1], [(name.lower(), value.strip())
                              for name, _, value in headers], body


def differs_response(expected, got):
    if not got.startswith("HTTP/"):
        return "no HTTP response"
    status, headers, body = response(expected)
    got_status, got_headers, got_body = response(got)
    if status != got_status:
        return f"status {got_status}, expected {status}"
    for name, value in headers:
        if name == "...":
            continue
        values = [v for n, v in got_headers if n == name]
        if not values:
            return f"no header {name}"
        if not any(same_line(value, v) for v in values):
            return f"header {name}: {', '.join(values)}, expected {value}"
    return differs_body(body.strip("\n"), got_body.strip("\n"))


def differs_body(expected, got):
    try:
        want = json_of(expected)
    except ValueError:
        return differs_lines(expected.splitlines(), got.splitlines())
    try:
        return differs_json(want, json.loads(got), "")
    except ValueError:
        return "not JSON"


# Stands for "..." in parsed JSON.
MORE = "\0more"


def json_of(text):
    """JSON, in which "..." may be the last thing in an object or array."""
    nesting = []

    def mark(m):
        if m[0] in "{[":
            nesting.append(m[0])
        elif m[0] in "}]":
            nesting and nesting.pop()
        elif m[0] == "...":
            name = json.dumps(MORE)
            return f"{name}:0" if nesting[-1:] == ["{"] else name
        return m[0]

    return json.loads(re.sub(r'"(?:\\.|[^"\\])*"|\.\.\.|[{}\[\]]', mark, text,
                             flags=re.S), strict=False)


def kind(value):
    return {type(None): "null", bool: "boolean", int: "number",
            float: "number", str: "string", list: "array",
            dict: "object"}[type(value)]


def differs_json(expected, got, where):
    at = where or "the body"
    if kind(expected) != kind(got):
        return f"{at} is {kind(got)}, expected {kind(expected)}"
    if isinstance(expected, dict):
        return differs_object(expected, got, where)
    if isinstance(expected, list):
        return differs_array(expected, got, where or "the body")
    return None


def differs_object(expected, got, where):
    names = [name for name in expected if name != MORE]
    for name in names:
        if name not in got:
            return f"no member {where}.{name}"
    if MORE not in expected:
        for name in got:
            if name not in expected:
                return f"member {where}.{name} is not expected"
    for name in names:
        if why := differs_json(expected[name], got[name], f"{where}.{name}"):
            return why
    return None


def differs_array(expected, got, where):
    """With "...", each expected element must be like one that is there."""
    if expected[-1:] == [MORE]:
        for want in expected[:-1]:
            whys = [differs_json(want, have, f"{where}[]") for have in got]
            if all(whys):
                return next(iter(whys), f"{where} has no element")
        return None
    if len(expected) != len(got):
        return f"{where} has {len(got)} elements, expected {len(expected)}"
    for n, (want, have) in enumerate(zip(expected, got)):
        if why := differs_json(want, have, f"{where}[{n}]"):
            return why
    return None


def differs_lines(expected, got):
    """A line "..." stands for any lines, also for none."""
    if not expected:
        return f"not expected: {got[0]}" if got else None
    if expected[0].strip() == "...":
        return None if any(
            differs_lines(expected[1:], got[n:]) is None
            for n in range(len(got) + 1)) else "no lines as after ..."
    if not got:
        return f"no line like: {expected[0]}"
    if not same_line(expected[0], got[0]):
        return f"no line like: {expected[0]}"
    return differs_lines(expected[1:], got[1:])


def same_line(expected, got):
    try:
        want, have = json_of(expected), json.loads(got)
    except ValueError:
        want, have = words(expected), words(got)
        return len(want) == len(have) and all(map(same_word, want, have))
    return differs_json(want, have, "") is None


def words(line):
    """Widths of columns do not count."""
    line = re.sub(r"-{2,}", "--", line)
    return re.findall(r"[^\s,;\"'(){}\[\]<>|]+|[^\s]", line)


def same_word(expected, got):
    """Ids, keys, numbers and timestamps may differ: words with a digit, keys
    and their prefixes, days and months of the calendar, and words that are
    long or shortened with "..."."""
    for names in calendar.day_abbr, calendar.month_abbr:
        if expected in list(names) and got in list(names):
            return True
    varies = r"\d|^ck_|\.\.\."
    return expected == got or bool(
        re.search(varies, expected) and re.search(varies + "|.{16}", got))
