# SPDX-License-Identifier: ISC
"""Forms with stored events, and the records that readers get."""
import csv
import io
import itertools
import json
import socket
import urllib.parse

from conftest import wait_for
from events import event_id, literal
from fcgi_client import Connection, variables

FIELDS = [{"name": "subject", "type": "text"},
          {"name": "count", "type": "number"},
          {"name": "tags", "type": "list"}]
RECORD = {"subject": "Alert", "count": 7, "tags": ["a", "b"]}
numbers = itertools.count(1)
csv.field_size_limit(1 << 24)


class Form:
    """A form with events as the door stores them, and a key to read them."""

    def __init__(self, stack, fields=FIELDS, application=None, kind="form"):
        self.stack = stack
        self.application = application or stack.application
        self.id = f"{next(numbers):024x}"
        self.path = f"/applications/{self.application}/forms/{self.id}/records"
        stack.psql(f"""INSERT INTO creel.hook (application_id, id, kind, handle,
            name, settings) VALUES ('{self.application}', '{self.id}',
            '{kind}', '{self.id}', 'f',
            {literal(json.dumps({"fields": fields}))});""")
        self.key = stack.new_key("event.body", application=self.application)

    def insert(self, record=RECORD, body=None, id=None, status="success",
               at="now()", principal="user:jo@example.org", remarks=""):
        """Returns (SQL that stores an event, its id)."""
        parsed = record if record is None or isinstance(record, str) else \
            json.dumps(record, ensure_ascii=False)
        body = (parsed or "{}") if body is None else body
        id = id or event_id()
        return f"""INSERT INTO creel.event (application_id, id, hook_id,
            received_at, method, path, query, headers, content_type, body,
            principal, remote_address, status, completed_at, parsed, remarks)
            VALUES ('{self.application}', '{id}', '{self.id}', {at}, 'POST',
            '/webhook/app/incoming-data', '', '{{"x-a": "b"}}',
            'application/json', convert_to({literal(body)}, 'UTF8'),
            {literal(principal)}, '192.0.2.7', '{status}', now(),
            {literal(parsed)}, {literal(remarks)});""", id

    def add(self, *args, **kwargs):
        sql, id = self.insert(*args, **kwargs)
        self.stack.psql(sql)
        return id

    def fill(self, n, text="x", status="success"):
        """Stores n events with the numbers from 1 and the same text."""
        self.stack.psql(f"""INSERT INTO creel.event (application_id, id,
            hook_id, received_at, method, path, query, headers, body,
            principal, remote_address, status, parsed, position)
            SELECT '{self.application}', (lpad(to_hex(floor(extract(epoch
                FROM now()) * 1000)::bigint), 12, '0') || '7000'
                || '8{next(numbers):07x}' || lpad(to_hex(i), 8, '0'))::uuid,
                '{self.id}', now(), 'POST', '/', '', '{{}}',
                convert_to(j, 'UTF8'), 'user:jo@example.org', '',
                '{status}', j::json, (SELECT creel.next_position())
            FROM (SELECT i, json_build_object('subject', {literal(text)},
                'count', i, 'tags', NULL)::text
                FROM generate_series(1, {n}) AS i) AS x (i, j)""")

    def get(self, key=None, headers=(), url=None, **query):
        return self.stack.get(
            self.path + (query and "?" + urllib.parse.urlencode(query) or ""),
            key or self.key, url, headers)

    def page(self, **query):
        a = self.get(**query)
        assert a.status == 200, a.body
        assert a.headers["Content-Type"] == "application/json"
        page = json.loads(a.body)
        assert set(page) == {"count", "items", "cursor", "more"}
        assert page["count"] == len(page["items"])
        return page

    def ids(self, **query):
        return [i["id"] for i in self.page(**query)["items"]]

    def csv(self, **query):
        a = self.get(format="csv", **query)
        assert a.status == 200, a.body
        return parse_csv(a.body)

    def follow(self, cursor=None, **query):
        """Reads all pages; returns ids and the cursor."""
        ids = []
        while True:
            start = {"cursor": cursor} if cursor else {}
            page = self.page(**start, **query)
            ids += [i["id"] for i in page["items"]]
            cursor = page["cursor"]
            if not page["more"]:
                return ids, cursor

    def begin(self, **query):
        """Sends a request to the worker and waits for the response's head."""
        c = Connection(self.stack.socket)
        c.begin(variables(f"{self.path}?{urllib.parse.urlencode(query)}",
                          "GET", ApiKey=self.key))
        c.body(b"")
        wait_for(lambda: b"Status: 200" in
                 c.socket.recv(64, socket.MSG_PEEK), "the head")
        return c


def parse_csv(body):
    """Rows of columns; the first row has the names."""
    assert body.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(body.decode(), newline=""),
                           strict=True))
