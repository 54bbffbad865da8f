# SPDX-License-Identifier: ISC
"""
Errors that a web server makes itself: status, media type and body are those of
the door's dialect on each path of Creel's, and the server's own elsewhere.
"""
import json
import os
import re
import shutil
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import seeded
from conftest import FRONTS, SOURCE, Apache, Nginx, program, run
from conftest import stop_process
from http2_client import Request
from raw_http import exchange

LIMIT = 8 << 20  # bytes of a body in the samples
PIECE = b"10000\r\n" + b"x" * 65536 + b"\r\n"
JSON = "application/json"


def table(path, pattern):
    """Reads a table of the sources: {status: text}."""
    text = (SOURCE / path).read_text()
    return {int(m[1]): m[2] for m in re.finditer(pattern, text)}


TYPES = table("src/base/fail.def", r'ERR\(\w+,\s*(\d+), "(\w+)"')
REASONS = table("src/http/http.c", r'\{ (\d+), "([^"]+)" \}')
OAUTH = {503: "temporarily_unavailable"}


def rest(status):
    return JSON, {"type": TYPES[status], "message": REASONS[status]}


def losant(status):
    return JSON, {"error": "Request entity too large" if status == 413 else
                  "No webhook found" if status == 404 else REASONS[status]}


def pixon(status):
    if status in (404, 405, 503):
        return None, None
    return "application/problem+json", {
        "type": "about:blank", "title": REASONS[status], "status": status}


def quixy(status):
    return JSON, {"status": "Failed", "message": REASONS[status]}


def oauth(status):
    return JSON, {"error": OAUTH.get(status, "invalid_request"),
                  "error_description": REASONS[status]}


def wallboard(status):
    return JSON, {"message": "Error", "error": REASONS[status]}


FAMILIES = {
    "/applications": rest, "/applications/0123/webhooks": rest,
    "/events/x": rest, "/devices/me/commands": rest,
    "/webhooks/" + "t" * 40: losant, f"/hooks/incoming/{uuid.uuid4()}": pixon,
    "/webhook/app/incoming-data": quixy, "/oauth/token": oauth,
    "/public-api/integration/webhooks": wallboard,
    "/elsewhere": None, "/applicationsx": None, "/": None}
OURS = {path: family for path, family in FAMILIES.items() if family}


class Fault:
    """A request that a web server rejects itself."""

    def __init__(self, status, method="GET", target="{}", version="1.1",
                 headers="", body=b"", fronts="nginx apache", inside=False):
        self.status = status
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.body = body
        self.fronts = fronts.split()
        # Rejected inside a location: another path has no such limit.
        self.inside = inside

    def applies(self, front, family):
        return any(front.kind.startswith(f) for f in self.fronts) and (
            family is not None or not self.inside)

    def bytes(self, path):
        return (f"{self.method} {self.target.format(path)} HTTP/{self.version}"
                f"\r\nHost: localhost\r\nConnection: close\r\n{self.headers}"
                "\r\n").encode("latin-1") + self.body


CHUNKED = "Transfer-Encoding: chunked\r\n"
LONG = "a" * 40000
# mod_proxy_fcgi passes a large body on, so that Creel responds first.
FAULTS = {
    "a line without a colon": Fault(400, headers="no header\r\n"),
    "a blank in a header's name": Fault(400, headers="a b: c\r\n"),
    "two Hosts": Fault(400, headers="Host: b\r\n"),
    "a slash in Host": Fault(400, version="1.0", headers="Host: a/b\r\n"),
    "a header that is too large": Fault(400, headers=f"X: {LONG}\r\n"),
    "too many headers": Fault(400, headers="".join(
        f"X{i}: y\r\n" for i in range(9000))),
    "a path that is too long": Fault(414, target="{}/" + LONG),
    "a query that is too long": Fault(414, target="{}?" + LONG),
    "an absolute URI that is too long": Fault(
        414, target="http://localhost{}?" + LONG),
    "an invalid method": Fault(400, "G@T"),
    "an invalid escape": Fault(400, target="{}/%zz"),
    "a path above the root": Fault(400, target="{}" + "/.." * 9),
    "a control character": Fault(400, target="{}?\x01"),
    "a blank in the path": Fault(400, target="{}?a b"),
    "TRACE": Fault(405, "TRACE"),
    "CONNECT": Fault(405, "CONNECT", fronts="nginx"),
    "HTTP/9.9": Fault(505, version="9.9", fronts="nginx"),
    "HTTP/x": Fault(400, version="x"),
    "an invalid length": Fault(400, "POST", headers="Content-Length: x\r\n"),
    "a negative length": Fault(400, "POST", headers="Content-Length: -1\r\n"),
    "two lengths": Fault(400, "POST", headers="Content-Length: 1\r\n"
                         "Content-Length: 2\r\n", body=b"ab"),
    "an unknown coding": Fault(501, "POST", headers="Transfer-Encoding: x\r\n",
                               fronts="nginx"),
    "an unknown coding, Apache": Fault(
        400, "POST", headers="Transfer-Encoding: x\r\n", fronts="apache"),
    "length and chunks": Fault(
        400, "POST", headers=CHUNKED + "Content-Length: 2\r\n",
        body=b"0\r\n\r\n", fronts="nginx"),
    "a length that is too large": Fault(
        413, "POST", headers=f"Content-Length: {LIMIT + 1}\r\n",
        body=b"x" * (LIMIT + 1), fronts="nginx apache-fcgid apache-cgi",
        inside=True),
    "chunks that are too many": Fault(
        413, "POST", headers=CHUNKED, body=PIECE * 129 + b"0\r\n\r\n",
        fronts="nginx", inside=True),
    "a chunk that is too large": Fault(
        413, "POST", headers=CHUNKED, body=b"900000\r\n" + b"x" * 0x900000,
        fronts="nginx", inside=True),
    "a malformed chunk": Fault(400, "POST", headers=CHUNKED, body=b"zz\r\n",
                               fronts="nginx apache-proxy", inside=True),
    "chunks without a buffer": Fault(
        411, "POST", headers=CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n",
        fronts="apache-fcgid apache-cgi", inside=True),
    "an expectation": Fault(417, "POST", headers="Content-Length: 2\r\n"
                            "Expect: tea\r\n", body=b"{}", fronts="apache"),
}


def check(what, family, want, status, headers, body):
    assert status == want, (what, status, body[:200])
    kind = headers.get("content-type")
    if family is None:
        assert kind.split(";")[0] == "text/html", (what, kind)
        assert str(status).encode() in body, (what, body)
        return
    media, members = family(status)
    assert kind == media, (what, kind, body[:200])
    if members is None:
        assert body == b"", (what, body)
    else:
        assert json.loads(body) == members, what
    if status == 503:
        assert headers["retry-after"] == "5", what
    if status == 405:
        assert "OPTIONS" in headers["allow"].upper(), what


@pytest.mark.parametrize("name", FAULTS)
def test_rejected(front, name):
    """A sender whose request the web server rejects before Creel sees it."""
    fault = FAULTS[name]
    for path, family in FAMILIES.items():
        if fault.applies(front, family):
            check((name, path), family, fault.status,
                  *exchange(front, fault.bytes(path)))


def test_generated(front):
    """Senders that make several mistakes in one request: one of their statuses,
    in the dialect of the path."""
    rng = seeded.generator(f"samples {front.kind}")
    small = [f for f in FAULTS.values() if len(f.body) < 1000 and not f.inside]
    for _ in range(seeded.CASES // (20 if front.kind == "apache-cgi" else 1)):
        path = rng.choice(list(FAMILIES))
        family = FAMILIES[path]
        path += rng.choice(["", "/x", "?a=b", "/%41", "?" + "y" * 99]) \
            if len(path) > 1 else ""
        if path.startswith(("/applications/x", "/applications/%41")):
            family = rest
        faults = [f for f in rng.sample(small, 2) if f.applies(front, family)]
        if not faults or "?" in path and any(f.target != "{}" for f in faults):
            continue
        mixed = Fault(0, rng.choice([f.method for f in faults]),
                      rng.choice([f.target for f in faults]),
                      rng.choice([f.version for f in faults]),
                      "".join(f.headers for f in faults), b"{}", "")
        data = mixed.bytes(path)  # with the body that an expectation has
        status, headers, body = exchange(front, data)
        assert status in (400, 405, 411, 414, 417, 501, 505) or \
            family is None or status in (401, 404, 405), (status, data[:300])
        if family is not None and status in (400, 414, 417, 501, 505):
            check(data[:300], family, status, status, headers, body)
        elif family is None and status < 400:
            pytest.fail(repr(data[:300]))


# -- HTTP/2

class Http2Nginx(Nginx):
    def text(self):
        return super().text().replace("backlog=1024;", "backlog=1024 http2;")


class Http2Apache(Apache):
    def text(self):
        return super().text().replace(
            "<VirtualHost", "LoadModule http2_module "
            "/usr/lib/apache2/modules/mod_http2.so\nProtocols h2c\n"
            "<VirtualHost")


@pytest.fixture(scope="module", params=FRONTS)
def http2(request, stack):
    return changed(stack, request.param, Http2Nginx, Http2Apache, "2")


def changed(stack, kind, nginx, apache, name):
    """A front of a kind with another configuration, in a folder of its own."""
    kind, folder = ((nginx, apache)[kind.startswith("apache")], kind)

    class Front(kind):
        pass
    dir = stack.dir / folder
    if dir.exists():
        dir.rename(stack.dir / f"{folder}-before-{name}")
    f = Front(stack, folder)
    stack.fronts.append(f)
    return f


def curl(front, path, *args):
    """Returns (status, headers, body) of a request by HTTP/2."""
    p = run(program("curl"), "-s", "--http2-prior-knowledge", "--path-as-is",
            "-i", "-m", "60", *args, front.url + path, check=False)
    head, _, body = p.stdout.replace("\r", "").partition("\n\n")
    first, *lines = head.split("\n")
    return int(first.split()[1]) if first else 0, dict(
        line.lower().split(": ", 1) for line in lines), body.encode()


# curl's arguments, the path, the statuses, and the servers.
HTTP2 = {
    # nginx closes the connection then.
    "a header that is too large": (
        ["-H", "X: " + "~" * 12000], "{}", (400, 431), "apache"),
    "a slash in Host": (["-H", "Host: a/b"], "{}", (400,), "nginx"),
    "TRACE": (["-X", "TRACE"], "{}", (405,), "nginx apache"),
    # nginx does not know the path when it rejects this.
    "an invalid escape": ([], "{}/%zz", (400,), "apache"),
    "a length without a body": (
        ["-X", "POST", "-H", "Content-Length: 9"], "{}", (400,), "nginx"),
    "an expectation": (["-X", "POST", "-H", "Expect: tea"], "{}", (417,),
                       "apache"),
    "a body that is too large": (
        ["-H", "Transfer-Encoding: chunked", "--data-binary", "@large"], "{}",
        (413,), "nginx"),
}


@pytest.mark.parametrize("name", HTTP2)
def test_http2(http2, name, tmp_path, monkeypatch):
    """Senders that speak HTTP/2, which is rejected at other places."""
    args, target, statuses, fronts = HTTP2[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "large").write_bytes(b"x" * (LIMIT + 1))
    # Other paths have no limit.
    families = OURS if 413 in statuses else FAMILIES
    for path, family in families.items():
        if any(http2.kind.startswith(f) for f in fronts.split()):
            status, headers, body = curl(http2, target.format(path), *args)
            assert status in statuses, (path, status, body)
            check((name, path), family, status, status, headers, body)


def test_http2_length(http2):
    """A length that is too large is rejected before the body is sent."""
    if http2.kind == "apache-proxy":
        pytest.skip("mod_proxy_fcgi passes a large body on")
    for path, family in OURS.items():
        r = Request(http2.url, path, [("Content-Length", str(LIMIT + 1))],
                    "POST")
        r.send()
        assert json.loads(r.read()[1]) == family(413)[1], path
        r.close()


# -- workers that are away, and clients that are slow

class Impatient:
    """Waits a second where the samples wait longer."""

    def text(self):
        return impatient(self.dir, super().text())


def impatient(folder, text):
    """Copies nginx's sample, or edits Apache's copies."""
    if not (samples := folder / "samples").exists():
        samples.mkdir()
        shutil.copy(re.search(r"include (\S+/creel.conf);", text)[1], samples)
        text = re.sub(r"include \S+/creel.conf;",
                      f"include {samples}/creel.conf;", text)
    for path in samples.glob("*.conf"):
        conf = re.sub(r"(imeout[ =]|IOTimeout )75", r"\g<1>1",
                      path.read_text())
        path.write_text(re.sub(r"RequestReadTimeout .*",
                               "RequestReadTimeout header=1 body=1", conf))
    return text


class ImpatientNginx(Impatient, Nginx):
    pass


class ImpatientApache(Impatient, Apache):
    pass


@pytest.fixture(scope="module", params=FRONTS)
def hasty(request, stack):
    return changed(stack, request.param, ImpatientNginx, ImpatientApache, "3")


def unavailable(front, method="POST"):
    for path, family in OURS.items():
        data = Fault(0, method, headers="Content-Length: 2\r\n",
                     body=b"{}").bytes(path)
        check(("unavailable", path), family, 503, *exchange(front, data))


def test_worker_stuck(stack, hasty):
    """Senders while a worker does not respond: 504 becomes 503."""
    if hasty.kind in ("apache-fcgid", "apache-cgi"):
        pytest.skip("starts workers of its own")
    stop_process(stack.worker.pid)
    try:
        unavailable(hasty)
    finally:
        os.kill(stack.worker.pid, signal.SIGCONT)


def test_worker_away(stack, hasty):
    """Senders while no worker can be reached or started: 502 becomes 503."""
    for path in (stack.socket, stack.fcgi):
        path.rename(f"{path}.away")
    try:
        if hasty.kind == "apache-cgi":  # a missing program is 404 to mod_cgid
            stack.fcgi.write_text("#!/bin/sh\nexit 1\n")
            stack.fcgi.chmod(0o755)
        if hasty.kind != "apache-fcgid":
            unavailable(hasty)
    finally:
        for path in (stack.socket, stack.fcgi):
            os.rename(f"{path}.away", path)


def test_slow_header(hasty):
    """A sender that stops within its headers: Apache's 408."""
    if hasty.kind == "nginx":
        pytest.skip("nginx closes the connection")

    def respond(path):
        return exchange(hasty, f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
                        "X: y".encode())
    with ThreadPoolExecutor(len(FAMILIES)) as pool:
        for path, got in zip(FAMILIES, pool.map(respond, FAMILIES)):
            check(("slow header", path), FAMILIES[path], 408, *got)
