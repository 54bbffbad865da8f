# SPDX-License-Identifier: ISC
"""Texts of others on an administrator's terminal: characters that are not seen
or change how others are seen are escaped, in tables and in JSON."""
import json
import unicodedata

import pytest

import seeded
from events import event_id

# What Unicode calls control, format, line and paragraph separator, and others
# that it says to ignore in display.
HIDDEN = {chr(c) for c in range(1, 0x110000) if unicodedata.category(chr(c))
          in ("Cc", "Cf", "Zl", "Zp")} | set(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180d\u2065\u3164\ufe00\ufe0f"
    "\uffa0\ufff0\U000e0000\U000e0100\U000e0fff")
SEEN = "aé名🎣'\"\\ e\u0301\ue000"
EVIL = "x\x1b[2J\x7f\u0085\u009b\u202ecod.exe\u2028\u2066\u200b\ufeff\U000e0041"


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack()


def shows_no(text, *more):
    """No hidden character, but the line ends and tabs of the output."""
    found = (HIDDEN - {"\n", *more}) & set(text)
    assert not found, [hex(ord(c)) for c in found]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def test_generated(stack):
    """Names with any of the characters, in any place."""
    random = seeded.generator("hidden")
    pool = sorted(HIDDEN)
    names = ["".join(random.choice(pool if random.random() < .3 else SEEN)
                     for _ in range(random.randint(1, 30)))
             for _ in range(seeded.CASES)]
    names[:len(pool)] = [f"{a}-{b}" for a, b in zip(pool, names)]
    rows = ",".join(f"('{i:024x}',{quoted(n)})" for i, n in enumerate(names))
    stack.psql(f"INSERT INTO creel.application (id, name) VALUES {rows}")
    out = stack.creelctl("--json", "application", "list").stdout
    shows_no(out)
    assert set(names) <= {a["name"] for a in json.loads(out)}
    shows_no(stack.creelctl("--wide", "application", "list").stdout)
    stack.psql("DELETE FROM creel.application WHERE id < '000000001'")


@pytest.fixture(scope="module")
def commands(stack):
    """Objects whose texts are evil, and the commands that print them."""
    app, at = stack.application, ("--application", stack.application)
    made = {kind: stack.made(kind, "create", "--name", "n", *at, *more)["id"]
            for kind, more in (
                ("key", ()), ("token", ("--description", "d")),
                ("device", ("--tag", "t")), ("group", ()))}
    made["user"] = stack.made("user", "create", *at, "--email",
                              "u@example.org")["id"]
    made["organization"] = stack.made("organization", "create", "o")["id"]
    made["form"] = stack.made("form", "create", "--name", "n", *at, "--field",
                              "a:text")["id"]
    made["hook"] = stack.hook
    made["application"], made["event"] = app, event_id()
    evil = quoted(EVIL)
    stack.psql(
        f"UPDATE creel.application SET name = {evil};"
        f"UPDATE creel.organization SET name = {evil};"
        f"UPDATE creel.hook SET name = {evil}, description = {evil};"
        f"UPDATE creel.credential SET name = {evil}, description = {evil};"
        f"UPDATE creel.device SET name = {evil}, description = {evil};"
        f"UPDATE creel.device_group SET name = {evil}, description = {evil};"
        "INSERT INTO creel.event (application_id, id, hook_id, received_at, "
        "method, path, query, headers, content_type, body, principal, "
        f"remote_address, status) VALUES ('{app}', '{made['event']}', "
        f"'{stack.hook}', now(), 'POST', {evil}, {evil}, "
        f"json_build_object('x', {evil}, {evil}, 'y'), {evil}, "
        f"convert_to({evil}, 'UTF8'), {evil}, '127.0.0.1', 'success')")
    return [(kind, "show", id) for kind, id in made.items()] + [
        (kind, "list") for kind in made] + [
        ("form", "details", made["form"])] + [
        (kind, "show", EVIL) for kind in made] + [
        ("check", EVIL), ("hook", "create", "--kind", EVIL, "--name", EVIL,
                          *at), (EVIL,)]


@pytest.mark.parametrize("options", [(), ("--wide",), ("--json",)])
def test_commands(stack, commands, options):
    """Every command that prints stored texts, and errors with arguments."""
    shown = 0
    for command in commands:
        p = stack.creelctl(*options, *command, check=False)
        shows_no(p.stdout), shows_no(p.stderr)
        if p.returncode == 0 and options == ("--json",):
            shown += EVIL in json.dumps(json.loads(p.stdout),
                                        ensure_ascii=False).replace(
                "\\u001b", "\x1b").replace("\\u007f", "\x7f")
        elif p.returncode == 0:
            shown += "x\\x1b[2J\\x7f\\xc2\\x85\\xc2\\x9b\\xe2\\x80\\xaecod" in \
                p.stdout
    assert shown >= 8
