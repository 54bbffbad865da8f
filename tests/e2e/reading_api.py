# SPDX-License-Identifier: ISC
"""All the ways to read a stored body, and the doors that store one."""
import gzip
import json
import zlib

from conftest import send
from feed_api import Reader
from quixy_api import Form, User
from wallboard_api import ENDPOINT, Door


def raw_deflate(data):
    """As many senders mean Content-Encoding: deflate (RFC 1951)."""
    z = zlib.compressobj(wbits=-15)
    return z.compress(data) + z.flush()


PACKERS = {"gzip": gzip.compress, "x-gzip": gzip.compress,
           "deflate": zlib.compress, "raw": raw_deflate,
           "identity": lambda data: data, "utf-8": lambda data: data}


def packed(data, codings):
    """Returns the bytes, and the value of Content-Encoding or None."""
    for c in codings:
        data = PACKERS[c](data)
    return data, ", ".join(c.replace("raw", "deflate") for c in codings) or None


def exact(text):
    """JSON with its numbers as they are written, without NaN."""
    def wrong(word):
        raise ValueError(word)
    return json.loads(text, parse_int=lambda s: ("number", s),
                      parse_float=lambda s: ("number", s),
                      parse_constant=wrong)


class Doors:
    """A data source, a form and an action that accept any object, and the
    readers of their events."""

    def __init__(self, stack):
        self.stack = stack
        self.key = stack.new_key("event.get", "event.body")
        self.reader = Reader(stack, self.key)
        self.form = Form(stack, fields=[{"name": "n", "type": "object"}])
        self.token = User(stack).token()
        self.door = Door(stack)
        self.door.action("ev-1")
        json_type = ("Content-Type", "application/json")
        self.calls = {
            "pixon": (stack.path(), [("ApiKey", stack.api_key), json_type]),
            "quixy": (self.form.path, [
                ("Authorization", f"Bearer {self.token}"), json_type]),
            "wallboard": (ENDPOINT, [
                ("x-webhook-apikey", self.door.key), json_type])}

    def post(self, name, body, url=None, **headers):
        """Calls a door with JSON; headers replace those that it sends."""
        path, given = self.calls[name]
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        given = [(k, v) for k, v in given if k not in headers]
        given += [(k, v) for k, v in headers.items() if v is not None]
        return send(url or self.stack.url, "POST", path, given, body)

    def bytes(self, event):
        """The response with the bytes of a body."""
        return self.reader.get(f"/{event}/body")

    def rows(self, *events):
        """What the views return of events: rows of id, payload, body.  As hex
        digits, because psql omits some characters."""
        text = self.stack.psql(
            "SELECT p.id, encode(convert_to(payload::text, 'UTF8'), 'hex'), "
            "encode(convert_to(j.body::text, 'UTF8'), 'hex') "
            "FROM creel.event_payload p JOIN creel.event_json j "
            "USING (application_id, id) "
            f"WHERE application_id = '{self.stack.application}' "
            "AND p.id IN ('" + "', '".join(events) + "')")
        rows = [line.split("|") for line in text.splitlines()]
        return [(id, *(bytes.fromhex(c).decode() for c in more))
                for id, *more in rows]

    def read(self, event):
        """What an event's body reads as, by all readers alike."""
        (_, payload, body), = self.rows(event)
        found = {
            "feed": exact(self.reader.get("/" + event).body)["data"]["body"],
            "status": exact(self.stack.get(f"/events/{event}",
                                           self.key).body)["body"],
            "creelctl": exact(self.stack.creelctl(
                "--json", "event", "show", event).stdout)["body"],
            "event_payload": exact(payload)["data"]["body"],
            "event_json": exact(body or "null")}
        first = found["feed"]
        assert all(v == first for v in found.values()), found
        return first
