"""Readers of an application's webhooks: pages, cursors, waiting."""
# route: GET /applications/:application/events
# route: GET /applications/:application/events/:event
# route: GET /applications/:application/events/:event/body
import concurrent.futures
import json
import threading

import pytest

from conftest import wait_for
from test_batch import Transaction, connections
from test_trigger import TYPES, Webhook, reply as send_reply


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


@pytest.fixture(scope="module")
def key(stack):
    return stack.new_key("event.body")


class Reader:
    def __init__(self, stack, key, application=None):
        self.stack, self.key = stack, key
        self.path = f"/applications/{application or stack.application}/events"

    def get(self, more="", **query):
        words = "&".join(f"{k}={v}" for k, v in query.items())
        return self.stack.get(self.path + more + (words and "?" + words),
                              self.key)

    def page(self, **query):
        a = self.get(**query)
        assert a.status == 200, a.body
        page = json.loads(a.body)
        assert page["count"] == len(page["items"])
        return page

    def pages(self, most, cursor=None, **query):
        """Oldest first, until there is no more or that were enough pages:
        ids, and the next cursor."""
        ids = []
        for _ in range(most):
            start = {"cursor": cursor} if cursor else {"order": "oldest"}
            page = self.page(**start, **query)
            ids += [i["id"] for i in page["items"]]
            cursor = page["cursor"]
            if not page["more"]:
                break
        return ids, cursor

    def follow(self, cursor=None, **query):
        """All that there is now."""
        return self.pages(1000, cursor, **query)


@pytest.fixture
def reader(stack, key):
    return Reader(stack, key)


def ids_of(webhook):
    return webhook.stack.psql(
        f"SELECT id FROM creel.event WHERE hook_id = '{webhook.id}'"
        " ORDER BY id").split()


@pytest.fixture
def webhook(stack):
    return Webhook(stack)


# -- what a reader gets

def test_payload(stack, webhook, reader):
    webhook.call("PUT", "/up?location=52&a=1&a=%C3%BC+x&b&%ff=%00",
                 b'{"n":1.50,"z":"\\u0000"}', [
                     ("Content-Type", TYPES["json"]), ("Cookie", "secret"),
                     ("X-Own", "ü"), ("X-Flow-Version", "v2")])
    item, = reader.page(webhookId=webhook.id)["items"]
    data = item.pop("data")
    headers = data.pop("headers")
    time = item.pop("time")
    assert data == {"body": {"n": 1.5, "z": "\0"}, "method": "put",
                    "path": "/up", "replyId": None, "query": {
                        "location": "52", "a": ["1", "ü x"], "b": "",
                        "%ff": "%00"}}
    assert item == {
        "id": ids_of(webhook)[0], "applicationId": stack.application,
        "applicationName": "first", "triggerId": webhook.id,
        "triggerType": "webhook", "relayId": "0" * 24, "relayType": "public",
        "globals": {}}
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-flow-version"] == "v2" and "cookie" not in headers
    assert len(time) == 24 and time[-1] == "Z"
    one = json.loads(reader.get("/" + item["id"]).body)
    assert one["data"]["body"] == {"n": 1.5, "z": "\0"}
    assert json.loads(stack.psql(
        "SELECT payload FROM creel.webhook_event WHERE id = "
        f"'{item['id']}'", "creel_owner")) == one


@pytest.mark.parametrize("type, body, seen", [
    ("application/json", b"[1]", [1]), ("application/x+json", b"1", 1),
    ("application/json; charset=utf-8", b'"a"', "a"),
    ("application/json", b"{", "{"), ("application/json", b"", None),
    ("application/json", b"1e999", None), ("text/plain", b"{}", "{}"),
    (TYPES["form"], b"a=1", {"a": "1"}), (TYPES["bytes"], b"\1", [1]),
    ("text/xml", "ü".encode(), "ü")])
def test_bodies(webhook, reader, type, body, seen):
    webhook.call(body=body, headers=[("Content-Type", type)])
    item, = reader.page(webhookId=webhook.id)["items"]
    assert item["data"]["body"] == seen or body == b"1e999"
    a = reader.get(f"/{item['id']}/body")
    assert a.status == 200 and a.body == body
    assert a.headers["Content-Type"] == type
    assert a.headers["Content-Disposition"] == "attachment"


def test_reply_id(stack, reader):
    webhook = Webhook(stack, waitForReply=True)
    key = stack.new_key("webhook.reply")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call, body=b"{}")
        item, = wait_for(lambda: reader.page(webhookId=webhook.id)["items"],
                         "the call")
        reply = item["data"]["replyId"]
        assert reply == f"{webhook.id}.{item['id']}"
        assert send_reply(webhook, key, item["id"], {}).status == 200
        assert call.result(30).status == 200


# -- in which order, and how far

def test_orders(stack, webhook, reader):
    for i in range(7):
        webhook.call(body=b"%d" % i)
    ids = ids_of(webhook)
    page = reader.page(webhookId=webhook.id, limit=3)
    assert [i["id"] for i in page["items"]] == ids[:3:-1]
    page = reader.page(webhookId=webhook.id, limit=3, cursor=page["cursor"])
    assert [i["id"] for i in page["items"]] == ids[3:0:-1]
    page = reader.page(webhookId=webhook.id, limit=3, cursor=page["cursor"])
    assert [i["id"] for i in page["items"]] == ids[:1]
    assert reader.page(cursor=page["cursor"],
                       webhookId=webhook.id)["items"] == []
    found, cursor = reader.follow(webhookId=webhook.id, limit=2)
    assert found == ids
    webhook.call(body=b"7")
    found, _ = reader.follow(cursor, webhookId=webhook.id)
    assert found == ids_of(webhook)[7:]


@pytest.mark.parametrize("query", [
    {"order": "x"}, {"limit": "0"}, {"limit": "1001"}, {"limit": "-1"},
    {"limit": "x"}, {"limit": "9" * 30}, {"wait": "61"}, {"wait": "1.5"},
    {"cursor": "x"}, {"cursor": "f"}, {"cursor": "f:"}, {"cursor": "f:1:x"},
    {"cursor": "x:1:01a2008d-7400-7abc-8def-0123456789ff"},
    {"cursor": "f:-1:01a2008d-7400-7abc-8def-0123456789ff"},
    {"cursor": "f:" + "9" * 19 + ":01a2008d-7400-7abc-8def-0123456789ff"}])
def test_wrong_queries(reader, query):
    a = reader.get(**query)
    assert a.status == 400 and json.loads(a.body)["type"] == "Validation"


def test_late_commit(stack, webhook, reader):
    """Who follows passes by nothing that is committed late."""
    webhook.call(body=b"0")
    found, cursor = reader.follow(webhookId=webhook.id)
    late = "01a2008d-7400-7abc-8def-0123456789ff"
    with Transaction(stack, f"""
            INSERT INTO creel.event (application_id, id, hook_id, received_at,
                method, path, query, headers, body, principal, remote_address,
                status) VALUES ('{stack.application}', '{late}',
                '{webhook.id}', now(), 'GET', '/', '', '{{}}', '', '', '',
                'success')""", commit=True):
        webhook.call(body=b"1")
        more, cursor = reader.follow(cursor, webhookId=webhook.id)
        found += more
        assert late not in found
    more, _ = wait_for(lambda: (m := reader.follow(
        cursor, webhookId=webhook.id)) and late in m[0] and m, "it")
    found += more
    assert len(found) == len(set(found)) == 3
    assert set(found) == set(ids_of(webhook))


def test_follow_under_load(stack, key):
    """A reader that begins in the middle gets each event once."""
    webhook = Webhook(stack)
    reader = Reader(stack, key)
    ending = threading.Event()
    sent = []

    def work():
        while not ending.is_set():
            a = webhook.call(body=b"{}")
            assert a.status == 200
            sent.append(a.headers["Creel-Event"])
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(work) for _ in range(6)]
        try:
            wait_for(lambda: len(sent) > 100, "calls")
            cursor, found = None, []
            while len(sent) < 600:
                more, cursor = reader.pages(5, cursor, webhookId=webhook.id)
                found += more
        finally:
            ending.set()
        for job in jobs:
            job.result()
    more, cursor = reader.follow(cursor, webhookId=webhook.id)
    found += more
    assert len(found) == len(set(found))
    assert set(found) == set(sent)


# -- waiting

def test_wait(stack, webhook, reader):
    _, cursor = reader.follow()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reader.page, cursor=cursor, wait=30)
        webhook.call(body=b"7")
        page = waiting.result(20)
    assert [i["data"]["body"] for i in page["items"]] in (["7"], [7])
    page = reader.page(cursor=page["cursor"], wait=1)
    assert page["items"] == []


def test_a_worker_ends(make_stack):
    """Who waits there for news gets an empty page, and may go on."""
    stack = make_stack(losant_rate=0)
    reader = Reader(stack, stack.new_key("event.body"))
    _, cursor = reader.follow()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(reader.page, cursor=cursor, wait=60)
                   for _ in range(4)]
        wait_for(lambda: connections(stack) > 4, "readers")
        old = stack.worker
        stack.start_worker()
        assert stack.stop_worker(worker=old) == 0
        assert {w.result(20)["count"] for w in waiting} == {0}
    assert reader.page(cursor=cursor)["count"] == 0


def test_wait_for_another_worker(make_stack):
    """What one worker commits, a reader that waits on the other gets."""
    stack = make_stack(losant_rate=0)
    reader = Reader(stack, stack.new_key("event.body"))
    webhook = Webhook(stack)
    webhook.call(body=b"0")
    _, cursor = reader.follow()
    other = stack.worker
    stack.start_worker()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(reader.page, cursor=cursor, wait=30)
                   for _ in range(8)]
        webhook.call(body=b"1")
        assert {w.result(20)["count"] for w in waiting} == {1}
    stack.stop_worker(worker=other)


# -- whose

def test_rights(stack, webhook, reader, key):
    webhook.call(body=b"{}")
    event = ids_of(webhook)[0]
    other = Reader(stack, key, stack.other_application)
    for more in ("", "/" + event, f"/{event}/body"):
        assert other.get(more).status == 404
        assert Reader(stack, stack.api_key).get(more).status == 403
        assert Reader(stack, "ck_wrong").get(more).status == 401
    restricted = stack.new_key("event.body", args=["--hook", stack.hook])
    own = Reader(stack, restricted)
    assert own.page(limit=1000)["items"] == []
    assert own.get("/" + event).status == 404
    assert own.get(f"/{event}/body").status == 404
    assert reader.get("/x").status == 404
    assert reader.get("/01a2008d-7400-7abc-8def-000000000000").status == 404
