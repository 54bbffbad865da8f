# SPDX-License-Identifier: ISC
"""
Senders and readers that are slow, by accident (a device on a mobile network)
or on purpose (an attacker without a credential): they delay no other call.

No test measures time.  The slow ones end only after the others were served.
"""
import contextlib
import http.client
import json
import select
import socket
import subprocess
import types
import urllib.parse

import pytest

from conftest import Apache, Nginx, send, wait_for
from fcgi_client import PARAMS, Connection, pairs, record, variables
from http2_client import WINDOW, Request
from quixy_api import make_stack_quixy
from webhook_api import Webhook

SLOW = 24           # of each kind; the worker has 4 threads
STEP = 240          # bytes; five steps a second are 1.2 kB/s
MEGABYTE = b'{"a":"' + b"x" * ((1 << 20) - 8) + b'"}'


@pytest.fixture(scope="module")
def stack(make_stack):
    """Its timeouts do not end a test."""
    return make_stack_quixy(make_stack, threads=4, read_timeout=600,
                            public_read_timeout=600, write_timeout=600,
                            read_rate=0)


class Sender:
    """A client of a web server that sends its body step by step."""

    def __init__(self, url, path, body, headers=(), method="POST"):
        u = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((u.hostname, u.port), 60)
        head = [f"{method} {path} HTTP/1.1", f"Host: {u.netloc}",
                "Connection: close", f"Content-Length: {len(body)}",
                *(f"{name}: {value}" for name, value in headers)]
        self.socket.sendall("\r\n".join([*head, "", ""]).encode())
        self.left = body

    def step(self, n=STEP):
        """Sends n bytes, but never the last one."""
        n = min(n, len(self.left) - 1)
        self.socket.sendall(self.left[:n])
        self.left = self.left[n:]

    def fileno(self):
        return self.socket.fileno()

    def is_answered(self):
        return bool(select.select([self], [], [], 0)[0])

    def answer(self):
        """Sends the rest, and reads the response."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(self.left)
        return self.response()

    def response(self):
        with http.client.HTTPResponse(self.socket) as r:
            r.begin()
            body = r.read()
        self.socket.close()
        return types.SimpleNamespace(status=r.status, headers=r.headers,
                                     body=body)


def check_bystanders(stack, url, slow, n=8):
    """Calls are served while none of the slow ones has ended."""
    for _ in range(n):
        for s in slow:
            s.step()
        assert stack.post(url=url).status == 200
    assert not any(s.is_answered() for s in slow)


JSON = [("Content-Type", "application/json")]
OAUTH = [("Content-Type", "application/x-www-form-urlencoded")]


# -- slow bodies

@pytest.mark.parametrize("path, headers, status", [
    ("/oauth/token", OAUTH, {400, 401}), ("/webhook/token", JSON, {400, 401})])
def test_bodies_without_a_credential(stack, front, path, headers, status):
    """An attacker needs no credential for the requests that return tokens."""
    slow = [Sender(front.url, path, b"x" * 9000, headers)
            for _ in range(SLOW)]
    check_bystanders(stack, front.url, slow)
    assert {s.answer().status for s in slow} <= status


def test_bodies_with_a_credential(stack, front):
    """Devices on slow networks: each call is stored in the end."""
    hook = Webhook(stack)
    key = [*JSON, ("ApiKey", stack.api_key)]
    slow = [Sender(front.url, *call) for call in [
        (stack.path(), b'{"a":"' + b"x" * 9000 + b'"}', key),
        (f"/webhooks/{hook.token}", b"x" * 9000, JSON)] * (SLOW // 2)]
    before = stack.events()
    check_bystanders(stack, front.url, slow)
    assert [s.answer().status for s in slow] == [200] * SLOW
    assert stack.events() == before + 8 + SLOW


def test_large_bodies(stack, front):
    """More than a read of the worker takes at once."""
    body = json.dumps({"a": front.kind + "y" * 700_000}).encode()
    slow = [Sender(front.url, stack.path(), body,
                   [*JSON, ("ApiKey", stack.api_key)]) for _ in range(4)]
    for s in slow:
        s.step(300_000)
    check_bystanders(stack, front.url, slow, 2)
    assert [s.answer().status for s in slow] == [200] * 4
    assert stack.psql("SELECT count(*) FROM creel.event WHERE body ="
                      f" convert_to('{body.decode()}', 'UTF8')") == "4"


class Nginx2(Nginx):
    """HTTP/2 without TLS."""

    def text(self):
        return super().text().replace("backlog=1024;", "http2;")


class Apache2(Apache):
    """HTTP/2 without TLS."""

    def text(self):
        self.kind = "apache-proxy"
        return "LoadModule http2_module /usr/lib/apache2/modules/" \
            "mod_http2.so\nProtocols h2c http/1.1\n" + super().text()


def curl2(url, *args, **options):
    """Starts a request of HTTP/2."""
    return subprocess.Popen(
        ["curl", "-sS", "--http2-prior-knowledge", "-m", "120", "-w",
         "%{http_version} %{http_code}", "-o", "/dev/null",
         "-H", "Content-Type: application/json", *args, url],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.fixture(scope="module", params=[Nginx2, Apache2])
def front2(request, stack):
    front = request.param(stack, request.param.__name__)
    stack.fronts.append(front)
    return front


def test_bodies_http2(stack, front2, tmp_path):
    """Bodies by HTTP/2."""
    (tmp_path / "body").write_bytes(b"x" * 200_000)
    slow = [curl2(front2.url + "/webhook/token", "--limit-rate", "1200",
                  "--data-binary", f"@{tmp_path}/body") for _ in range(SLOW)]
    try:
        for _ in range(8):
            p = curl2(front2.url + stack.path(), "-d", "{}",
                      "-H", f"ApiKey: {stack.api_key}")
            assert p.communicate()[0] == "2 200"
        assert all(p.poll() is None for p in slow)
    finally:
        for p in slow:
            p.kill()
            p.communicate()


def value_http2(stack, front2):
    """A request of the current value."""
    return Request(front2.url, stack.path(), [("ApiKey", stack.reader_key)])


def check_http2(stack, front2, n=8):
    for _ in range(n):
        r = value_http2(stack, front2)
        r.send()
        assert r.read() == (True, b"{}")
        r.close()


# -- slow headers

def test_slow_headers(stack, front):
    """Clients that stop within their headers hold a thread of the web server
    at most, until its timeout."""
    u = urllib.parse.urlsplit(front.url)
    head = (f"GET {stack.path()} HTTP/1.1\r\nHost: {u.netloc}\r\nApiKey: "
            f"{stack.reader_key}\r\nConnection: close\r\n\r\n").encode()
    stack.post()
    slow = []
    for cut in range(1, len(head), len(head) // SLOW):
        s = socket.create_connection((u.hostname, u.port), 60)
        s.sendall(head[:cut])
        slow.append((s, head[cut:]))
    for _ in range(8):
        assert stack.post(url=front.url).status == 200
    assert not select.select([s for s, _ in slow], [], [], 0)[0]
    for s, rest in slow:
        s.sendall(rest)
        with http.client.HTTPResponse(s) as r:
            r.begin()
            assert r.status == 200
        s.close()


def test_slow_headers_http2(stack, front2):
    """The same, with a frame that is not complete."""
    stack.post()
    slow = [value_http2(stack, front2) for _ in range(SLOW)]
    for i, s in enumerate(slow):
        s.send(5 * i)
    check_http2(stack, front2)
    for s in slow:
        s.send()
        assert s.read() == (True, b"{}")
        s.close()


# -- directly on the socket

def call(stack, length=2, path=None, **headers):
    return variables(path or stack.path(), "POST", length,
                     **{"apikey": stack.api_key,
                        "content_type": "application/json", **headers})


def body_path(stack):
    """The path of a response that no socket takes at once."""
    event = stack.post(MEGABYTE).headers["Creel-Event"]
    return f"/applications/{stack.application}/events/{event}/body"


def serve(stack):
    with Connection(stack.socket) as c:
        assert c.request(call(stack), b"{}").status == 200


def test_parts_of_requests(stack):
    """A web server that does not buffer: every part of a request can be the
    last one for a while."""
    data = record(1, b"\0\1\0\0\0\0\0\0") + record(
        PARAMS, pairs(call(stack, 7))) + record(PARAMS) + record(
        5, b'{"a":1}') + record(5)
    slow = []
    for cut in range(0, len(data), len(data) // 60):
        c = Connection(stack.socket)
        c.socket.sendall(data[:cut])
        slow.append((c, cut))
    serve(stack)
    for c, cut in slow:
        c.socket.sendall(data[cut:])
        assert c.answer().status == 200
        c.close()


@pytest.fixture(scope="module")
def impatient(make_stack):
    return make_stack_quixy(make_stack, threads=4, read_timeout=600,
                            public_read_timeout=2)


@pytest.mark.parametrize("path", ["/oauth/token", "/webhook/token"])
def test_timeout_without_a_credential(impatient, path):
    """408 in the door's dialect, while a call with a credential has time."""
    stack = impatient
    with Connection(stack.socket) as patient, \
            Connection(stack.socket) as slow:
        patient.begin(call(stack))
        slow.begin(variables(path, length=100, content_type=(
            OAUTH if path == "/oauth/token" else JSON)[0][1]))
        slow.body(b"{", end=False)
        a = slow.answer()
        assert a.status == 408
        assert "Content-Type" in a.headers and json.loads(a.body)
        assert slow.is_closed()
        patient.body(b"{}")
        assert patient.answer().status == 200


def test_timeout_behind_apache(impatient):
    """The slow senders receive Creel's 408, not Apache's 503."""
    front = impatient.front("apache-proxy")
    slow = [Sender(front.url, "/webhook/token", b"x" * 9000, JSON)
            for _ in range(SLOW)]
    waiting = slow
    while waiting:
        for s in waiting:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                s.step(100)
        select.select(waiting, [], [], 0.2)
        waiting = [s for s in waiting if not s.is_answered()]
    answers = [s.response() for s in slow]
    assert {a.status for a in answers} == {408}
    assert all(b"must arrive within 2 seconds" in a.body for a in answers)


def test_body_that_crawls(make_stack):
    """An authenticated sender has read_timeout, but not if it crawls."""
    stack = make_stack(threads=1, read_timeout=600, read_rate=1_000_000)
    with Connection(stack.socket) as slow:
        slow.begin(call(stack, 2000))
        slow.body(b"{", end=False)
        serve(stack)
        a = slow.answer()
        assert a.status == 408 and slow.is_closed()
        assert json.loads(a.body)["status"] == 408


# -- memory

def test_bodies_beyond_the_memory(make_stack):
    """Bodies of an application that arrive slowly use at most its share of
    buffer_bytes; others still arrive."""
    stack = make_stack(threads=2, buffer_bytes="1m")
    slow = []
    for _ in range(2):
        c = Connection(stack.socket)
        c.begin(call(stack, len(MEGABYTE)))
        c.body(MEGABYTE[:400_000], end=False)
        slow.append(c)
        serve(stack)
    with Connection(stack.socket) as c:
        c.begin(call(stack, len(MEGABYTE)))
        c.body(MEGABYTE[:500_000], end=False)
        a = c.answer()
        assert a.status == 429 and a.headers["Retry-After"] == "10"
    # One that is complete at once is not counted.
    with Connection(stack.socket) as c:
        body = b'{"a":"' + b"x" * 20_000 + b'"}'
        assert c.request(call(stack, len(body)), body).status == 200
    for c in slow:
        c.close()
    wait_for(lambda: stack.post(MEGABYTE).status == 200, "the memory")


def test_bodies_that_grow(make_stack):
    """Bodies that arrive in small pieces, and those that are rejected because
    of them, use little more memory than buffer_bytes."""
    stack = make_stack(threads=2, buffer_bytes="16m", pixon_body_limit="8m")
    serve(stack)
    before = stack.resident()
    slow = [Connection(stack.socket) for _ in range(400)]
    for c in slow:
        c.begin(call(stack, 8 << 20))
    for _ in range(40):
        for c in slow:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                c.body(b"x" * 4000, end=False)
    serve(stack)
    # All of them are one application's.
    assert "status=429" in stack.logs()
    assert stack.sanitized or stack.resident() - before < 64 << 20
    for c in slow:
        c.close()


def test_length_is_not_allocated(make_stack):
    """A Content-Length alone costs no memory."""
    stack = make_stack(threads=2, pixon_body_limit="64m")
    serve(stack)
    before = stack.resident()
    slow = [Connection(stack.socket) for _ in range(200)]
    for c in slow:
        c.begin(call(stack, 60 << 20))
        c.body(b"{", end=False)
    serve(stack)
    assert stack.sanitized or stack.resident() - before < 64 << 20
    for c in slow:
        c.close()


# -- slow readers

def test_slow_readers(stack, front):
    """Clients that send requests with long responses and do not read them."""
    path, headers = body_path(stack), [("ApiKey", stack.reader_key)]
    slow = [Sender(front.url, path, b"x", headers, "GET")
            for _ in range(SLOW)]
    for s in slow:
        s.socket.sendall(s.left)
    for s in slow:
        select.select([s.socket], [], [], 60)
    for _ in range(8):
        assert stack.post(url=front.url).status == 200
    for s in slow:
        a = s.response()
        assert a.status == 200 and a.body == MEGABYTE


def test_slow_readers_http2(stack, front2):
    """Clients that do not open the window of their stream."""
    path, headers = body_path(stack), [("ApiKey", stack.reader_key)]
    slow = [Request(front2.url, path, headers) for _ in range(SLOW)]
    stack.post()
    for s in slow:
        s.send()
    parts = [s.read(WINDOW) for s in slow]
    check_http2(stack, front2)
    for s, (good, part) in zip(slow, parts):
        assert good and len(part) == WINDOW
        s.open_window()
        assert part + s.read()[1] == MEGABYTE
        s.close()


def test_web_server_that_does_not_read(stack):
    path = body_path(stack)
    slow = [Connection(stack.socket) for _ in range(SLOW)]
    for c in slow:
        c.begin(variables(path, "GET", apikey=stack.reader_key))
        c.body(b"")
        select.select([c.socket], [], [], 60)
    serve(stack)
    for c in slow:
        assert c.answer().body == MEGABYTE
        # The connection is kept.
        assert c.request(call(stack), b"{}").status == 200
        c.close()


def test_write_timeout(make_stack):
    """A response that is not read ends, and its connection."""
    stack = make_stack(threads=1, write_timeout=1)
    path = body_path(stack)
    with Connection(stack.socket) as c:
        c.begin(variables(path, "GET", apikey=stack.reader_key))
        c.body(b"")
        wait_for(lambda: "creel_connections 1" in metrics(stack), "the end")
        assert len(c.rest()) < len(MEGABYTE)
    serve(stack)


def metrics(stack):
    """Read on the socket: its own connection is the one that is open."""
    with Connection(stack.socket) as c:
        return c.request({**variables("/metrics", "GET"),
                          "REMOTE_ADDR": "127.0.0.1"}, keep=False
                         ).body.decode()


# -- connections and descriptors

def check_full(stack):
    """Opens connections until one is refused; then closes one."""
    kept, refused = [], None
    while refused is None:
        c = Connection(stack.socket)
        a = c.request(call(stack), b"{}")
        if a.status == 200:
            kept.append(c)
        else:
            refused = a
            assert c.is_closed()
    assert refused.status == 503 and refused.headers["Retry-After"] == "5"
    a = send(stack.url, "POST", stack.path(), [("ApiKey", stack.api_key)],
             b"{}")
    assert a.status == 503 and a.headers["Retry-After"] == "5"
    a = send(stack.url, "POST", "/webhook/token", JSON, b"{}")
    assert a.status == 503 and json.loads(a.body)
    # The connections that are open are served, as before.
    for c in kept:
        assert c.request(call(stack), b"{}").status == 200
    kept.pop().close()
    wait_for(lambda: stack.post().status == 200, "a 200")
    for c in kept:
        c.close()
    return len(kept) + 1


def test_max_connections(make_stack):
    stack = make_stack(threads=2, max_connections=8)
    assert check_full(stack) == 8
    assert "max_connections (8) reached" in stack.logs()


def test_descriptors_used_up(make_stack):
    """The limit of open files allows fewer connections than
    max_connections."""
    stack = make_stack(threads=2)
    stack.stop_worker()
    stack.start_worker(["prlimit", "--nofile=100:100"])
    assert check_full(stack) < 50
    assert "because the limit of open files is 100" in stack.logs()


def test_limit_is_raised(make_stack):
    """The soft limit is the default of many systems; the hard limit counts."""
    stack = make_stack(threads=2)
    stack.stop_worker()
    stack.start_worker(["prlimit", "--nofile=64:8192"])
    idle = [Connection(stack.socket) for _ in range(300)]
    for c in idle:
        assert c.request(call(stack), b"{}").status == 200
    assert "limit of open files" not in stack.logs()
    for c in idle:
        c.close()
