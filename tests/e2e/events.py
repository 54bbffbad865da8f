# SPDX-License-Identifier: ISC
"""Events stored with SQL."""
import itertools
import json
import time

numbers = itertools.count(1)


def event_id(age=0, at=None):
    """A UUIDv7 that is some seconds old, or of a given time, and greater than
    all earlier ones of the same millisecond."""
    ms = int((time.time() - age if at is None else at) * 1000)
    n = next(numbers)
    h = f"{ms:012x}7000{0x8000 + (n >> 48):04x}{n & (1 << 48) - 1:012x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def position_of(age=0):
    """The position of a time that is some seconds ago."""
    return int((time.time() - age) * 1000000)


def literal(text):
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def is_json(body):
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def insert(stack, id, body=b"{}", status="success", hook=None,
           application=None, headers="{}", path="/hooks/incoming/x",
           query="a=1", value=None):
    """value: what the body reads as if it is neither JSON nor text."""
    reading = "nothing" if not body else "value" if value is not None else \
        "json" if is_json(body) else "text"
    return f"""INSERT INTO creel.event (application_id, id, hook_id,
        received_at, method, path, query, headers, content_type, body,
        principal, remote_address, status, reading, value)
        VALUES ('{application or stack.application}', '{id}',
        '{hook or stack.hook}', now(), 'POST', '{path}', '{query}',
        '{headers}', 'application/json', '\\x{body.hex()}', 'key:x',
        '192.0.2.1', '{status}', '{reading}',
        {literal(None if value is None else json.dumps(value))});"""


def add_event(stack, body=b"{}", at=None, **columns):
    id = event_id(at=at)
    stack.psql(insert(stack, id, body, **columns))
    return id
