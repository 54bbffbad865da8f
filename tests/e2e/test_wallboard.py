"""Wallboard's door: a call to an action, by POST and by GET."""
# route: POST /public-api/integration/webhooks
# route: GET /public-api/integration/webhooks
# route: OPTIONS /public-api/integration/webhooks
import json
import re
import urllib.parse

import pytest

from conftest import send, wait_for
from wallboard_api import (ALL, ENDPOINT, PAUSE, Door, answer, encode, event,
                           failed, success)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f-]{17}")
SENSOR = {"id": "sensor1", "event": "button", "value": "eventValue"}


@pytest.fixture(scope="module")
def door(stack):
    return Door(stack)


@pytest.fixture(scope="module")
def action(door):
    return door.action("289478969", [
        {"function": "LOAD_URL", "parameters": {"url": "https://example.org/"},
         "targets": ALL},
        {"function": "SEND_SENSOR_EVENT_DATA", "targets": {"tags": ["a,b"]}}])


# -- a call

def test_post(stack, front, door, action):
    id = success(door.post({"event_id": "289478969"}, url=front.url))
    assert UUID.fullmatch(id)
    e = event(stack, id)
    assert e["status"] == "pending" and e["completed_at"] is None
    assert e["method"] == "POST" and e["path"] == ENDPOINT
    assert e["body"] == '{"event_id": "289478969"}' and e["query"] == ""
    assert e["hook_id"] == action["id"]
    assert sorted(e["targets"]) == ["all", "tag:a,b"]
    assert e["parsed"] == {
        "eventId": "289478969", "timeout": 3600, "steps": [
            {"function": "LOAD_URL", "targets": ["all"],
             "parameters": {"url": "https://example.org/"}},
            {"function": "SEND_SENSOR_EVENT_DATA", "targets": ["tag:a,b"],
             "parameters": {}}]}
    assert "x-webhook-apikey" not in e["headers"]
    assert door.key not in json.dumps(e)
