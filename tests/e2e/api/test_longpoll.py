# SPDX-License-Identifier: ISC
"""
Waiting requests: the places that they take, when these are free again, and how
often they query the database.
"""
import concurrent.futures
import contextlib
import json
import socket
import time
import urllib.parse

import pytest

from conftest import FRONTS, wait_for
from fcgi_client import STDIN, Connection, record, variables
from feed_api import Reader
from losant_api import UNKNOWN
from metrics_api import held, looks
from transactions import locked_events, under_way, writer_waits
from webhook_api import Webhook, reply


def wait_held(stack, n):
    wait_for(lambda: held(stack) == n, f"{n} that are held")


class Caller:
    """A client that sends a request and leaves before the response."""

    def __init__(self, stack, method, path, *headers):
        port = urllib.parse.urlsplit(stack.url).port
        self.socket = socket.create_connection(("127.0.0.1", port))
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def close(self):
        self.socket.close()


class Kept(Caller):
    """The same on a kept FastCGI connection."""

    def __init__(self, stack, method, path, *headers):
        self.socket = Connection(stack.socket)
        self.socket.begin(variables(path, method, **dict(
            h.split(": ") for h in headers)))
        self.socket.socket.sendall(record(STDIN))


@pytest.mark.parametrize("kind", [Caller, Kept])
def test_clients_leave(make_stack, kind):
    """Their places are free at once, and their events stay."""
    stack = make_stack(waiting=3)
    assert stack.url
    webhook = Webhook(stack, waitForReply=True)
    reader = Reader(stack, stack.new_key("event.body"))
    key = stack.new_key("webhook.reply")
    _, cursor = reader.follow(hookId=UNKNOWN)
    path = f"/webhooks/{webhook.token}"
    news = f"{reader.path}?cursor={cursor}&hookId={UNKNOWN}&wait=60"
    with contextlib.ExitStack() as leaving:
        for _ in range(2):
            leaving.callback(kind(stack, "GET", path).close)
        leaving.callback(kind(stack, "GET", news,
                              f"ApiKey: {reader.key}").close)
        wait_held(stack, 3)
        assert webhook.call().status == 429
    wait_held(stack, 0)
    assert webhook.events() == 2
    ended = wait_for(lambda: (lines := [
        line for line in stack.logs().split("\n") if "status=499" in line
        ]) and len(lines) == 3 and lines, "their lines in the log")
    assert sum(f"hook={webhook.id}" in line and "event=-" not in line
               for line in ended) == 2
    before = webhook.column("id")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call)
        event = wait_for(lambda: (e := webhook.column("id")) != before and e,
                         "a call")
        assert reply(webhook, key, event, {"body": "here"}).status == 200
        assert call.result(50).body == b"here"


@pytest.mark.skipif("apache-proxy" not in FRONTS, reason="Apache is not asked")
def test_apache_hides_disconnects(make_stack):
    """As creel.conf(5) says of mod_proxy_fcgi."""
    stack = make_stack()
    stack.front("apache-proxy")
    webhook = Webhook(stack, waitForReply=True)
    caller = Caller(stack, "GET", f"/webhooks/{webhook.token}")
    wait_held(stack, 1)
    caller.close()
    # nginx's client leaves later, but its place is free earlier.
    stack.fronts.insert(0, stack.front("nginx"))
    caller = Caller(stack, "GET", f"/webhooks/{webhook.token}")
    wait_held(stack, 2)
    caller.close()
    wait_for(lambda: held(stack) < 2, "one that leaves")
    assert held(stack) == 1


def test_waiting_application(make_stack):
    """One application cannot take all places."""
    stack = make_stack(waiting=9, waiting_application=2)
    assert stack.url
    webhook = Webhook(stack, waitForReply=True)
    other = Webhook(stack, application=stack.other_application,
                    waitForReply=True)
    keys = [stack.new_key("webhook.reply", "event.body", application=a)
            for a in (stack.application, stack.other_application)]
    reader = Reader(stack, keys[0])
    _, cursor = reader.follow(hookId=UNKNOWN)
    none = {"cursor": cursor, "hookId": UNKNOWN}
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        first = pool.submit(webhook.call)
        wait_held(stack, 1)
        waiting = pool.submit(reader.page, **none, wait=60)
        wait_held(stack, 2)
        a = webhook.call()
        assert a.status == 429 and json.loads(a.body) == {
            "error": "Over rate limit, request throttled"}
        a = reader.get(**none, wait=1)
        assert a.status == 429 and a.headers["Retry-After"] == "10"
        assert json.loads(a.body)["type"] == "TooManyRequests"
        assert "waiting_application" in json.loads(a.body)["message"]
        assert reader.page(**none)["items"] == []   # which does not wait
        call = pool.submit(other.call)
        wait_held(stack, 3)
        assert reply(other, keys[1], other.column("id"), {"body": "2"},
                     application=other.application).status == 200
        assert call.result(50).body == b"2"
        assert reply(webhook, keys[0], webhook.column("id"),
                     {"body": "1"}).status == 200
        assert first.result(50).body == b"1"
        # This place is free again.
        assert reader.page(**none, wait=1)["items"] == []
        assert webhook.events() == 1
        stack.stop_worker()
        assert waiting.result(50)["items"] == []


def test_many_commits(make_stack):
    """Readers that cannot get their events yet, because of a batch that is
    under way, do not query after each commit."""
    stack = make_stack(losant_rate=0)
    webhook = Webhook(stack)
    reader = Reader(stack, stack.new_key("event.body"))
    webhook.call()
    _, cursor = reader.follow(hookId=webhook.id)
    n, calls = 6, 400
    with concurrent.futures.ThreadPoolExecutor(n + 4) as pool:
        with under_way(stack):
            waiting = [pool.submit(reader.page, cursor=cursor, wait=60,
                                   hookId=webhook.id) for _ in range(n)]
            wait_held(stack, n)
            before, began = looks(stack), time.monotonic()
            answers = list(pool.map(lambda _: webhook.call().status,
                                    range(calls)))
            found, took = looks(stack) - before, time.monotonic() - began
            assert set(answers) == {200}
            assert not any(w.done() for w in waiting)
            # Ten a second for own commits, two for others' commits, and the
            # first of each kind.
            assert found <= n * (took * 12 + 3)
        assert all(w.result(50)["count"] > 0 for w in waiting)


def test_reply_while_the_worker_stops(make_stack):
    """Another worker stores it, and the one that stops passes it on."""
    stack = make_stack()
    assert stack.url
    webhook = Webhook(stack, waitForReply=True)
    key = stack.new_key("webhook.reply")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call, body=b"{}")
        wait_held(stack, 1)
        wait_for(webhook.events, "its event")
        old = stack.worker
        stack.start_worker()
        wait_for(lambda: stack.logs().count("serving with") == 2, "another")
        old.terminate()
        wait_for(lambda: "finishing requests" in stack.logs(), "the end")
        assert reply(webhook, key, webhook.column("id"),
                     {"body": "late"}).status == 200
        assert call.result(50).body == b"late"
    assert old.wait(40) == 0


def test_stop_timeout_while_calls_wait(make_stack):
    """Calls without a reply in time are aborted, one that is not committed yet
    included; a sanitizer checks what they leave behind."""
    stack = make_stack(stop_timeout=1)
    assert stack.url
    webhook = Webhook(stack, waitForReply=True)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(webhook.call, body=b"{}") for _ in range(3)]
        wait_for(lambda: webhook.events() == 3, "three calls")
        with locked_events(stack):
            calls.append(pool.submit(webhook.call, body=b"{}"))
            wait_for(lambda: writer_waits(stack), "the fourth")
            stack.worker.terminate()
            wait_for(lambda: "4 connections aborted" in stack.logs(),
                     "the end of its patience")
        assert stack.worker.wait(40) == 0
        assert {c.result(50).status for c in calls} == {503}
    assert webhook.events() == 4
    assert stack.logs().count("status=499") == 4
