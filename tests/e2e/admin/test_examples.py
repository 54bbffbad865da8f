# SPDX-License-Identifier: ISC
"""Every example of the manuals and of README.md, run against a demo site."""
import contextlib
import os
import signal
import subprocess

import pytest

from conftest import BUILD, PATH, SOURCE, run
from examples import Example, differs, examples

DEMO = SOURCE / "tests/e2e/demo.sh"
PAGES = {path.name: examples(path) for path in sorted(
    [*SOURCE.glob("man/*.[578]"), *SOURCE.glob("man/*.in"),
     *SOURCE.glob("*.md")])}
PAGES = {name: found for name, found in PAGES.items() if found}
# None of these loses its examples unnoticed.
REQUIRED = {"README.md", "creelctl.8", "creel.fcgi.8.in",
            *(path.name for path in SOURCE.glob("man/creel-*.7"))}
SECONDS = 120
MARK = "\x1e"

# Runs the files 0, 1, ... of the folder $1 in one shell, as if typed. After
# each it prints MARK and the number.
SHELL = """
set -a; . "$1/demo.env"; set +a
exec </dev/null
for ((example = 0; example < $2; example++)); do
	eval "$(<"$1/$example")"
	printf '\\x1e%d\\n' $example
done
"""

ISSUER = """
[issuer demo]
issuer = https://demo.example/
audience = creel
algorithm = ES256
key = {0}/es256.pub
signing_key = {0}/es256.key
"""


class Site:
    """A demo site, created by quickstart."""

    def __init__(self, stack, folder):
        self.folder = folder
        seal = folder / "seal.keys"
        seal.touch(0o600)
        run("openssl", "rand", "-hex", "-out", seal, "32")
        front = stack.front("nginx-push")
        stack.configure(
            push_url=f"unix:{stack.publisher}:/publish", public_url=front.url,
            user_issuer="local", key_file=seal, log_level="info",
            metrics_dir=self.metrics(stack))
        with open(stack.conf, "a") as f:
            f.write(ISSUER.format(stack.dir))
        stack.stop_worker()
        stack.start_worker()
        self.make_bin()
        made = run(DEMO, "make", BUILD / "creelctl",
                   env={**os.environ, "CREEL_CONF": str(stack.conf)}).stdout
        (folder / "demo.env").write_text(made + f"""\
URL={front.url}
PGURL=postgresql://creel_owner@/{stack.database}?host={stack.cluster.host}
CREEL_CONF={stack.conf}
CREELCTL={BUILD}/creelctl
DATA_DIR={stack.dir}
""")
        run(DEMO, "call", folder)

    def metrics(self, stack):
        folder = stack.dir / "metrics"
        folder.mkdir(0o700)
        return folder

    def make_bin(self):
        """A folder for the PATH, with creelctl, and a curl without progress
        output."""
        (self.folder / "bin").mkdir()
        (self.folder / "bin/creelctl").symlink_to(BUILD / "creelctl")
        (self.folder / ".curlrc").write_text("no-progress-meter\n")

    def run(self, commands, cwd):
        """Runs commands in one shell; returns their outputs, fewer if a
        command hangs."""
        for n, command in enumerate(commands):
            (self.folder / str(n)).write_text(command + "\n")
        output = self.folder / "output"
        env = {"PATH": f"{self.folder}/bin:{PATH}", "HOME": str(self.folder),
               "CURL_HOME": str(self.folder), "LC_ALL": "C.UTF-8",
               "PAGER": "cat", "TZ": "UTC"}
        with open(output, "wb") as f:
            shell = subprocess.Popen(
                ["bash", "-c", SHELL, "bash", self.folder, str(len(commands))],
                cwd=cwd, env=env, stdout=f, stderr=f, start_new_session=True)
            try:
                shell.wait(SECONDS)
            except subprocess.TimeoutExpired:
                pass
            # Also ends what the examples left in the background.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
        parts = output.read_text(errors="replace").split(MARK)
        return [parts[0], *(p.partition("\n")[2] for p in parts[1:])]


@pytest.fixture(scope="module")
def site(cluster, make_stack, tmp_path_factory):
    cluster.require("a socket of PostgreSQL")
    return Site(make_stack(), tmp_path_factory.mktemp("demo"))


def failures(found, outputs):
    """Returns a text for each example that failed; stops at one that hangs."""
    ended = len(outputs) - 1
    for n, e in enumerate(found[:ended + 1]):
        why = differs(e.expected, outputs[n]) if n < ended else "does not end"
        if why:
            yield (f"{e.page}:{e.line}: {why}\n$ {e.command}\n"
                   f"--- expected\n{e.expected}\n--- got\n{outputs[n]}")


def test_all_pages():
    assert len(REQUIRED) >= 9 and REQUIRED <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_page(site, page, tmp_path):
    found = PAGES[page]
    outputs = site.run([e.command for e in found], tmp_path)
    wrong = list(failures(found, outputs))
    assert not wrong, "\n" + "\n".join(wrong)


def test_hints(site, tmp_path):
    """The lines that quickstart prints work in a fresh shell."""
    hints = run(DEMO, "hints", site.folder).stdout
    assert len(hints.splitlines()) <= 11
    commands = [line for line in hints.splitlines()
                if line.startswith((". ", "curl ", '"$CREELCTL'))]
    assert len(commands) == 4
    script = tmp_path / "hints.sh"
    script.write_text("\n".join(commands))
    got = run("bash", "-e", script, env={"PATH": PATH}).stdout
    assert got.count("HTTP/1.1 200") == 2
    assert "/hooks/incoming/" in got and "/ring" in got, got


# --- the comparison itself

SAME = [
    ("", ""),
    ("HTTP/1.1 200 OK\nCreel-Event: 019a...\n\n",
     "HTTP/1.1 200 OK\r\nServer: nginx\r\ncreel-event: 019b7-1\r\n\r\n"),
    ('HTTP/1.1 200 OK\n\n{"a":1, ...}',
     'HTTP/1.1 200 OK\r\n\r\n{"a":2.5,"b":null}'),
    ('{"id":"019a...", "n":1, "l":[{"x":1}, ...], ...}',
     '{"id":"b","n":1,"l":[null,{"x":0}],"z":[]}'),
    ('[...]', '[]'),
    ('{...}', '{}'),
    ('{"text":"two\n  lines ... {"}', '{"text":"one"}'),
    ("id   019ab3c4-...  2025-07-22 10:35",
     "id  019ffff-1  2026-01-01 00:00"),
    ("first\n...\nlast", "first\na\nb\nlast"),
    ("...\nlast", "last"),
    ('data: {"a":1}\n\nid: 5', "data: {\"a\":1}\n\nid: 17"),
    ('{"a":1}\n{"a":2}', '{"a":7}\n{"a":8}'),
]
DIFFERENT = [
    ("", "x"),
    ("x", ""),
    ("HTTP/1.1 200 OK\n\n", "HTTP/1.1 201 Created\r\n\r\n"),
    ("HTTP/1.1 200 OK\nETag: \"1\"\n\n", "HTTP/1.1 200 OK\r\n\r\n"),
    ("HTTP/1.1 200 OK\nContent-Type: application/json\n\n",
     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"),
    ("HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\n\r\nbody"),
    ("HTTP/1.1 200 OK\n\n{}", "{}"),
    ('{"a":1}', '{"a":"1"}'),
    ('{"a":1}', '{"a":null}'),
    ('{"a":1}', '{"a":true}'),
    ('{"a":1}', '{"a":1,"b":2}'),
    ('{"a":1, ...}', '{"b":2}'),
    ('{"a":{"b":1}}', '{"a":{"b":{}}}'),
    ('[1]', '[1,2]'),
    ('["a", ...]', '[1,2]'),
    ('[{"a":1}, ...]', '[]'),
    ('{"a":1}', 'x'),
    ("created", "deleted"),
    ("one two", "one"),
    ("first\n...\nlast", "first\na\nb"),
    ("first", "first\nsecond"),
    ('{"a":1}\n{"a":2}', '{"a":7}\n{"b":8}'),
]


@pytest.mark.parametrize("expected,got", SAME)
def test_same(expected, got):
    assert differs(expected, got) is None


@pytest.mark.parametrize("expected,got", DIFFERENT)
def test_different(expected, got):
    assert differs(expected, got)


PAGE = r"""
.Dl $ not run
.Bd -literal -offset indent
$ curl -i \e
    -d \(aqa\(aq x
HTTP/1.1 200 OK

\&.
# systemctl stop creel
$ true
.Ed
.Bd -literal
no command
.Ed
"""


def test_extraction(tmp_path):
    path = tmp_path / "page.7"
    path.write_text(PAGE)
    assert [tuple(e) for e in examples(path)] == [
        ("page.7", 4, "curl -i \\\n    -d 'a' x", "HTTP/1.1 200 OK\n\n."),
        ("page.7", 10, "true", "")]
    path = tmp_path / "page.md"
    path.write_text("    $ not run\n```sh\n$ a '\n  b'\nc\n```\n$ d\n")
    assert [tuple(e) for e in examples(path)] == [
        ("page.md", 3, "a '\n  b'", "c")]


def test_hanging(site, tmp_path, monkeypatch):
    """A hanging command is named, and its page stops."""
    monkeypatch.setattr("test_examples.SECONDS", 1)
    found = [Example("page.7", line, command, "1") for line, command in (
        (1, "echo 1"), (2, "sleep 100"), (3, "echo 1"))]
    outputs = site.run([e.command for e in found], tmp_path)
    assert outputs == ["1\n", ""]
    wrong = list(failures(found, outputs))
    assert len(wrong) == 1 and "page.7:2: does not end" in wrong[0]
