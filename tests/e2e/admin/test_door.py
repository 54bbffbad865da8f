# SPDX-License-Identifier: ISC
"""
A new door needs its own files and one row; everything else is made from the
tables.
"""
import os
import shutil

import pytest

from access_log import STARS, logged
from conftest import SOURCE, Stack, run, send
from metrics_api import ask, parse
from wallboard_api import ENDPOINT

TOY = SOURCE / "tests/e2e/admin/toy"
REASONS = {400: "Bad Request", 405: "Method Not Allowed",
           413: "Content Too Large", 414: "URI Too Long"}


def put_behind(path, line, new):
    text = path.read_text()
    assert text.count(line) == 1, f"{path}: {line}"
    path.write_text(text.replace(line, line + new))


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Creel with the toy door, built from a copy of the sources."""
    source = tmp_path_factory.mktemp("toy") / "creel"
    run("bash", "-c", 'source=$1; . "$1/tests/e2e/tools.sh"; copy_source "$2"',
        "-", SOURCE, source)
    for name in ("toy.c", "toy.h"):
        shutil.copy(TOY / name, source / "src" / "door")
    put_behind(source / "Makefile.am",
               "\tsrc/door/pixon.c src/door/pixon.h \\\n",
               "\tsrc/door/toy.c src/door/toy.h \\\n")
    routes = source / "src" / "creel" / "routes.c"
    put_behind(routes, '#include "door/pixon.h"\n', '#include "door/toy.h"\n')
    put_behind(routes, "\tpixon_routes,\n", "\ttoy_routes,\n")
    folder = source / "build"
    folder.mkdir()
    cc = "ccache gcc" if shutil.which("ccache") else "gcc"
    run(source / "autogen.sh")
    run(source / "configure", f"CC={cc}", "CFLAGS=-O0", cwd=folder)
    run("make", "-j2", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def stack(cluster, build):
    class ToyStack(Stack):
        pass
    ToyStack.build = build
    s = ToyStack(cluster)
    yield s
    s.close()


@pytest.fixture(scope="module")
def key(stack):
    return stack.made("hook", "create", "--kind", "webhook", "--name", "toy",
                      "--application", stack.application)["handle"]


def is_broken(a, status, text):
    return (a.status, a.headers["Content-Type"],
            a.headers.get_all("X-Toy"), a.body.decode()) == (
        status, "text/x-toy", ["too big" if status == 413 else "broken"],
        f"toy's \"error\" {status}\\{text}")


def test_call(stack, front, key):
    """A success, an error of Creel's, and the access log of both."""
    before = stack.events()
    for mark, path, status in (("toy-good", key, 200), ("toy-bad", "x", 404)):
        a = send(front.url, "POST", f"/public/in/{path}?a=1&toy.pin=4711", [
            ("User-Agent", mark)], b"{}")
        assert a.status == status, a.body
        if status == 200:
            assert a.headers["X-Toy"] == "played" and a.headers["Creel-Event"]
        else:
            assert is_broken(a, 404, "Hook was not found")
        assert logged(front, mark) == \
            f"POST /public/in/{STARS}?a=1&toy.pin={STARS} HTTP/1.1"
    for mark, path in (("toy-slash", "//public/in/"),
                       ("toy-hex", "/public%2fi%6E/")):
        send(front.url, "POST", path + key, [("User-Agent", mark)])
        assert logged(front, mark) == f"POST {path}{STARS} HTTP/1.1"
    assert stack.events() == before + 1
    assert key not in stack.logs()


def test_errors_of_the_front(front, key):
    """The web server's own errors are in the toy's dialect."""
    path = f"/public/in/{key}"
    for status, a in (
            (414, send(front.url, "POST", path + "x" * 40000)),
            (414, send(front.url, "POST", "/host/in/" + "x" * 40000)),
            (400, send(front.url, "POST", path, [("X-Long", "x" * 40000)]))):
        assert is_broken(a, status, REASONS[status]), a.body
    # mod_proxy_fcgi may have passed on as much as Creel's own limit.
    if front.kind != "apache-proxy":
        a = send(front.url, "POST", path, body=b"x" * (9 << 20))
        assert is_broken(a, 413, REASONS[413]), a.body
    # Without a proxy Apache has only a page of its own for TRACE.
    if front.kind in ("nginx", "apache-proxy"):
        a = send(front.url, "TRACE", path)
        assert is_broken(a, 405, REASONS[405]), a.body
        assert a.headers["Allow"] == "POST, OPTIONS"
    for other in ("/public", "/publics/", "/hosts/"):  # the host's
        a = send(front.url, "GET", other, [("X-Long", "x" * 40000)])
        assert a.status == 400 and a.body.startswith(b"<")
    a = send(front.url, "POST", ENDPOINT + "x" * 40000)  # Wallboard's
    assert (a.status, a.headers["Content-Type"], a.headers["X-Toy"]) == (
        414, "application/json", None)


def test_label(stack, key):
    """The door has its own counts."""
    a = send(stack.url, "POST", f"/public/in/{key}", body=b"{}")
    assert a.status == 200
    counts = parse(ask(stack).body.decode())
    assert counts['creel_requests_total{door="toy",status="200"}'] > 0
    assert counts['creel_requests_total{door="toy",status="401"}'] == 0


@pytest.mark.parametrize("old, new, error", [
    ('"/public/in/:key"', '"/applications/in/:key"',
     "POST /applications/in/:key: access logs would not mask"),
    ('"toy.pin"', '"toy#pin"', 'cannot write #" in: toy#pin'),
    ("toy's", "toy$s", "cannot write $ in: toy$s"),
    ('http_set(resp, "X-Toy", "broken")',
     'http_set(resp, "Allow", "POST")', "/host: two headers Allow")],
    ids=["path", "quote", "dollar", "header"])
def test_rejected(build, old, new, error):
    """The build rejects rows that a web server cannot serve."""
    toy = build.parent / "src" / "door" / "toy.c"
    text = toy.read_text()
    assert old in text
    toy.write_text(text.replace(old, new))
    p = run("make", "nginx/creel-http.conf", cwd=build, check=False)
    toy.write_text(text)
    assert p.returncode != 0 and error in p.stderr, p.stderr


def test_pages(build, tmp_path):
    """
    Pages are made all or none, and old ones are removed at installation.
    """
    tool = tmp_path / "samples"
    tool.write_text("#!/bin/sh\n: >$1/400.asis\nexit 1\n")
    tool.chmod(0o755)
    make = "make", "-C", build, "apache/error/400.asis"
    run(*make)
    os.utime(build / "samples")
    for _ in range(2):
        assert run(*make, f"SAMPLES_PROGRAM={tool}",
                   check=False).returncode != 0
    stale = tmp_path / "share/apache/error/gone-400.asis"
    stale.parent.mkdir(parents=True)
    stale.touch()
    run("make", "-C", build, "install-data-local", "pkgdatadir=/share",
        f"DESTDIR={tmp_path}")
    assert not stale.exists()
    assert stale.with_name("400.asis").read_text().startswith("Status: 400")
