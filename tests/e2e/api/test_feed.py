# SPDX-License-Identifier: ISC
"""Reading an application's events: pages, cursors, waiting."""
# route: GET /applications/:application/events
# route: GET /applications/:application/events/:event
# route: GET /applications/:application/events/:event/body
import concurrent.futures
import json
import re
import threading
import time

import pytest

from conftest import SOURCE, wait_for
from events import event_id, position_of
from fcgi_client import Connection, variables
from feed_api import Reader
from metrics_api import scrape
from transactions import Transaction, under_way
from webhook_api import TYPES, Webhook, reply as send_reply


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


@pytest.fixture(scope="module")
def key(stack):
    return stack.new_key("event.body")


@pytest.fixture
def reader(stack, key):
    return Reader(stack, key)


DAY = 24 * 60 * 60
ZERO = "00000000-0000-0000-0000-000000000000"


def age_of(cursor):
    """The age of the position in a cursor, in seconds."""
    return time.time() - int(cursor.split(":")[1]) / 1000000


def insert(stack, hook, id, body="'x'", type="text/plain", more="", **columns):
    """SQL that stores an event, or many (more: FROM ...)."""
    columns = {"application_id": f"'{stack.application}'",
               "hook_id": f"'{hook}'", "id": id, "received_at": "now()",
               "method": "'POST'", "path": "'/'", "query": "''",
               "headers": "'{}'", "content_type": f"'{type}'", "body": body,
               "principal": f"'hook:{hook}'", "remote_address": "''",
               "status": "'success'", "reading": "'text'",
               "position": "(SELECT creel.next_position())", **columns}
    return (f"INSERT INTO creel.event ({', '.join(columns)}) "
            f"SELECT {', '.join(columns.values())} {more}")


def ids_of(webhook):
    return webhook.stack.psql(
        f"SELECT id FROM creel.event WHERE hook_id = '{webhook.id}'"
        " ORDER BY id").split()


@pytest.fixture
def webhook(stack):
    return Webhook(stack)


# -- payloads

def test_payload(stack, webhook, reader):
    webhook.call("PUT", "/up?location=52&a=1&a=%C3%BC+x&b&%ff=%00",
                 b'{"n":1.50,"z":"\\u0000"}', [
                     ("Content-Type", TYPES["json"]), ("Cookie", "secret"),
                     ("X-Own", "ü"), ("X-Flow-Version", "v2")])
    item, = reader.page(hookId=webhook.id)["items"]
    data = item.pop("data")
    headers = data.pop("headers")
    time = item.pop("time")
    assert data == {"body": {"n": 1.5, "z": "\0"}, "method": "put",
                    "path": "/up", "query": {
                        "location": "52", "a": ["1", "ü x"], "b": "",
                        "ÿ": "\ufffd"}}
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
        "SELECT payload FROM creel.event_payload WHERE application_id = "
        f"'{stack.application}' AND id = '{item['id']}'")) == one


@pytest.mark.parametrize("type, body, seen", [
    ("application/json", b"[1]", [1]), ("application/x+json", b"1", 1),
    ("application/json; charset=utf-8", b'"a"', "a"),
    ("application/json", b"{", "{"), ("application/json", b"", None),
    ("application/json", b"1e999", None), ("text/plain", b"{}", "{}"),
    (TYPES["form"], b"a=1", {"a": "1"}), (TYPES["bytes"], b"\1", [1]),
    ("text/xml", "ü".encode(), "ü")])
def test_bodies(webhook, reader, type, body, seen):
    webhook.call(body=body, headers=[("Content-Type", type)])
    item, = reader.page(hookId=webhook.id)["items"]
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
        item, = wait_for(lambda: reader.page(hookId=webhook.id)["items"],
                         "the call")
        reply = item["data"]["replyId"]
        assert reply == f"{webhook.id}.{item['id']}"
        assert send_reply(webhook, key, item["id"], {}).status == 200
        assert call.result(50).status == 200


# -- pages and cursors

def test_orders(stack, webhook, reader):
    for i in range(7):
        webhook.call(body=b"%d" % i)
    ids = ids_of(webhook)
    page = reader.page(hookId=webhook.id, limit=3)
    assert [i["id"] for i in page["items"]] == ids[:3:-1]
    page = reader.page(hookId=webhook.id, limit=3, cursor=page["cursor"])
    assert [i["id"] for i in page["items"]] == ids[3:0:-1]
    page = reader.page(hookId=webhook.id, limit=3, cursor=page["cursor"])
    assert [i["id"] for i in page["items"]] == ids[:1]
    assert reader.page(cursor=page["cursor"],
                       hookId=webhook.id)["items"] == []
    found, cursor = reader.follow(hookId=webhook.id, limit=2)
    assert found == ids
    webhook.call(body=b"7")
    found, _ = reader.follow(cursor, hookId=webhook.id)
    assert found == ids_of(webhook)[7:]


@pytest.mark.parametrize("query", [
    {"order": "x"}, {"limit": "0"}, {"limit": "1001"}, {"limit": "-1"},
    {"limit": "x"}, {"hookId": "x"}, {"hookId": "{}"}, {"hookId": "0" * 25},
    {"limit": "9" * 30}, {"limit": "%2B5"}, {"limit": "%201"},
    {"hookId": "%00"}, {"wait": "61"}, {"wait": "1.5"},
    {"cursor": "x"}, {"cursor": "f"}, {"cursor": "f:"}, {"cursor": "f:1:x"},
    {"cursor": "x:1:01a2008d-7400-7abc-8def-0123456789ff"},
    {"cursor": "f:-1:01a2008d-7400-7abc-8def-0123456789ff"},
    {"cursor": "f:" + "9" * 19 + ":01a2008d-7400-7abc-8def-0123456789ff"}])
def test_invalid_queries(reader, query):
    a = reader.get(**query)
    assert a.status == 400 and json.loads(a.body)["type"] == "Validation"


def test_late_commit(stack, webhook, reader):
    """A reader that follows misses no event that commits late."""
    webhook.call(body=b"0")
    found, cursor = reader.follow(hookId=webhook.id)
    late = event_id(DAY / 2)
    with Transaction(stack, insert(stack, webhook.id, f"'{late}'"),
                     commit=True):
        webhook.call(body=b"1")
        more, cursor = reader.follow(cursor, hookId=webhook.id)
        found += more
        assert late not in found
    more, _ = wait_for(lambda: (m := reader.follow(
        cursor, hookId=webhook.id)) and late in m[0] and m, "it")
    found += more
    assert len(found) == len(set(found)) == 3
    assert set(found) == set(ids_of(webhook))


def test_follow_under_load(stack, key):
    """A reader that starts during the load gets each event once."""
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
                more, cursor = reader.pages(5, cursor, hookId=webhook.id)
                found += more
        finally:
            ending.set()
        for job in jobs:
            job.result()
    more, cursor = reader.follow(cursor, hookId=webhook.id)
    found += more
    assert len(found) == len(set(found))
    assert set(found) == set(sent)


def test_away_for_long(stack, webhook, reader):
    """A reader continues after days, and after thousands of events of other
    hooks, and then needs no old partitions."""
    old = event_id(3 * DAY)
    stack.psql(insert(stack, webhook.id, f"'{old}'",
                      position=f"{position_of(3 * DAY)}"))
    stack.psql(insert(
        stack, "b" * 24, "creel.uuid_floor(to_timestamp(p / 1e6))",
        position="p",
        more=f"FROM generate_series({position_of(2 * DAY)}, "
        f"{position_of(2 * DAY) + 16000 * 10999}, 16000) AS p"))
    cursor = f"f:{position_of(4 * DAY)}:{ZERO}"
    found, cursor = reader.follow(cursor, hookId=webhook.id)
    assert found == [old]
    webhook.call(body=b"0")
    more, cursor = reader.follow(cursor, hookId=webhook.id)
    assert more == ids_of(webhook)[1:] and age_of(cursor) < DAY
    quiet = f"f:{position_of(DAY * 1.5)}:{ZERO}"
    quiet_reader = Reader(stack, reader.key)
    found, quiet = quiet_reader.follow(quiet, hookId="c" * 24)
    assert found == [] and age_of(quiet) < DAY


def test_nothing_new(stack, webhook, reader):
    """The cursor stays while nothing is new, and while the only new event's
    batch, or one before it, is under way."""
    webhook.call(body=b"0")
    _, cursor = reader.follow(hookId=webhook.id)
    assert reader.follow(cursor, hookId=webhook.id) == ([], cursor)
    with under_way(stack):
        webhook.call(body=b"1")
        _, same = reader.follow(cursor, hookId=webhook.id)
        assert reader.follow(same, hookId=webhook.id) == ([], same)
        assert age_of(same) > 0
    found, _ = reader.follow(cursor, hookId=webhook.id)
    assert found == ids_of(webhook)[1:]


def test_cursor_without_an_event(stack, webhook, reader):
    """It reads all events, also the oldest."""
    old = event_id(300 * DAY)
    cursor = f"f:0:{ZERO}"
    stack.psql(insert(stack, webhook.id, f"'{old}'",
                      position=f"{position_of(300 * DAY)}"))
    found, cursor = reader.follow(cursor, hookId=webhook.id)
    assert found == [old]


VALUES = {"FOLLOW": "'{0}', NULL, '{1}', '{2}', '100'",
          "NEWS": "'{1}', ARRAY['events {0}']"}
INDEX = "application_id_position_id_idx"


def plan_of(stack, name, cursor, mode):
    """The plan of FEED_name's query for events."""
    stack.cluster.require("plans of one database")
    text = (SOURCE / f"sql/query/FEED_{name}.sql").read_text()
    values = VALUES[name].format(stack.application, *cursor.split(":")[1:])
    log = stack.psql(
        "LOAD 'auto_explain'; SET auto_explain.log_nested_statements = on;"
        " SET auto_explain.log_analyze = on; SET auto_explain.log_timing ="
        " off; SET auto_explain.log_min_duration = 0; SET ROLE creel_worker;"
        f" SET client_min_messages = log; SET plan_cache_mode ="
        f" force_{mode}_plan; PREPARE q AS {text}; EXECUTE q({values})",
        "postgres", check=False).stderr
    plans = [p for p in log.split("LOG:  duration") if re.search(
        r"Cond: .*\"position\"", p)]
    assert plans
    for plan in plans:
        assert INDEX in plan, plan
        assert not re.search("Seq Scan on event|_pkey|_hook_id_", plan), plan
    return "".join(plans)


def test_partitions_in_plans(stack, webhook, reader):
    """Only those of the last days, in custom and generic plans."""
    stack.psql("CREATE TABLE creel.event_old PARTITION OF creel.event FOR"
               " VALUES FROM (creel.uuid_floor('2020-01-01'))"
               " TO (creel.uuid_floor('2020-02-01'))", check=False)
    webhook.call(body=b"0")
    _, cursor = reader.follow(hookId=webhook.id)
    webhook.call(body=b"1")
    for name in VALUES:
        for mode in ("custom", "generic"):
            plan = plan_of(stack, name, cursor, mode)
            assert "event_default" in plan and "event_old" not in plan


def test_partition_without_statistics(make_stack):
    """It is not scanned sequentially."""
    stack = make_stack()
    hook, _ = stack.new_hook()
    cursor = f"f:{position_of()}:{ZERO}"
    stack.psql(
        "DO $$ DECLARE p text; BEGIN FOR p IN SELECT relid FROM"
        " pg_partition_tree('creel.event') WHERE isleaf LOOP EXECUTE format("
        "'ALTER TABLE %s SET (autovacuum_enabled = off)', p::regclass);"
        " END LOOP; END $$")
    stack.psql(insert(
        stack, hook, "(left(creel.uuid_floor(now())::text, 14) || '7' ||"
        " substr(md5(i::text), 1, 3) || '-8' || substr(md5(i::text), 4, 3) ||"
        " '-' || substr(md5(i::text), 7, 12))::uuid",
        more="FROM generate_series(1, 20000) i"))
    for name in VALUES:
        for mode in ("custom", "generic"):
            assert "event_default" in plan_of(stack, name, cursor, mode)


def test_parallel_plans(stack, webhook, reader):
    """The query also works in a parallel plan."""
    webhook.call(body=b"{", headers=[("Content-Type", TYPES["json"])])
    webhook.call(body=b"\xff")
    for sql in ("SELECT payload::text FROM creel.event_payload",
                "SELECT body::text FROM creel.event_json"):
        stack.psql(f"SET force_parallel_mode = on; {sql} WHERE"
                   f" application_id = '{stack.application}'"
                   f" AND hook_id = '{webhook.id}'")


# -- large events

def weights(stack, webhook, n, size):
    stack.psql(insert(stack, webhook.id, "creel.uuid_floor(now()"
                      " - make_interval(secs => n))",
                      f"convert_to(repeat('x', {size}), 'UTF8')",
                      more=f"FROM generate_series(1, {n}) AS n"))


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_page_size_in_bytes(stack, webhook, reader, order):
    weights(stack, webhook, 50, 256 << 10)
    start, found, counts = {"order": order}, [], []
    while True:
        page = reader.page(hookId=webhook.id, limit=1000, **start)
        found += [i["id"] for i in page["items"]]
        counts.append(page["count"])
        if not page["more"] or not page["items"]:
            break
        start = {"cursor": page["cursor"]}
    assert found == ids_of(webhook)[::-1 if order == "newest" else 1]
    assert counts[:3] == [15, 15, 15] and sum(counts) == 50


def test_follow_large_events(stack, webhook, reader):
    _, cursor = reader.follow(hookId=webhook.id)
    weights(stack, webhook, 40, 256 << 10)
    found = []

    def enough():
        nonlocal cursor
        more, cursor = reader.follow(cursor, hookId=webhook.id, limit=1000)
        found.extend(more)
        return len(found) >= 40
    wait_for(enough, "all of them")
    assert found == ids_of(webhook)


def test_full_last_page(webhook, reader):
    for i in range(4):
        webhook.call(body=b"%d" % i)
    page = reader.page(hookId=webhook.id, limit=4)
    assert page["count"] == 4 and page["more"] is False
    assert reader.page(hookId=webhook.id, limit=3)["more"] is True


@pytest.fixture(scope="module")
def large(make_stack):
    """A stack with the largest body limits that the options allow."""
    return make_stack(losant_body_limit="64m", pixon_body_limit="64m",
                      queue_bytes="256m", database_timeout=60000,
                      losant_rate=0)


@pytest.mark.parametrize("kind", ["webhook", "datasource"])
def test_largest_event(large, kind):
    """It is alone on its page, between its neighbours."""
    reader = Reader(large, large.new_key("event.body"))
    size, webhook = 8 << 20, Webhook(large, castBuffersAs="array")
    if kind == "webhook":
        body, value = b"\xff" * size, [255] * size
        hook, path = webhook.id, f"/webhooks/{webhook.token}"
    else:
        value = {"x": "y" * (size - 8)}
        body = json.dumps(value).replace(" ", "").encode()
        hook, path = large.hook, large.path()
    # A web server has a limit of its own.
    for b in (b"{}", body, b"{}"):
        with Connection(large.socket, 120) as c:
            type = {"Content_Type": TYPES["bytes"]} if kind == "webhook" \
                else {"ApiKey": large.api_key}
            a = c.request(variables(path, length=len(b), **type), b,
                          keep=False)
        assert a.status == 200, a.body
    found, start = [], {"order": "oldest"}
    while len(found) < 3:
        page = reader.page(hookId=hook, **start)
        assert page["items"]
        found += page["items"]
        start = {"cursor": page["cursor"]}
    assert found[1]["data"]["body"] == value


@pytest.mark.parametrize("n", [1000, 1001, 30000])
def test_many_query_parameters(webhook, reader, n):
    """An object, or the original text if there are too many."""
    query = "&".join(["a"] * n)
    assert webhook.call(more="?" + query, body=b"{}").status in (200, 414)
    if n == 30000:      # more than a web server lets through
        webhook.stack.psql(insert(webhook.stack, webhook.id,
                                  f"'{event_id()}'", query=f"'{query}'"))
    item = reader.page(hookId=webhook.id)["items"][0]
    assert item["data"]["query"] == ({"a": [""] * n} if n == 1000 else query)


# -- hooks

def test_deleted_hook(stack, webhook, reader):
    """Its events stay."""
    source, guid = stack.new_hook()
    webhook.call(body=b"1")
    assert stack.post("{}", datasource=guid).status == 200
    for hook, kind in ((webhook.id, "webhook"), (source, "datasource")):
        item, = reader.page(hookId=hook)["items"]
        assert item["triggerType"] == kind
        stack.creelctl("hook", "delete", hook)
        for page in (reader.page(hookId=hook),
                     reader.page(hookId=hook, order="oldest")):
            again, = page["items"]
            kept = "webhook" if kind == "webhook" else None
            assert again == {**item, "triggerType": kept}
        assert item["id"] in [
            i["id"] for i in reader.page(limit=10)["items"]]


@pytest.mark.parametrize("type", ["application/json", None])
def test_data_source(stack, reader, type):
    hook, guid = stack.new_hook()
    a = stack.post('{"line":[1]}', datasource=guid, Content_Type=type)
    assert a.status == 200
    item, = reader.page(hookId=hook)["items"]
    assert item["id"] == a.headers["Creel-Event"]
    assert item["triggerType"] == "datasource" and item["triggerId"] == hook
    data = item["data"]
    assert data["body"] == {"line": [1]} and data["query"] == {}
    assert data["path"] == stack.path(guid) and "replyId" not in data
    assert "apikey" not in data["headers"]
    assert json.loads(reader.get("/" + item["id"]).body) == item


def test_basic_auth_in_events(stack, reader):
    """The event says that there was a password, without the password."""
    webhook = Webhook(stack, basicAuthUsername="secret",
                      basicAuthPassword="secret")
    webhook.call(body=b"1", headers=[
        ("Authorization", "Basic c2VjcmV0OnNlY3JldA=="), ("Cookie", "c=1"),
        ("ApiKey", "k"), ("X-Webhook-Apikey", "k"),
        ("Proxy-Authorization", "Basic eA==")])
    item, = reader.page(hookId=webhook.id)["items"]
    headers = item["data"]["headers"]
    assert headers["authorization"] == "*****REDACTED*****"
    assert not headers.keys() & {"cookie", "apikey", "x-webhook-apikey",
                                 "proxy-authorization"}
    assert "c2VjcmV0" not in webhook.column("event::text")


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_restricted(stack, key, order):
    """Only the events of the key's hooks, in order, each once."""
    hooks = [Webhook(stack) for _ in range(3)]
    for i in range(12):
        hooks[i % 3].call(body=b"%d" % i)
    ids = sorted(ids_of(hooks[0]) + ids_of(hooks[1]))
    own = Reader(stack, stack.new_key("event.body", args=[
        "--hook", hooks[0].id, "--hook", hooks[1].id]))
    found, start = [], {"order": order}
    while len(found) < 8:
        page = own.page(limit=3, **start)
        assert page["items"]
        found += [i["id"] for i in page["items"]]
        start = {"cursor": page["cursor"]}
    assert found == ids[::-1 if order == "newest" else 1]
    assert own.page(hookId=hooks[2].id)["items"] == []
    assert {i["triggerId"] for i in own.page(
        hookId=hooks[1].id.upper())["items"]} == {hooks[1].id}
    _, cursor = own.follow()
    hooks[2].call(body=b"x")
    hooks[1].call(body=b"y")
    found, _ = own.follow(cursor)
    assert found == ids_of(hooks[1])[-1:]


# -- waiting

def test_wait(stack, webhook, reader):
    _, cursor = reader.follow()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reader.page, cursor=cursor, wait=30)
        webhook.call(body=b"7")
        page = waiting.result(50)
    assert [i["data"]["body"] for i in page["items"]] in (["7"], [7])
    page = reader.page(cursor=page["cursor"], wait=1)
    assert page["items"] == []


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_wait_for_the_first_event(stack, webhook, reader, order):
    """Both orders wait if there is no event yet."""
    wanted = {"order": order, "hookId": webhook.id}
    page = reader.page(**wanted, wait=1)
    assert page["items"] == []
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        before = scrape(stack)["creel_held_looks_total"]
        waiting = pool.submit(reader.page, **wanted, wait=30)
        wait_for(lambda: scrape(stack)["creel_held_looks_total"] > before,
                 "a look")
        webhook.call(body=b"7")
        page = waiting.result(50)
    assert [i["id"] for i in page["items"]] == ids_of(webhook)
    more = reader.page(cursor=page["cursor"], hookId=webhook.id, wait=1)
    assert more["items"] == []


def test_rights_revoked_while_waiting(stack, webhook):
    """A waiting reader that loses its rights gets no events."""
    made = stack.made("key", "create", "--name", "k", "--application",
                      stack.application, "--scope", "event.body")
    reader = Reader(stack, made["key"])
    _, cursor = reader.follow()
    before = scrape(stack)["creel_held_looks_total"]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reader.get, cursor=cursor, wait=30)
        wait_for(lambda: scrape(stack)["creel_held_looks_total"] > before,
                 "a look")
        stack.creelctl("key", "disable", made["id"])
        wait_for(lambda: reader.get().status == 401, "the end of its rights")
        webhook.call(body=b"secret")
        a = waiting.result(50)
    assert a.status == 401 and b"secret" not in a.body


def test_long_content_type(webhook, reader):
    type = "text/plain; x=" + "y" * 4000
    webhook.call(body=b"body", headers=[("Content-Type", type)])
    a = reader.get(f"/{ids_of(webhook)[0]}/body")
    assert a.status == 200 and a.body == b"body"
    assert a.headers["Content-Type"] == "application/octet-stream"


def test_wait_for_a_data_source(stack, reader):
    _, guid = stack.new_hook()
    _, cursor = reader.follow()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reader.page, cursor=cursor, wait=30)
        a = stack.post("{}", datasource=guid)
        item, = waiting.result(50)["items"]
    assert item["id"] == a.headers["Creel-Event"]


def test_worker_stops_while_readers_wait(make_stack):
    """They get an empty page, and may go on."""
    stack = make_stack(losant_rate=0)
    reader = Reader(stack, stack.new_key("event.body"))
    _, cursor = reader.follow()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(reader.page, cursor=cursor, wait=60)
                   for _ in range(4)]
        wait_for(lambda: scrape(stack)["creel_connections"] > 4, "readers")
        old = stack.worker
        stack.start_worker()
        assert stack.stop_worker(worker=old) == 0
        assert {w.result(50)["count"] for w in waiting} == {0}
    assert reader.page(cursor=cursor)["count"] == 0


def test_wait_for_another_worker(make_stack):
    """A reader waits on one worker for a commit by another."""
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
        assert {w.result(50)["count"] for w in waiting} == {1}
    stack.stop_worker(worker=other)


def test_events_from_another_host(stack, webhook, reader):
    """One query finds the events that no worker of this host has committed,
    for all waiting readers."""
    _, cursor = reader.follow()
    event, line = event_id(), f'waking reader="events {stack.application}"'
    before = stack.logs().count(line)
    begun = stack.psql("SELECT clock_timestamp()")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(reader.page, cursor=cursor, wait=60)
                   for _ in range(4)]
        asks = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname =" \
            " current_database() AND query LIKE" \
            " '-- worker%-- $1 text position from which%'" \
            f" AND query_start > '{begun}'"
        # From then on its time is known.
        wait_for(lambda: stack.psql(asks, "postgres") == "t", "a question")
        stack.psql(insert(stack, webhook.id, f"'{event}'"))
        for w in waiting:
            assert [i["id"] for i in w.result(50)["items"]] == [event]
    wait_for(lambda: stack.logs().count(line) > before, "the news")


def test_news_for_readers_of_two_applications(stack, webhook, reader):
    """One query is for the readers of all applications."""
    app = stack.other_application
    other = Reader(stack, stack.new_key("event.body", application=app), app)
    cursors = [r.follow()[1] for r in (reader, other)]
    begin = len(stack.logs())
    line = f'waking reader="events {stack.application}"'
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(r.page, cursor=c, wait=60)
                   for r, c in zip((reader, other), cursors)]
        wait_for(lambda: scrape(stack)["creel_held_requests"] == 2, "readers")
        ids = []

        def news():
            ids.append(event_id())
            stack.psql(insert(stack, webhook.id, f"'{ids[-1]}'"))
            return line in stack.logs()[begin:] or waiting[0].done()
        wait_for(news, "the news")
        assert waiting[0].result(50)["items"][0]["id"] in ids
        stack.psql(insert(stack, webhook.id, f"'{event_id()}'",
                          application_id=f"'{app}'"))
        assert waiting[1].result(70)["count"] == 1
    assert "query for news failed" not in stack.logs()[begin:]


def test_slow_query_for_news(make_stack):
    """PostgreSQL cancels the query, and the listener's session stays."""
    stack = make_stack(losant_rate=0, database_timeout=5000)
    reader = Reader(stack, stack.new_key("event.body"))
    webhook = Webhook(stack)
    _, cursor = reader.follow()
    stack.psql("CREATE OR REPLACE FUNCTION creel.event_news(since bigint,"
               " readers text[]) RETURNS TABLE (until bigint, reader text)"
               " LANGUAGE plpgsql AS"
               " $$ BEGIN PERFORM pg_sleep(60); END $$")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reader.page, cursor=cursor, wait=60)
        late = wait_for(lambda: [
            line for line in stack.logs().split("\n")
            if "query for news failed" in line], "a warning")
        webhook.call(body=b"1")
        assert waiting.result(50)["count"] == 1
    assert "statement timeout" in late[0]
    assert stack.logs().count("listening for changes") == 1


# -- rights

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
