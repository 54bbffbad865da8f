# SPDX-License-Identifier: ISC
"""Actions and calls of the Wallboard door, for its tests."""
import base64
import json
import urllib.parse

from conftest import send
from losant_api import Api

ENDPOINT = "/public-api/integration/webhooks"
ALL = {"allDevices": True}
PAUSE = {"function": "PAUSE_LOOP", "targets": ALL}
# wire/wallboard 5.3: four payloads as the product's page encodes them.
VECTORS = {
    '{"event_id":"289478969"}': "eyJldmVudF9pZCI6IjI4OTQ3ODk2OSJ9",
    '{"sensor_data":{"id":"sensor1","event":"button","value":"eventValue"},'
    '"event_id":"ev-1"}':
        "eyJzZW5zb3JfZGF0YSI6eyJpZCI6InNlbnNvcjEiLCJldmVudCI6ImJ1dHRvbiIsInZh"
        "bHVlIjoiZXZlbnRWYWx1ZSJ9LCJldmVudF9pZCI6ImV2LTEifQ%3D%3D",
    '{"event_id":"a??>>b"}': "eyJldmVudF9pZCI6ImE%2FPz4%2BYiJ9",
    '{"event_id":"ünïcødé?>~"}':
        "eyJldmVudF9pZCI6IsO8bsOvY8O4ZMOpPz5%2BIn0%3D"}


class Door:
    """An application's actions, and a key that may call them."""

    def __init__(self, stack, application=None):
        self.stack = stack
        self.application = application or stack.application
        self.api = Api(stack, self.application, resource="actions")
        self.key = stack.new_key("action.call", application=self.application)

    def action(self, event_id=None, steps=(PAUSE,), **properties):
        """Creates an action; returns it as in the response."""
        if event_id is not None:
            properties["eventId"] = event_id
        return self.api.new("a", steps=list(steps), **properties)

    def post(self, body, key=None, url=None, headers=(), query="",
             content_type="application/json", method="POST"):
        """key False: sends none."""
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        headers = [*headers]
        if key is not False:
            headers.append(("x-webhook-apikey", key or self.key))
        if content_type is not None:
            headers.append(("Content-Type", content_type))
        return send(url or self.stack.url, method,
                    ENDPOINT + (query and "?" + query), headers, body)

    def get(self, query, url=None, headers=(), method="GET", body=None):
        """query: pairs or text, with the key in it."""
        if not isinstance(query, str):
            query = urllib.parse.urlencode(query)
        return send(url or self.stack.url, method, f"{ENDPOINT}?{query}",
                    headers, body)

    def payload(self, data, **options):
        return self.get({"apiKey": self.key, "payload": encode(data)},
                        **options)

    def events(self):
        return int(self.stack.psql(f"""SELECT count(*) FROM creel.event
            WHERE application_id = '{self.application}'
                AND targets IS NOT NULL"""))


def encode(data):
    if not isinstance(data, (bytes, str)):
        data = json.dumps(data, ensure_ascii=False)
    if isinstance(data, str):
        data = data.encode()
    return base64.b64encode(data).decode()


def answer(a, status=200):
    """The JSON of a response with this status that must not be cached."""
    assert a.status == status, (a.status, a.body)
    assert a.headers["Content-Type"] == "application/json"
    assert a.headers["Cache-Control"] == "no-store"
    return json.loads(a.body)


def success(a):
    """The event id in a successful response."""
    o = answer(a)
    assert list(o) == ["message", "id"] and o["message"] == "success"
    assert a.headers["Creel-Event"] == o["id"]
    return o["id"]


def failed(a, status, reason=None):
    o = answer(a, status)
    assert list(o) == ["message", "error"] and o["message"] == "Error"
    assert o["error"] and (reason is None or reason in o["error"]), o
    if status == 401:
        assert a.headers["WWW-Authenticate"] == "ApiKey"
    return o["error"]


def event(stack, id):
    """The stored columns of a call."""
    return json.loads(stack.psql(f"""WITH e AS MATERIALIZED (SELECT
        status, parsed, query, headers, principal, method, path, targets,
        completed_at, convert_from(body, 'UTF8') AS body, hook_id
        FROM creel.event WHERE id = '{id}') SELECT row_to_json(e) FROM e"""))
