# SPDX-License-Identifier: ISC
"""Devices, device groups, and the commands that are triggered for them."""
import json
import urllib.parse

from conftest import send
from events import event_id, literal
from losant_api import Api


class Devices(Api):
    def __init__(self, stack, application=None):
        application = application or stack.application
        super().__init__(stack, application, stack.new_token(
            "all.Organization", application=application), resource="devices")


class Groups(Devices):
    def __init__(self, stack, application=None):
        super().__init__(stack, application)
        self.resource = "device-groups"


def commands(stack, key, headers=(), **query):
    """Requests a device's commands."""
    query = {k: v for k, v in query.items() if v is not None}
    return send(stack.url, "GET", "/devices/me/commands" + (
        "?" + urllib.parse.urlencode(query) if query else ""),
        [("ApiKey", key), *headers])


def receipts(stack, key, body, headers=()):
    """Sends a device's receipts."""
    return send(stack.url, "POST", "/devices/me/receipts",
                [("ApiKey", key), ("Content-Type", "application/json"),
                 *headers],
                body if isinstance(body, bytes) else
                json.dumps(body).encode())


def array(texts):
    """An array literal of PostgreSQL."""
    return "{" + ",".join('"' + t.replace("\\", "\\\\").replace('"', '\\"')
                          + '"' for t in texts) + "}"


def trigger_sql(application, steps, id=None, age=0, timeout=3600, **more):
    """Returns (id, SQL that stores a trigger as the door does). steps: pairs
    of a function and its targets."""
    id = id or event_id(age)
    parsed = {"eventId": "289478969", "timeout": timeout, "steps": [
        {"function": f, "parameters": {"n": i}, "targets": list(t)}
        for i, (f, t) in enumerate(steps, 1)], **more}
    targets = sorted({t for _, ts in steps for t in ts})
    return id, (
        "INSERT INTO creel.event (application_id, id, hook_id, received_at, "
        "method, path, query, headers, content_type, body, principal, "
        "remote_address, status, parsed, targets) VALUES "
        f"('{application}', '{id}', '{'0' * 24}', "
        f"now() - interval '{age} seconds', 'POST', '/', '', '{{}}', "
        "'application/json', '{}', 'key:x', '', 'pending', "
        f"{literal(json.dumps(parsed))}, {literal(array(targets))});\n")


def trigger(stack, application, steps, **more):
    """Stores a trigger; returns its id."""
    id, sql = trigger_sql(application, steps, **more)
    stack.psql(sql)
    return id
