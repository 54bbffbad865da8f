# SPDX-License-Identifier: ISC
"""
From a call at Wallboard's door to a device's commands: a data source of
Pixon's door to read again, and sensor data.
"""
import json

import pytest

from conftest import wait_for
from device_api import Devices, Groups, commands, receipts
from wallboard_api import Door, success

SENSOR = {"id": "sensor1", "event": "button", "value": "eventValue"}


@pytest.fixture(scope="module")
def door(stack):
    return Door(stack)


def new_device(stack, **properties):
    d = Devices(stack).new("screen", **properties)
    stack.secrets.append(d["key"])
    return d


def received(stack, device):
    """All commands that a device got so far."""
    a = commands(stack, device["key"])
    assert a.status == 200, a.body
    return json.loads(a.body)["items"]


def test_datasource_and_sensor_data(stack, door):
    id, guid = stack.new_hook()
    device, other = new_device(stack, tags=["lobby"]), new_device(stack)
    lobby = {"tags": ["lobby"]}
    door.action("refresh", [
        {"function": "REFRESH_DATASOURCE", "targets": lobby,
         "parameters": {"dataSourceId": id}},
        {"function": "SEND_SENSOR_EVENT_DATA", "targets": lobby}], timeout=60)
    # A new value by Pixon's door, and the call to read it.
    assert stack.post('{"temperature":21.5}', datasource=guid).status == 200
    event = success(door.payload({"event_id": "refresh",
                                  "sensor_data": SENSOR}))
    first, second = wait_for(lambda: received(stack, device), "the commands")
    assert first["id"] == f"{event}.1" and second["id"] == f"{event}.2"
    assert first["function"] == "REFRESH_DATASOURCE"
    assert first["parameters"]["dataSourceId"] == id
    assert second["function"] == "SEND_SENSOR_EVENT_DATA"
    assert second["sensorData"] == SENSOR
    assert first["eventId"] == second["eventId"] == "refresh"
    # The device reads the value with its own key.
    a = stack.get(first["parameters"]["path"], device["key"])
    assert a.status == 200 and a.body == b'{"temperature":21.5}'
    assert received(stack, other) == []
    # The caller gets the outcome.
    a = receipts(stack, device["key"], [
        {"id": c["id"], "status": "done"} for c in (first, second)])
    assert a.status == 200, a.body
    a = stack.get(f"/events/{event}", door.key)
    assert json.loads(a.body)["status"] == "complete"


def test_targets(stack, door):
    """A device gets commands for all, for itself, its groups and its tags."""
    tag = 'a, "b" {c} \\ ü'
    device, other = new_device(stack, tags=[tag]), new_device(stack)
    groups = Groups(stack)
    group = groups.new("g")
    groups.call("PATCH", f"/{group['id']}", {"deviceIds": [device["id"]]},
                status=200)
    events = {}
    for name, targets in (("all", {"allDevices": True}),
                          ("one", {"deviceIds": [device["id"]]}),
                          ("group", {"deviceGroupIds": [group["id"]]}),
                          ("tag", {"tags": [tag]}),
                          ("not", {"deviceIds": [other["id"]]})):
        door.action(f"t-{name}", [{"function": "RESTART_DEVICE",
                                   "targets": targets}])
        events[name] = success(door.post({"event_id": f"t-{name}"}))

    def all_heard(who, names):
        want = [f"{events[n]}.1" for n in names]
        return lambda: [c["id"] for c in received(stack, who)] == want
    wait_for(all_heard(device, ("all", "one", "group", "tag")), "commands")
    wait_for(all_heard(other, ("all", "not")), "commands")
