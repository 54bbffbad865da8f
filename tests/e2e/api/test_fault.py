# SPDX-License-Identifier: ISC
"""
Faults: an event that was answered with 200 is stored, once, whatever dies; an
outage is a 503 and ends without a restart; silent clients harm no others.
"""
import contextlib
import os
import select
import signal
import subprocess

import pytest

from conftest import Load, send, wait_for
from fcgi_client import (ABORT, PARAMS, STDIN, Connection, pairs, parse,
                         record, variables)
from transactions import locked_events

MEGABYTE = b'{"a":"' + b"x" * ((1 << 20) - 8) + b'"}'


@pytest.fixture
def stack(make_stack):
    """A stack of its own for each test, because they break it."""
    s = make_stack(threads=4)
    yield s
    s.cluster.start()


@pytest.fixture
def impatient(make_stack):
    """For tests of what the timeouts do."""
    return make_stack(threads=4, read_timeout=2, idle_timeout=4)


def call(stack, method="POST", path=None, length=2, **headers):
    return variables(path or stack.path(), method, length,
                     **{"apikey": stack.api_key,
                        "content_type": "application/json", **headers})


def ids(stack):
    return stack.psql("SELECT id FROM creel.event ORDER BY id").split()


def check_stored_once(stack, accepted):
    count, bodies = stack.psql("SELECT count(*), count(DISTINCT body)"
                               " FROM creel.event").split("|")
    assert count == bodies
    assert set(accepted) <= set(ids(stack))
    assert len(accepted) == len(set(accepted))


def comes_back(stack):
    wait_for(lambda: stack.post().status == 200, "a 200")


# -- outages

def test_worker_killed_after_200(stack):
    event = stack.post().headers["Creel-Event"]
    stack.stop_worker(signal.SIGKILL)
    stack.start_worker()
    assert ids(stack) == [event]
    assert stack.post().status == 200


def test_postgres_killed_after_200(stack):
    event = stack.post().headers["Creel-Event"]
    stack.cluster.kill()
    stack.cluster.start()
    assert ids(stack) == [event]
    comes_back(stack)


def test_worker_killed_under_load(stack):
    load = Load(stack)
    for _ in range(5):
        load.wait(50)
        stack.stop_worker(signal.SIGKILL)
        stack.start_worker()
    load.wait(50)
    load.stop()
    check_stored_once(stack, load.accepted())
    # Requests that were being processed got 200 or 503.
    assert {status for status, _ in load.answers} <= {200, 503}


@pytest.mark.parametrize("how", ["kill", "immediate", "fast"])
def test_postgres_ends_under_load(stack, how):
    load = Load(stack)
    for _ in range(2):
        load.wait(50)
        stack.cluster.end(how)
        stack.cluster.start()
    load.wait(50)
    load.stop()
    check_stored_once(stack, load.accepted())
    assert {status for status, _ in load.answers} <= {200, 503}


def test_sessions_terminated(stack):
    """Each thread's connection dies while idle, and no call fails."""
    load = Load(stack)
    load.wait(50)
    load.stop()
    stack.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE usename = 'creel_worker' AND datname ="
               " current_database()", user="postgres")
    assert [stack.post().status for _ in range(12)] == [200] * 12


def test_database_down(stack):
    assert stack.post().status == 200
    stack.cluster.stop("fast")
    a = stack.post()
    assert a.status == 503 and a.body == b""
    assert a.headers["Retry-After"] == "5" and not a.headers["Creel-Event"]
    a = stack.get("/events/x")
    assert a.status == 503 and b'"Unavailable"' in a.body
    stack.cluster.start()
    comes_back(stack)


def test_worker_starts_before_the_database(stack):
    stack.stop_worker()
    stack.cluster.stop("fast")
    stack.start_worker()
    assert stack.post().status == 503
    stack.cluster.start()
    comes_back(stack)


def test_database_is_slow(make_stack):
    """A call that waits for a lock gets a 503 while the lock is held."""
    stack = make_stack(database_timeout=1000)
    comes_back(stack)
    with locked_events(stack):
        assert stack.post().status == 503
    comes_back(stack)


# -- restart

def test_restart_under_load(stack):
    """A new worker on the same socket, SIGTERM to the old one: no call
    fails."""
    load = Load(stack)
    for _ in range(4):
        load.wait(100)
        old = stack.worker
        stack.start_worker()
        assert stack.stop_worker(worker=old) == 0
    load.wait(100)
    load.stop()
    assert {status for status, _ in load.answers} == {200}
    check_stored_once(stack, load.accepted())


def test_no_worker_for_a_second(stack):
    """The socket stays open, and calls wait."""
    load = Load(stack)
    load.wait(50)
    assert stack.stop_worker() == 0
    assert select.select([stack.listener], [], [], 15)[0]
    stack.start_worker()
    load.wait(50)
    load.stop()
    assert {status for status, _ in load.answers} == {200}


def test_log_reopened(stack):
    stack.post()
    moved = stack.log.rename(stack.dir / "creel.log.1")
    event = stack.post().headers["Creel-Event"]
    assert event in moved.read_text()
    stack.worker.send_signal(signal.SIGHUP)
    wait_for(stack.log.exists, "a new log")
    event = stack.post().headers["Creel-Event"]
    assert event in stack.log.read_text()


# -- kept connections

SMUGGLER = "192.0.2.66"


def smuggled(stack, shift):
    """A body of FastCGI records. Read as records from any offset, it has a
    valid request for one shift of eight."""
    request = record(1, b"\0\1\1\0\0\0\0\0") + record(PARAMS, pairs(
        {**call(stack), "REMOTE_ADDR": SMUGGLER})) + record(PARAMS) + \
        record(STDIN, b"{}") + record(STDIN)
    return b"x" * shift + record(STDIN, request=9) * 6000 + request * 10


EARLY = {
    401: dict(apikey="ck_wrong"),
    404: dict(path="/hooks/incoming/x"),
    405: dict(method="PUT"),
    413: dict(length=len(MEGABYTE) + 1),
    415: dict(content_type="text/plain"),
    "unknown route": dict(path="/hooks/unknown"),
    "malformed path": dict(path="/hooks/%zz"),
    "no body wanted": dict(method="GET"),
    "answered from the table": dict(method="OPTIONS"),
    "negative length": dict(length="-5"),
    "length too small": dict(length=5),
}


def check_not_smuggled(stack, why, body):
    options = {"length": len(body), **EARLY[why]}
    if why == 413:
        options["length"] = len(MEGABYTE) + 1
        body += b" " * (options["length"] - len(body))
    with Connection(stack.socket) as c:
        a = c.request(call(stack, **options), body)
        assert a.status == why or a.status >= 400 or why in (
            "no body wanted", "answered from the table")
        assert "Creel-Event" not in a.headers
        b = c.request(call(stack), b"{}")
        assert b.status == 200
        assert ids(stack)[-1] == b.headers["Creel-Event"]
    assert SMUGGLER not in stack.logs()


@pytest.mark.parametrize("why", EARLY)
def test_nothing_is_smuggled(stack, why):
    """A rejected request's body is never read as the next request."""
    check_not_smuggled(stack, why, MEGABYTE)
    for shift in range(8):
        check_not_smuggled(stack, why, smuggled(stack, shift))
    assert len(ids(stack)) == 9


def test_connection_is_kept(stack):
    with Connection(stack.socket) as c:
        for i in range(20):
            a = c.request(call(stack), b"{}")
            assert a.status == 200
        assert c.request(call(stack), b"{}", keep=False).status == 200
        assert c.is_closed()
    assert len(ids(stack)) == 21


def test_kept_connections_at_the_end(stack):
    """Each serves one more request, or closes when none comes."""
    with Connection(stack.socket) as busy, Connection(stack.socket) as idle, \
            Connection(stack.socket) as silent:
        for c in (busy, idle):
            assert c.request(call(stack), b"{}").status == 200
        stack.worker.send_signal(signal.SIGTERM)
        wait_for(lambda: "finishing requests" in stack.logs(), "the end")
        assert busy.request(call(stack), b"{}").status == 200
        for c in (busy, idle, silent):
            assert c.is_closed()
        assert stack.worker.wait(60) == 0


def test_idle_connections_do_not_starve(make_stack):
    """With more kept connections than threads all are still served, none only
    after another is closed."""
    stack = make_stack(threads=4)
    idle = [Connection(stack.socket) for _ in range(40)]
    for c in idle:
        assert c.request(call(stack), b"{}").status == 200
    assert stack.post().status == 200
    for c in idle:
        assert c.request(call(stack), b"{}").status == 200
    for c in idle:
        c.close()


def test_idle_connections_are_closed(impatient):
    with Connection(impatient.socket) as c:
        assert c.request(call(impatient), b"{}").status == 200
        assert c.is_closed()


def test_silent_peers(impatient):
    """They do not occupy threads for long, and are disconnected."""
    stack = impatient
    silent = [Connection(stack.socket) for _ in range(12)]
    for i, c in enumerate(silent):
        if i % 3 == 1:
            c.socket.sendall(b"\1\1\0")
        elif i % 3 == 2:
            c.begin(call(stack, length=10))
            c.body(b"{", end=False)
    assert stack.post().status == 200
    for i, c in enumerate(silent):
        if i % 3 == 2:
            assert c.answer().status == 408
        assert c.is_closed()
        c.close()
    assert len(ids(stack)) == 1


# -- broken bodies

def test_slow_senders_of_rejected_bodies(impatient):
    """A rejected request does not occupy a thread by sending its body slowly:
    more of them than threads, with endless bodies."""
    stack = impatient
    slow = []
    for _ in range(20):
        c = Connection(stack.socket)
        c.begin(variables(stack.path(), length=900000))
        c.body(b"x" * 1000, end=False)
        slow.append(c)
    with Connection(stack.socket) as honest:
        assert honest.request(call(stack), b"{}").status == 200
    for c in slow:
        assert c.answer().status == 401
        assert c.rest() == b""
        c.close()
    assert stack.events() == 1


def test_headers_too_large(stack):
    for size, status in ((65536, 400), (60000, 200)):
        with Connection(stack.socket) as c:
            assert c.request(call(stack, x_big="x" * size),
                             b"{}").status == status
    assert stack.events() == 1


def test_truncated_body(stack):
    for cut in ("close", "shut", "end", "abort"):
        with Connection(stack.socket) as c:
            c.begin(call(stack, length=20))
            c.body(b'{"a":1}', end=cut == "end")
            if cut == "close":
                continue
            if cut == "shut":
                c.socket.shutdown(1)
            if cut == "abort":
                c.socket.sendall(record(ABORT))
            # The connection may already be closed.
            with contextlib.suppress(*([] if cut == "end" else
                                       [ConnectionError])):
                assert c.answer().status == 400
    assert stack.post().status == 200
    assert len(ids(stack)) == 1


def test_bytes_one_by_one(stack):
    """Records that arrive in pieces are put together."""
    with Connection(stack.socket) as c:
        sent = []
        c.socket, real = type("", (), {"sendall": sent.append})(), c.socket
        c.begin(call(stack, length=9))
        c.body(b'{"a":"b"}')
        c.socket = real
        for byte in b"".join(sent):
            real.send(bytes([byte]))
        assert c.answer().status == 200


def test_more_bytes_than_its_length(stack):
    with Connection(stack.socket) as c:
        assert c.request(call(stack, length=2), b"{}{}").status == 400
    assert ids(stack) == []


def test_body_without_a_length(stack):
    params = call(stack)
    del params["CONTENT_LENGTH"]
    with Connection(stack.socket) as c:
        assert c.request(params, b"{}").status == 411
    assert ids(stack) == []


def test_garbage_instead_of_records(impatient):
    stack = impatient
    for data in (b"GET / HTTP/1.0\r\n\r\n", b"\1" * 64, os.urandom(4096),
                 record(9, b"\0" * 8), record(STDIN, b"x"),
                 b"\1\1\0\1\xff\xff\0\0" + b"\0" * 65535):
        with Connection(stack.socket) as c:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                c.socket.sendall(data)
            assert b"Status: 200" not in c.rest()
    assert stack.post().status == 200
    assert len(ids(stack)) == 1


def test_client_leaves_early(stack):
    """Before the response: stored once, or not, and the worker survives."""
    for _ in range(20):
        with Connection(stack.socket) as c:
            c.begin(call(stack))
            c.body(b"{}")
    event = stack.post().headers["Creel-Event"]
    assert event in ids(stack)


# -- plain CGI

def cgi(stack, params, data, **options):
    env = {"PATH": os.environ["PATH"], "CREEL_CONF": str(stack.conf),
           "GATEWAY_INTERFACE": "CGI/1.1",
           **{k: v for k, v in os.environ.items() if k.startswith("PG")},
           **{k: str(v) for k, v in params.items()}}
    p = subprocess.Popen([stack.fcgi], stdin=subprocess.PIPE, env=env,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # A web server may leave stdin open after the body.
    p.stdin.write(data)
    p.stdin.flush()
    if options.get("close"):
        p.stdin.close()
    out = p.stdout.read()
    p.stdin.close()
    p.wait(60)
    assert p.stderr.read() == b"" or not stack.conf.exists()
    return parse(out)


def test_plain_cgi(stack):
    a = cgi(stack, call(stack), b"{}")
    assert a.status == 200 and a.headers["Creel-Event"] in ids(stack)
    assert cgi(stack, call(stack, apikey="x"), b"{}").status == 401
    assert cgi(stack, call(stack, length=9), b"{}", close=True).status == 400
    assert cgi(stack, call(stack, method="GET"), b"{}").status == 401
    assert len(ids(stack)) == 1
    stack.conf.rename(stack.dir / "away")
    a = cgi(stack, call(stack), b"{}")
    assert a.status == 503 and a.headers["Retry-After"] == "5"


# -- log and database

def test_log(stack):
    """One line for each request, with the event's id, and no secret
    anywhere."""
    answers = [stack.post(),
               stack.post(ApiKey=None, Authentication=stack.token),
               stack.post(ApiKey="ck_" + "q" * 43),
               stack.post(ApiKey=None, Authorization="Bearer e30.e30.eA"),
               stack.get(stack.path()),
               send(stack.url, "POST", stack.path() + "?token=hush",
                    [("ApiKey", stack.api_key), ("Cookie", "hush")], b"{}")]
    lines = [x for x in stack.log.read_text().split("\n") if " event=" in x]
    assert len(lines) == len(answers)
    for a, line in zip(answers, lines):
        event = a.headers["Creel-Event"] or "-"
        assert f" event={event} " in line and f" status={a.status} " in line
    text = stack.logs()
    for secret in [*stack.secrets, "q" * 43, "hush", "e30.e30"]:
        assert secret not in text
        # Nor half of it.
        assert len(secret) < 20 or secret[-20:] not in text


def test_secrets_are_not_in_the_database(stack):
    stack.post()
    stack.post(ApiKey=None, Authentication=stack.token)
    dump = subprocess.run(
        ["pg_dump", "-h", str(stack.cluster.host), "-U", "postgres",
         stack.database], capture_output=True, text=True, check=True).stdout
    assert "credential" in dump
    for secret in stack.secrets:
        assert secret not in dump
