# SPDX-License-Identifier: ISC
"""Receipts of devices, and the outcome of events."""
# route: POST /devices/me/receipts
# route: GET /applications/:application/events/:event/devices
import json
import threading

import pytest

from conftest import send
from device_api import (Devices, Groups, commands, receipts,
                        trigger)
from events import event_id, literal
from losant_api import DATE, UNKNOWN
from wallboard_api import ALL, Door, success

LOAD = "LOAD_URL"


@pytest.fixture
def api(stack):
    """An application without devices."""
    return Devices(stack, stack.made("application", "create", "a")["id"])


@pytest.fixture
def reader(stack, api):
    return stack.new_key("event.get", "event.body", "device.get",
                         application=api.application)


def report(stack, device, *ids, status="done", want=200, **more):
    body = [{"id": i, "status": status, **more} for i in ids]
    a = receipts(stack, device["key"], body)
    assert a.status == want, a.body
    return json.loads(a.body)


def read(stack, device):
    """Reads all its commands, and sends receipts."""
    page = json.loads(commands(stack, device["key"]).body)
    assert commands(stack, device["key"],
                    after=page["cursor"]).status == 200


def outcome(stack, key, event):
    """(status, counts) as in GET /events/ID and elsewhere."""
    e = json.loads(stack.get(f"/events/{event}", key).body)
    d = e["devices"]
    assert list(d) == ["addressed", "fetched", "done", "failed"]
    path = f"/applications/{e['applicationId']}/events/{event}"
    one = json.loads(stack.get(path, key).body)
    shown = stack.made("event", "show", event)
    assert one["status"] == shown["status"] == e["status"]
    assert one["devices"] == shown["devices"] == d
    if e["status"] == "pending":
        assert "completedAt" not in e
    else:
        assert DATE.fullmatch(e["completedAt"])
    return e["status"], tuple(d.values())


def devices_of(stack, key, application, event, **query):
    words = "&".join(f"{k}={v}" for k, v in query.items())
    a = stack.get(f"/applications/{application}/events/{event}/devices?"
                  + words, key)
    assert a.status == 200, a.body
    return json.loads(a.body)


def test_life(stack, front, api, reader):
    """Through each web server: pending, then complete."""
    a, b, c = (api.new(name, tags=["t"]) for name in "abc")
    event = trigger(stack, api.application, [
        (LOAD, ["tag:t"]), ("RESTART_DEVICE", [a["id"]])])
    assert outcome(stack, reader, event) == ("pending", (3, 0, 0, 0))
    read(stack, a)
    assert outcome(stack, reader, event) == ("pending", (3, 1, 0, 0))
    for headers, query in (([("ApiKey", a["key"])], ""),
                           ([("Authorization", "Bearer " + a["key"])], ""),
                           ([], "?api_key=" + a["key"])):
        r = send(front.url, "POST", "/devices/me/receipts" + query, [
            ("Content-Type", "application/json"), *headers],
            json.dumps({"id": f"{event}.1", "status": "done"}).encode())
        assert r.status == 200, r.body
    assert json.loads(r.body) == {"count": 1, "stored": 0}
    # One of its two commands is complete.
    assert outcome(stack, reader, event) == ("pending", (3, 1, 0, 0))
    assert report(stack, a, f"{event}.2") == {"count": 1, "stored": 1}
    assert outcome(stack, reader, event) == ("pending", (3, 1, 1, 0))
    # A device that reports has read the command, whatever its cursor.
    report(stack, b, f"{event}.1", status="failed", reason="no \u20ac <ü>")
    assert outcome(stack, reader, event) == ("pending", (3, 2, 1, 1))
    report(stack, c, f"{event}.1")
    assert outcome(stack, reader, event) == ("complete", (3, 3, 2, 1))
    page = devices_of(stack, reader, api.application, event)
    assert (page["count"], page["more"], page["cursor"]) == (3, False, None)
    by_id = {d.pop("deviceId"): d for d in page["items"]}
    assert all(DATE.fullmatch(d.pop("time")) for d in by_id.values())
    assert by_id == {
        a["id"]: {"name": "a", "status": "done"},
        b["id"]: {"name": "b", "status": "failed",
                  "reason": "no \u20ac <ü>"},
        c["id"]: {"name": "c", "status": "done"}}


def test_expired(stack, api, reader):
    d = api.new()
    event = trigger(stack, api.application, [(LOAD, ["all"])], age=61,
                    timeout=60)
    assert outcome(stack, reader, event) == ("expired", (1, 0, 0, 0))
    # A late receipt counts.
    report(stack, d, f"{event}.1")
    assert outcome(stack, reader, event) == ("complete", (1, 1, 1, 0))


def test_members_change(stack, api, reader):
    """The targets are those at the time of the call."""
    a, b = api.new(tags=["x"]), api.new(tags=["x"])
    event = trigger(stack, api.application, [(LOAD, ["tag:x"])])
    for d in (a, b):
        api.call("PATCH", "/" + d["id"], body={"tags": []}, status=200)
    assert outcome(stack, reader, event) == ("pending", (2, 0, 0, 0))
    report(stack, a, f"{event}.1")
    late = api.new(tags=["x"])
    answer = receipts(stack, late["key"], {"id": f"{event}.1",
                                           "status": "done"})
    assert answer.status == 404
    assert outcome(stack, reader, event) == ("pending", (2, 1, 1, 0))
    report(stack, b, f"{event}.1")
    assert outcome(stack, reader, event) == ("complete", (2, 2, 2, 0))
    # A deleted device no longer counts.
    api.call("DELETE", "/" + b["id"], status=200)
    assert outcome(stack, reader, event) == ("complete", (1, 1, 1, 0))


def test_no_devices(stack, api, reader):
    event = trigger(stack, api.application, [(LOAD, ["all"])])
    assert outcome(stack, reader, event) == ("complete", (0, 0, 0, 0))
    # Other events have no outcome.
    stack.post()
    id = stack.psql("SELECT id FROM creel.event WHERE hook_id = "
                    f"'{stack.hook}' LIMIT 1")
    e = json.loads(stack.get(f"/events/{id}").body)
    assert e["status"] == "success" and "devices" not in e
    key = stack.new_key("device.get")
    page = devices_of(stack, key, stack.application, id)
    assert page["items"] == []


def test_first_receipt_counts(stack, api, reader):
    d = api.new()
    event = trigger(stack, api.application, [(LOAD, ["all"])])
    id = f"{event}.1"
    assert report(stack, d, id, id, id) == {"count": 3, "stored": 1}
    assert report(stack, d, id.upper(), status="failed", reason="x") == {
        "count": 1, "stored": 0}
    assert outcome(stack, reader, event) == ("complete", (1, 1, 1, 0))


def test_all_or_nothing(stack, api, reader):
    """Receipts for commands that the device never got."""
    old = trigger(stack, api.application, [(LOAD, ["all"])])
    d, other = api.new(), api.new()
    foreign = Devices(stack, stack.made("application", "create", "b")["id"])
    theirs = trigger(stack, foreign.application, [(LOAD, ["all"])])
    mine = trigger(stack, api.application, [(LOAD, [d["id"]]),
                                            (LOAD, [other["id"]])])
    stack.post()
    call = stack.psql("SELECT id FROM creel.event WHERE hook_id = "
                      f"'{stack.hook}' LIMIT 1")
    for wrong in (f"{mine}.2", f"{mine}.3", f"{mine}.0", f"{mine}.-1",
                  f"{mine}.99999", f"{mine}.", mine, f"{mine}.1x",
                  f"{mine}. 1", f"{theirs}.1", f"{old}.1", f"{call}.1",
                  f"{event_id()}.1", "x", f"{mine}.1.1", "{" + mine + "}.1",
                  f"{UNKNOWN}.1"):
        answer = report(stack, d, f"{mine}.1", wrong, want=404)
        assert answer == {"type": "NotFound",
                          "message": f"Command {wrong} was not found"}
    assert outcome(stack, reader, mine) == ("pending", (2, 0, 0, 0))
    assert stack.psql("SELECT count(*) FROM creel.receipt WHERE "
                      f"application_id = '{api.application}'") == "0"
    assert report(stack, d, f"{mine}.1")["stored"] == 1
    assert report(stack, other, f"{mine}.1", want=404)


@pytest.mark.parametrize("body, message", [
    (b"", None), (b"{", None), (b"1", "body is the wrong type"),
    (b"[]", "body: must have between 1 and 100 receipts"),
    (b"[1]", "body is the wrong type"), (b"[[]]", "body is the wrong type"),
    (b"{}", "id is required"), ({"id": 1, "status": "done"}, None),
    ({"id": "%s.1"}, "status is required"),
    ({"id": "%s.1", "status": "Done"}, None),
    ({"id": "%s.1", "status": "pending"}, None),
    ({"id": "%s.1", "status": None}, None),
    ({"id": "%s.1", "status": "failed", "reason": 1}, None),
    ({"id": "%s.1", "status": "failed", "reason": "x" * 1025}, None),
    (b'{"id":"%s.1","status":"failed","reason":"\\u0000"}', None),
    (b'{"id":"%s.1","status":"failed","reason":"\xff"}', None),
    ({"id": "%s.1", "status": "done", "x": 1},
     "body has additional properties"),
    ([{"id": "%s.1", "status": "done"}] * 101,
     "body: must have between 1 and 100 receipts"),
    ([{"id": "%s.1", "status": "done"}, {}], "id is required")])
def test_wrong_bodies(stack, api, reader, body, message):
    d = api.new()
    event = trigger(stack, api.application, [(LOAD, ["all"])])
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    a = receipts(stack, d["key"], body.replace(b"%s", event.encode()))
    assert a.status == 400, a.body
    answer = json.loads(a.body)
    assert answer["type"] == "Validation"
    assert message in (None, answer["message"])
    assert outcome(stack, reader, event) == ("pending", (1, 0, 0, 0))


def test_longest(stack, api):
    d = api.new()
    events = [trigger(stack, api.application, [(LOAD, ["all"])] * 16)
              for _ in range(7)]
    many = [{"id": f"{e}.{i}", "status": "failed", "reason": "ü" * 1024}
            for e in events for i in range(1, 17)][:100]
    assert json.loads(receipts(stack, d["key"], json.dumps(
        many, ensure_ascii=False).encode()).body) == {"count": 100,
                                                      "stored": 100}
    a = receipts(stack, d["key"], b" " * 300000)
    assert a.status == 413


def test_rights(stack, api, reader):
    d = api.new()
    event = trigger(stack, api.application, [(LOAD, ["all"])])
    body = {"id": f"{event}.1", "status": "done"}
    for key, want in ((stack.new_key("receipts.post",
                                     application=api.application), 403),
                      (stack.new_key("commands.get"), 403),
                      ("ck_" + "x" * 43, 401)):
        assert receipts(stack, key, body).status == want
    assert send(stack.url, "POST", "/devices/me/receipts", [
        ("ApiKey", d["key"]), ("Content-Type", "text/plain")],
        b"{}").status == 415
    path = f"/applications/{api.application}/events/{event}/devices"
    for key, want in ((d["key"], 403), (stack.new_key("device.get"), 404),
                      (stack.new_key("event.get", "event.body",
                                     application=api.application), 403),
                      (stack.new_key("device.get", args=(
                          "--hook", stack.new_hook(api.application)[0]),
                          application=api.application), 404),
                      (reader, 200)):
        assert stack.get(path, key).status == want
    for query in ("status=x", "status=failed%20", "limit=0", "limit=1001",
                  "cursor=x"):
        assert stack.get(f"{path}?{query}", reader).status == 400
    for event in ("x", event_id()):
        assert stack.get(f"/applications/{api.application}/events/{event}"
                         "/devices", reader).status == 404


def test_paging(stack, api, reader):
    """Many devices, by status."""
    made = sorted((api.new(f"n{i}") for i in range(7)),
                  key=lambda d: d["id"])
    group = Groups(stack, api.application).new(
        "g", deviceIds=[d["id"] for d in made])["id"]
    event = trigger(stack, api.application, [
        (LOAD, [group, made[0]["id"], "all"])])
    for d in made[:2]:
        read(stack, d)
    for d in made[2:4]:
        report(stack, d, f"{event}.1")
    for d in made[4:6]:
        report(stack, d, f"{event}.1", status="failed", reason="r")
    assert outcome(stack, reader, event) == ("pending", (7, 6, 2, 2))

    def all_of(**query):
        got, cursor = [], {}
        while len(got) <= len(made):
            page = devices_of(stack, reader, api.application, event,
                              **query, **cursor)
            assert page["count"] == len(page["items"]) <= query["limit"]
            got += [(d["deviceId"], d["status"]) for d in page["items"]]
            if not page["more"]:
                break
            cursor = {"cursor": page["cursor"]}
        return got
    statuses = ["fetched", "fetched", "done", "done", "failed", "failed",
                "pending"]
    want = [(d["id"], s) for d, s in zip(made, statuses)]
    for limit in (1, 2, 3, 6, 7, 8):
        assert all_of(limit=limit) == want
        for status in set(statuses):
            assert all_of(limit=limit, status=status) == [
                w for w in want if w[1] == status]
    listed = stack.made("event", "devices", event)
    assert [(d["deviceId"], d["status"]) for d in listed] == want
    listed = stack.made("event", "devices", event, "--status", "failed",
                        "--limit", "1")
    assert [(d["deviceId"], d["reason"]) for d in listed] == [
        (made[4]["id"], "r")]
    assert "REASON" in stack.creelctl("event", "devices", event).stdout
    for words in (("--status", "x"), ("--limit", "x")):
        assert stack.creelctl("event", "devices", event, *words,
                              check=False).returncode != 0


def test_retention(stack, api):
    """Receipts are deleted with their events, and with their device."""
    d = api.new()
    stack.psql(f"INSERT INTO creel.receipt SELECT '{api.application}', e.id, "
               f"'{d['id']}', 1, 'done' FROM (VALUES "
               f"({literal(event_id(40 * 86400))}::uuid), "
               f"({literal(event_id())})) AS e (id)")
    stack.psql(f"SELECT creel.retention_step('{api.application}', 30, 0, 1000,"
               " NULL, NULL, NULL)")
    count = ("SELECT count(*) FROM creel.receipt WHERE application_id = "
             f"'{api.application}'")
    assert stack.psql(count) == "1"
    api.call("DELETE", "/" + d["id"], status=200)
    assert stack.psql(count) == "0"


def test_concurrent_receipts(stack, api, reader):
    """A device reports the same twice at once, in any order."""
    d = api.new()
    events = [trigger(stack, api.application, [(LOAD, ["all"])])
              for _ in range(50)]
    ids = [f"{e}.1" for e in events]
    stored = []

    def work(order):
        stored.append(report(stack, d, *order)["stored"])
    threads = [threading.Thread(target=work, args=(o,))
               for o in (ids, ids[::-1]) * 4]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(stored) == 8 and sum(stored) == 50


def test_end_to_end(stack, front, api, reader):
    """A call at the door, the screens' commands, and the outcome for the
    caller: a screen reads its data source again with its own key, and gets the
    sensor's data."""
    app = api.application
    hook, guid = stack.new_hook(app)
    poster = stack.new_key("datasource.post", application=app)
    lobby, bar = api.new("lobby", tags=["ground"]), api.new("bar")
    door = Door(stack, app)
    action = door.action("ev-1", [
        {"function": "REFRESH_DATASOURCE", "targets": {"tags": ["ground"]},
         "parameters": {"dataSourceId": hook}},
        {"function": "SEND_SENSOR_EVENT_DATA", "targets": ALL}])
    assert stack.post(b'{"temperature":21.50}', url=front.url,
                      datasource=guid, ApiKey=poster).status == 200
    sensor = {"id": "sensor1", "event": "button", "value": "eventValue"}
    event = success(door.post({"event_id": "ev-1", "sensor_data": sensor},
                              url=front.url))
    mine = json.loads(stack.get(f"/events/{event}", door.key).body)
    assert (mine["status"], mine["devices"]["addressed"]) == ("pending", 2)
    assert mine["hookId"] == action["id"]
    page = json.loads(commands(stack, lobby["key"]).body)
    refresh, send_data = page["items"]
    assert refresh["function"] == "REFRESH_DATASOURCE"
    a = stack.get(refresh["parameters"]["path"], lobby["key"], front.url)
    assert a.status == 200 and a.body == b'{"temperature":21.50}'
    assert send_data["function"] == "SEND_SENSOR_EVENT_DATA"
    assert send_data["sensorData"] == sensor
    report(stack, lobby, refresh["id"], send_data["id"])
    only, = json.loads(commands(stack, bar["key"]).body)["items"]
    assert only == {**send_data, "id": f"{event}.2"}
    assert outcome(stack, reader, event) == ("pending", (2, 1, 1, 0))
    report(stack, bar, only["id"], status="failed", reason="no such sensor")
    assert outcome(stack, reader, event) == ("complete", (2, 2, 1, 1))
