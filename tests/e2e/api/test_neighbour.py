# SPDX-License-Identifier: ISC
"""
A quiet tenant beside a noisy neighbour: none of its calls fails, in any kind of
flood.  (bench/ measures how long they take; test_batch.py shares the inbox.)
"""
import collections
import concurrent.futures
import contextlib
import http.client
import select
import socket
import threading
import urllib.parse
import uuid

import pytest

from conftest import wait_for
from fcgi_client import BEGIN, PARAMS, Connection, pairs, record, stream, \
    variables
from transactions import Transaction

CALLS = 20          # of the quiet tenant
SLOW = 16           # long requests of the neighbour
PART = b"x" * 100_000
ANSWER = b'{"a":"' + b"x" * 300_000 + b'"}'


class Neighbour:
    """The other application of a stack, with a key for everything here."""

    def __init__(self, stack):
        self.stack = stack
        self.key = stack.new_key(
            "datasource.post", "event.get", "event.body", "webhooks.get",
            application=stack.other_application)
        self.path = stack.path(stack.foreign_datasource)
        self.device = stack.made("device", "create", "--name", "d",
                                 "--application", stack.other_application)

    def send(self, path, length=None, method="POST", bearer=False):
        """Begins a request on a connection to the worker."""
        c = Connection(self.stack.socket)
        c.begin(variables(path, method, length,
                          content_type="application/json",
                          **({"authorization": f"Bearer {self.key}"}
                             if bearer else {"apikey": self.key})))
        return c


def unseen(stack, n=CALLS):
    """Hooks and keys of the quiet tenant that its worker has not seen."""
    return [{"datasource": stack.new_hook()[1], "ApiKey": stack.new_key()}
            for _ in range(n)]


def loaded(stack, times=1):
    wait_for(lambda: stack.logs().count("known addresses: ") >= times,
             "known addresses")


# -- floods

def unknown_key(neighbour):
    return neighbour.path, b"{}", {"ApiKey": f"ck_{uuid.uuid4().hex:0>43}"}


def unknown_hook(neighbour):
    return (neighbour.stack.path(str(uuid.uuid4())), b"{}",
            {"ApiKey": neighbour.key})


def unknown_token(_):
    """It needs no credential."""
    return f"/webhooks/{uuid.uuid4().hex}", b"{}", {}


def large_body(neighbour):
    body = b'{"a":"' + b"x" * (900 << 10) + b'"}'
    return neighbour.path, body, {"ApiKey": neighbour.key}


@contextlib.contextmanager
def flooding(neighbour, make, threads=4):
    """Sends requests through nginx while the block runs; yields the statuses of
    the responses."""
    statuses = collections.Counter()
    ending = threading.Event()
    port = urllib.parse.urlsplit(neighbour.stack.url).port

    def run(_):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while not ending.is_set():
            path, body, headers = make(neighbour)
            c.request("POST", path, body,
                      {"Content-Type": "application/json", **headers})
            r = c.getresponse()
            r.read()
            statuses[r.status] += 1
        c.close()

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        floods = [pool.submit(run, n) for n in range(threads)]
        try:
            yield statuses
        finally:
            ending.set()
        for f in floods:
            f.result()


@pytest.fixture(scope="module")
def limited(make_stack):
    """It looks up little, and has little memory for bodies."""
    s = make_stack(threads=4, lookup_rate=5, lookup_rate_network=2,
                   buffer_bytes="2m")
    assert s.url
    loaded(s)
    s.neighbour = Neighbour(s)
    return s


@pytest.mark.parametrize("make, status", [
    (unknown_key, 503), (unknown_hook, 503), (unknown_token, 503),
    (large_body, 200)])
def test_flood(limited, make, status):
    """All tenants are behind one address, and a new worker has looked up none
    of the quiet tenant's hooks and keys."""
    quiet = unseen(limited)
    limited.stop_worker()
    before = limited.logs().count("known addresses: ")
    limited.start_worker()
    loaded(limited, before + 1)
    with flooding(limited.neighbour, make) as statuses:
        wait_for(lambda: statuses[status] > 20, "the flood")
        first = statuses[status]
        assert [limited.post(**q).status for q in quiet] == [200] * CALLS
        wait_for(lambda: statuses[status] > first, "the flood to go on")


def test_restart_in_a_flood(limited):
    """A worker has not loaded which hooks and keys exist, and cannot yet: it
    refuses none of them."""
    quiet = unseen(limited)
    text = limited.conf.read_text()
    host = limited.dir / "unresponsive"
    host.mkdir()
    host.chmod(0o755)
    port = next(limited.cluster.host.glob(".s.PGSQL.*[0-9]")).name
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(host / port))
        (host / port).chmod(0o777)
        listener.listen(8)
        limited.stop_worker()
        limited.conf.write_text(text.replace(
            "[creel]", "[creel]\nlisten_database = "
            f"host={host} dbname=x user=creel_worker connect_timeout=600"))
        limited.start_worker()
        try:
            with flooding(limited.neighbour, unknown_token) as statuses:
                wait_for(lambda: statuses.total() > 50, "the flood")
                assert [limited.post(**q).status for q in quiet] == \
                    [200] * CALLS
            # From then on unknown ones have to use their budget.
            listener.close()
            (host / port).unlink()
            wait_for(lambda: "cache invalidation delayed" in limited.logs(),
                     "the connection to fail")
            with flooding(limited.neighbour, unknown_token) as statuses:
                wait_for(lambda: statuses[503] > 20, "the budget to end")
        finally:
            limited.stop_worker()
            limited.conf.write_text(text)
            limited.start_worker()


# -- memory

@pytest.fixture(scope="module")
def small(make_stack):
    """Nothing ends slow clients but buffer_bytes, of which each application has
    a share."""
    s = make_stack(threads=4, buffer_bytes="1m", read_timeout=600,
                   write_timeout=600, read_rate=0)
    assert s.url
    s.neighbour = Neighbour(s)
    return s


def answered(connections):
    return select.select([c.socket for c in connections], [], [], 0)[0]


def test_slow_senders(small):
    """The neighbour's bodies arrive slowly, up to its share: 429. A body of the
    quiet tenant that arrives in two parts is stored."""
    with contextlib.ExitStack() as exits:
        slow = [exits.enter_context(small.neighbour.send(
            small.neighbour.path, 900_000)) for _ in range(20)]
        for c in slow:
            c.body(PART, end=False)
        wait_for(lambda: answered(slow), "a refusal")
        c = exits.enter_context(Connection(small.socket))
        body = b'{"a":"' + PART + b'"}'
        c.begin(variables(small.path(), length=len(body),
                          content_type="application/json",
                          apikey=small.api_key))
        c.body(body[:-1], end=False)
        # The others' parts are all there before the rest of this one is.
        wait_for(lambda: len(answered(slow)) >= 10, "refusals")
        assert not answered([c])
        c.body(body[-1:])
        assert c.answer().status == 200
        ends = [s.answer() for s in slow if answered([s])]
        assert {a.status for a in ends} == {429}
        assert {a.headers["Retry-After"] for a in ends} == {"10"}


def test_slow_readers(small):
    """The neighbour does not read its responses, up to its share: the others
    are cut off. A response of the quiet tenant is read late, and is whole."""
    def path(application, **of):
        event = small.post(ANSWER, **of).headers["Creel-Event"]
        return f"/applications/{application}/events/{event}/body"

    mine = path(small.application)
    theirs = path(small.other_application, datasource=small.foreign_datasource,
                  ApiKey=small.neighbour.key)
    with contextlib.ExitStack() as exits:
        for _ in range(40):
            c = exits.enter_context(small.neighbour.send(
                theirs, method="GET"))
            c.body(b"")
        wait_for(lambda: "cut=" in small.logs(), "a response to be cut off")
        c = exits.enter_context(Connection(small.socket))
        c.begin(variables(mine, "GET", apikey=small.reader_key))
        c.body(b"")
        wait_for(lambda: answered([c]), "a response")
        wait_for(lambda: small.logs().count("cut=") > 20, "others")
        assert c.answer().body == ANSWER


def test_slow_variables(small):
    """Requests whose variables do not end: they are closed at the share of
    those who are not known yet, and calls are served."""
    begin = record(BEGIN, b"\0\1\0\0\0\0\0\0") + stream(
        PARAMS, pairs({"HTTP_X": "x" * 60_000}))
    with contextlib.ExitStack() as exits:
        slow = [exits.enter_context(Connection(small.socket))
                for _ in range(40)]
        for c in slow:
            c.socket.sendall(begin)
        wait_for(lambda: len(answered(slow)) >= 20, "closed connections")
        assert all(c.is_closed() for c in slow if answered([c]))
        assert len(answered(slow)) < 40
        for _ in range(CALLS):
            assert small.post().status == 200


# -- threads

def blocked(stack):
    return int(stack.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname ="
        " current_database() AND wait_event_type = 'Lock'", user="postgres"))


def lists(neighbour):
    return neighbour.send(
        f"/applications/{neighbour.stack.other_application}/webhooks",
        method="GET", bearer=True)


def commands(neighbour):
    """Requests that wait for news run in the wait queue."""
    c = Connection(neighbour.stack.socket)
    c.begin(variables("/devices/me/commands?wait=30", "GET",
                      apikey=neighbour.device["key"]))
    return c


def history(neighbour):
    """Each request has a key of its own, and none names the application."""
    stack = neighbour.stack
    c = Connection(stack.socket)
    c.begin(variables("/webhook/app/history", "GET", apikey=stack.new_key(
        "event.get", application=stack.other_application)))
    return c


@pytest.mark.parametrize("send, table", [
    (lists, "hook"), (commands, "device"), (history, "hook")])
def test_long_queries(small, send, table):
    """The neighbour sends more of them than there are threads. It gets all of
    its responses in the end, and the quiet tenant's calls do not wait."""
    assert small.post().status == 200
    with contextlib.ExitStack() as exits:
        slow = [exits.enter_context(send(small.neighbour))
                for _ in range(SLOW)]
        with Transaction(small, f"LOCK TABLE creel.{table}"):
            for c in slow:
                c.body(b"")
            wait_for(lambda: blocked(small) >= 2, "queries")
            assert [small.post().status for _ in range(CALLS)] == \
                [200] * CALLS
            assert blocked(small) == 2
            assert not answered(slow)
        if send is not commands:
            assert {c.answer().status for c in slow} == {200}
    assert small.post().status == 200
