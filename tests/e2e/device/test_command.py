# SPDX-License-Identifier: ISC
"""Devices request their commands with a cursor, waiting or not."""
# route: GET /devices/me/commands
import concurrent.futures
import json
import re
import time

import pytest

from conftest import send, wait_for
from device_api import Devices, Groups, commands, trigger, trigger_sql
from events import event_id, literal, position_of
from losant_api import DATE
from metrics_api import held, looks
from transactions import Transaction

DAY = 24 * 60 * 60
LOAD = "LOAD_URL"


@pytest.fixture
def api(stack):
    """An application without devices."""
    return Devices(stack, stack.made("application", "create", "a")["id"])


class Device:
    """A device that remembers its cursor."""

    def __init__(self, stack, made):
        self.stack, self.id, self.key = stack, made["id"], made["key"]
        self.cursor = None
        self.seen = []

    def page(self, **query):
        a = commands(self.stack, self.key, **query)
        assert a.status == 200, a.body
        assert a.headers["Cache-Control"] == "private, no-store"
        page = json.loads(a.body)
        assert list(page) == ["count", "items", "cursor", "more"]
        assert page["count"] == len(page["items"])
        return page

    def follow(self, **query):
        """Returns the ids of all that there is now, page by page."""
        got = []
        for _ in range(1000):
            page = self.page(after=self.cursor, **query)
            got += [c["id"] for c in page["items"]]
            self.cursor = page["cursor"]
            if not page["more"]:
                break
        self.seen += got
        return got

    def rejected(self, status, **query):
        a = commands(self.stack, self.key, **query)
        assert a.status == status, a.body
        assert list(json.loads(a.body)) == ["type", "message"]
        return json.loads(a.body)["message"]


def new_device(stack, api, **properties):
    return Device(stack, api.new(**properties))


def test_command(stack, front, api):
    """Through each web server, with each way to send the key."""
    made = api.new()
    data = {"id": "s", "event": "e", "value": 1.5}
    one = trigger(stack, api.application, [
        (LOAD, ["all"]), ("REFRESH_CONTENT", ["0" * 24]),
        ("RESTART_DEVICE", [made["id"], "tag:x"])], sensorData=data)
    two = trigger(stack, api.application, [("PAUSE_LOOP", [made["id"]])],
                  timeout=7)
    got = []
    for headers, path in (([("ApiKey", made["key"])], ""),
                          ([("Authorization", "Bearer " + made["key"])], ""),
                          ([], "?api_key=" + made["key"])):
        a = send(front.url, "GET", "/devices/me/commands" + path, headers)
        assert a.status == 200, a.body
        got.append(json.loads(a.body))
    assert got[0] == got[1] == got[2]
    first, second, third = got[0]["items"]
    assert first == {
        "id": f"{one}.1", "eventId": "289478969", "function": LOAD,
        "parameters": {"n": 1}, "sensorData": data, "time": first["time"],
        "expires": first["expires"]}
    assert DATE.fullmatch(first["time"]) and DATE.fullmatch(first["expires"])
    assert (second["id"], second["function"]) == (f"{one}.3",
                                                  "RESTART_DEVICE")
    assert (third["id"], third["sensorData"]) == (f"{two}.1", None)
    assert got[0]["more"] is False
    assert made["key"] not in stack.logs()


def test_targets(stack, api):
    groups = Groups(stack, api.application)
    a, b = (new_device(stack, api, tags=tags)
            for tags in (["x", 'q"{,'], ["y"]))
    group = groups.new("g", deviceIds=[b.id])["id"]
    other = Devices(stack, stack.made("application", "create", "b")["id"])
    stranger = new_device(stack, other, tags=["x", "y"])
    app = api.application
    wanted = {"all": (1, 1), a.id: (1, 0), b.id: (0, 1), group: (0, 1),
              "tag:x": (1, 0), "tag:y": (0, 1), 'tag:q"{,': (1, 0),
              "tag:z": (0, 0), stranger.id: (0, 0)}
    for target, (for_a, for_b) in wanted.items():
        id = trigger(stack, app, [(LOAD, [target])])
        assert a.follow() == [f"{id}.1"] * for_a
        assert b.follow() == [f"{id}.1"] * for_b
    assert stranger.follow() == []
    # A device that joins later is not a target.
    id = trigger(stack, app, [(LOAD, ["tag:late", group])])
    api.call("PATCH", "/" + a.id, body={"tags": ["late"]}, status=200)
    groups.call("POST", f"/{group}/devices", body={"add": [a.id]}, status=200)
    assert a.follow() == []
    assert b.follow() == [f"{id}.1"]
    id = trigger(stack, app, [(LOAD, ["tag:late"]), (LOAD, [group])])
    assert a.follow() == [f"{id}.1", f"{id}.2"]
    assert b.follow() == [f"{id}.2"]
    # Nor is a device that is created later.
    trigger(stack, app, [(LOAD, ["all"])])
    assert new_device(stack, api).follow() == []


def test_left_the_group(stack, api):
    """Commands that were triggered before stay the device's."""
    groups = Groups(stack, api.application)
    a = new_device(stack, api, tags=["x"])
    group = groups.new("g", deviceIds=[a.id])["id"]

    def call():
        return trigger(stack, api.application, [(LOAD, ["tag:x"]),
                                                (LOAD, [group])])

    def leave():
        api.call("PATCH", "/" + a.id, body={"tags": []}, status=200)
        groups.call("POST", f"/{group}/devices", body={"remove": [a.id]},
                    status=200)

    before = call()
    leave()
    call()
    api.call("PATCH", "/" + a.id, body={"tags": ["x"]}, status=200)
    groups.call("POST", f"/{group}/devices", body={"add": [a.id]}, status=200)
    again = call()
    groups.call("DELETE", "/" + group, status=200)
    call()      # the tag alone
    got = a.follow()
    assert got[:4] == [f"{before}.1", f"{before}.2", f"{again}.1",
                       f"{again}.2"]
    assert len(got) == 5 and got[4].endswith(".1")


def test_expired(stack, api):
    d = new_device(stack, api)
    trigger(stack, api.application, [(LOAD, ["all"])], age=61, timeout=60)
    id = trigger(stack, api.application, [(LOAD, ["all"])], age=60,
                 timeout=600)
    assert d.follow() == [f"{id}.1"]


def test_pages(stack, api):
    d = new_device(stack, api)
    ids = [trigger(stack, api.application,
                   [(LOAD, ["all"])] * (1 + i % 3)) for i in range(9)]
    want = [f"{id}.{n}" for i, id in enumerate(ids)
            for n in range(1, 2 + i % 3)]
    for limit in (1, 2, 3, 5, 17, 18, 19, 1000):
        d.cursor = None
        stack.psql("UPDATE creel.device SET cursor_position = 0 "
                   f"WHERE id = '{d.id}'")
        page = d.page(limit=limit)
        assert limit <= page["count"] + 0 or not page["more"]
        assert page["count"] < limit + 3
        assert d.follow(limit=limit) == want
    assert d.follow() == []


def test_large(stack, api):
    """A page has 4 MiB, but at least one event."""
    d = new_device(stack, api)
    ids = [trigger(stack, api.application, [(LOAD, ["all"])] * n,
                   sensorData="x" * size)
           for n, size in ((1, 10), (20, 400000), (1, 10), (1, 10))]
    assert [c["id"] for c in d.page()["items"]] == [f"{ids[0]}.1"]
    page = d.page(after=d.page()["cursor"])
    assert page["count"] == 20 and page["more"]
    assert d.follow()[-2:] == [f"{ids[2]}.1", f"{ids[3]}.1"]


def test_no_cursor(stack, api):
    """Without a cursor it continues after the last cursor that it sent."""
    d = new_device(stack, api)
    one = trigger(stack, api.application, [(LOAD, ["all"])])
    page = d.page()
    two = trigger(stack, api.application, [(LOAD, ["all"])])
    assert [c["id"] for c in d.page()["items"]] == [f"{one}.1", f"{two}.1"]
    assert [c["id"] for c in d.page(after=page["cursor"])["items"]] == [
        f"{two}.1"]
    assert [c["id"] for c in d.page()["items"]] == [f"{two}.1"]
    first = page["cursor"]
    last = d.page()["cursor"]
    assert d.page(after=last)["items"] == []
    # It may read again; the stored cursor stays.
    assert d.page(after=first)["count"] == 1
    assert d.page()["items"] == []
    # Without commands the cursor stays.
    assert d.page(after=last)["cursor"] == last
    assert api.call("GET", "/" + d.id)[1]["lastSeen"]


def test_old_cursor(stack, api):
    """A cursor that was not used for days does not make queries read old
    partitions for ever."""
    d = new_device(stack, api)
    old = f"{d.id}:c:{position_of(9 * DAY)}:{event_id(9 * DAY)}"
    cursor = d.page(after=old)["cursor"]
    assert cursor != old and d.page(after=cursor)["cursor"] == cursor
    id = trigger(stack, api.application, [(LOAD, ["all"])])
    d.cursor = cursor
    assert d.follow() == [f"{id}.1"]


def test_far_behind(stack, api):
    """A device misses none of its commands, however many are for others."""
    d = new_device(stack, api)
    stack.psql(f"""
        INSERT INTO creel.event (application_id, id, hook_id, received_at,
        method, path, query, headers, body, principal, remote_address,
        status, parsed, targets, position)
        SELECT '{api.application}', overlay(gen_random_uuid()::text PLACING
        left(creel.uuid_floor(now())::text, 13) || '-7' FROM 1)::uuid, '',
        now(), '', '', '', '{{}}', '', '', '', 'pending',
        '{{"steps":[{{"targets":["x"]}}]}}', '{{x}}',
        (SELECT creel.next_position())
        FROM generate_series(1, 11000)""")
    id = trigger(stack, api.application, [(LOAD, [d.id])])
    page = d.page(wait=20)
    assert [c["id"] for c in page["items"]] == [f"{id}.1"]
    page = d.page()
    assert page["more"] and page["items"] == []
    assert d.follow() == [f"{id}.1"]


# -- cursors

def test_foreign_cursors(stack, api):
    a, b = new_device(stack, api), new_device(stack, api)
    trigger(stack, api.application, [(LOAD, ["all"])])
    cursor = a.page()["cursor"]
    assert "not a cursor of this device" in b.rejected(400, after=cursor)
    row = f"SELECT d FROM creel.device d WHERE id = '{b.id}'"
    before = stack.psql(row)
    _, kind, position, event = cursor.split(":")
    for wrong in ("x", ":", "c:1:" + event, b.id, b.id + ":", b.id + ":c",
                  f"{b.id}:c:{position}", f"{b.id}:c::{event}",
                  f"{b.id}:c:-1:{event}", f"{b.id}:c:{position}:x",
                  f"{b.id}:f:{position}:{event}",
                  f"{b.id}:c:{'9' * 19}:{event}",
                  f"{b.id}:c:{position}:{event}0", b.id + "\0",
                  f"{b.id} :c:{position}:{event}",
                  f"{b.id}:c:1:{event}:{a.id}"):
        b.rejected(400, after=wrong)
    # With cursors of the future no command would ever come.
    for p in ("9" * 18, position_of(-DAY)):
        after = f"{b.id}:c:{p}:{event}"
        assert "not returned yet" in b.rejected(400, after=after)
        assert "not returned yet" in b.rejected(400, after=after, wait=5)
    assert stack.psql(row).split(",")[4:6] == before.split(",")[4:6]
    assert b.follow() == [c["id"] for c in a.page()["items"]]


@pytest.mark.parametrize("query", [
    {"limit": "0"}, {"limit": "1001"}, {"limit": "-1"}, {"limit": "x"},
    {"limit": "1.5"}, {"wait": "61"}, {"wait": "-1"}, {"wait": "9" * 30}])
def test_invalid_queries(stack, api, query):
    new_device(stack, api).rejected(400, **query)


def test_rights(stack, api):
    d = new_device(stack, api)
    for path in ("/devices/me/commands", f"/devices/{d.id}/commands",
                 "/devices/me/commands//", "/devices/me", "/devices/"):
        a = stack.get(path, d.key)
        assert a.status == (200 if path.endswith("me/commands") else 404)
    # Keys that are not a device's, whatever their scopes.
    for key in (stack.new_key("commands.get"),
                stack.new_token("commands.get")):
        for headers in ([("ApiKey", key)],
                        [("Authorization", "Bearer " + key)]):
            a = send(stack.url, "GET", "/devices/me/commands", headers)
            assert a.status in (401, 403), a.body
    a = commands(stack, stack.new_key("commands.get"))
    assert a.status == 403 and b"not a device key" in a.body
    assert commands(stack, stack.new_key("webhooks.get")).status == 403
    assert commands(stack, "ck_" + "x" * 43).status == 401
    assert commands(stack, "").status == 401
    # A device's key has no other rights.
    for path in ("devices", f"devices/{d.id}", "events", "device-groups",
                 "webhooks", "forms"):
        assert stack.get(f"/applications/{api.application}/{path}",
                         d.key).status == 403
    a = stack.get("/devices/me/commands", d.key,
                  headers=[("ApiKey", d.key)])
    assert a.status == 401


# -- waiting

def test_wait(stack, api):
    d = new_device(stack, api)
    started = time.monotonic()
    assert d.page(wait=1)["items"] == []
    assert time.monotonic() - started >= 1
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        held_ones = [pool.submit(d.page, wait=60) for _ in range(3)]
        wait_for(lambda: held(stack) == 3, "three that wait")
        # Commands for others do not end the wait.
        before = looks(stack)
        trigger(stack, api.application, [(LOAD, ["tag:x"])])
        wait_for(lambda: looks(stack) >= before + 3, "them to look")
        assert not any(h.done() for h in held_ones)
        id = trigger(stack, api.application, [(LOAD, [d.id])])
        for h in held_ones:
            assert [c["id"] for c in h.result(50)["items"]] == [f"{id}.1"]


def test_disabled_while_waiting(stack, api):
    """It gets no more commands."""
    d = new_device(stack, api)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        one = pool.submit(commands, stack, d.key, wait=60)
        wait_for(lambda: held(stack) == 1, "it to wait")
        api.call("PATCH", "/" + d.id, body={"enabled": False}, status=200)
        wait_for(lambda: commands(stack, d.key).status == 401, "the worker")
        trigger(stack, api.application, [(LOAD, ["all"])])
        assert one.result(50).status == 401


def test_late_commit(stack, api):
    """A command that commits late is not missed, and none comes twice."""
    d = new_device(stack, api)
    app = api.application
    first = trigger(stack, app, [(LOAD, ["all"])])
    d.follow()
    late, sql = trigger_sql(app, [(LOAD, ["all"])])
    with Transaction(stack, sql, commit=True):
        third = trigger(stack, app, [(LOAD, ["all"])])
        d.follow()
        assert f"{late}.1" not in d.seen
    wait_for(lambda: (d.follow(), len(d.seen) == 3)[1], "it")
    assert set(d.seen) == {f"{i}.1" for i in (first, late, third)}


def test_old_connection(stack, api):
    """An open transaction that has not written delays no commands."""
    d = new_device(stack, api)
    with Transaction(stack, "SET work_mem = 64"):
        id = trigger(stack, api.application, [(LOAD, ["all"])])
        assert d.follow() == [f"{id}.1"]


# -- cost

def test_plan(stack, api):
    """The query uses the index of commands, also without statistics, and only
    in the partitions that can have some."""
    stack.cluster.require("plans of one database")
    new_device(stack, api)
    sql = stack.psql("SELECT prosrc FROM pg_proc WHERE proname = "
                     "'command_follow'")
    query = sql[sql.index("SELECT e.po"):sql.index("LIMIT size;")]
    for name, value in (("application", literal(api.application)),
                        ("keys", "'{all}'::text[]"),
                        ("least_id", "creel.uuid_floor(now())"),
                        ("since", "1::bigint"),
                        ("until", "9::bigint"),
                        ("event", "creel.uuid_floor(now())")):
        query = re.sub(rf"(?<![\w.]){name}(?![\w(])", value, query)
    plan = stack.psql("SET enable_seqscan = off; SET enable_bitmapscan = off;"
                      " SET enable_sort = off; EXPLAIN (COSTS OFF) " + query
                      + " LIMIT 5000")
    assert "Seq Scan" not in plan and "Sort" not in plan.replace(
        "Sort Key", "")
    scans = [line for line in plan.split("\n") if "Scan" in line]
    assert scans and all("Index Scan using event_" in line and
                         "application_id_position_id" in line
                         for line in scans), plan
