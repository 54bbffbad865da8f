# SPDX-License-Identifier: ISC
"""Retries of failed calls to forms."""
# route: POST /applications/:application/events/:event/retry
import concurrent.futures
import json

import pytest

from conftest import SOURCE, send
from events import event_id
from record_api import Form

FIELDS = [{"name": "subject", "type": "text", "required": True},
          {"name": "count", "type": "number"}]
BODY = '{"count": 1.50, "other": "\\u0000"}'
COLUMNS = ("hook_id, method, path, query, headers, content_type,"
           " encode(body, 'hex')")


class Retries(Form):
    def __init__(self, stack, **more):
        super().__init__(stack, FIELDS, **more)
        self.retry_key = stack.new_key("event.retry", "event.get",
                                       application=self.application)

    def fail(self, body=BODY, **more):
        return self.add(None, body=body, **{"status": "failed",
                                            "remarks": "subject: required",
                                            **more})

    def retry(self, id, key=None, url=None, headers=(), body=b"",
              application=None):
        return send(url or self.stack.url, "POST",
                    f"/applications/{application or self.application}/events/"
                    f"{id}/retry", [("ApiKey", key or self.retry_key),
                                    *headers], body)

    def made(self, id, **more):
        a = self.retry(id, **more)
        assert a.status == 201, a.body
        assert a.headers["Content-Type"] == "application/json"
        made = json.loads(a.body)
        assert list(made) == ["id", "retryOf", "status", "remarks"]
        assert a.headers["Creel-Event"] == made["id"]
        return made

    def ask_less(self):
        self.stack.psql(
            f"""UPDATE creel.hook SET settings = '{{"fields": [{{"name":
            "count", "type": "number"}}]}}' WHERE id = '{self.id}'""")

    def row(self, id, columns=COLUMNS):
        return self.stack.psql(
            f"SELECT {columns} FROM creel.event WHERE id = '{id}'")

    def count(self, id):
        return int(self.stack.psql("SELECT count(*) FROM creel.event "
                                   f"WHERE retry_of = '{id}'"))


@pytest.fixture
def form(stack):
    return Retries(stack)


def test_success(stack, front):
    """With the current fields a failed call may become a record."""
    form = Retries(stack)
    old = form.fail()
    form.ask_less()
    made = form.made(old, url=front.url)
    assert made["status"] == "success" and made["retryOf"] == old
    assert made["remarks"] == "unknown: other"
    assert form.row(made["id"]) == form.row(old)
    assert form.row(made["id"], "principal") != form.row(old, "principal")
    assert form.row(made["id"], "remote_address") == "127.0.0.1"
    assert form.row(made["id"], "parsed") == '{"count":1.50}'
    assert form.row(made["id"], "received_at > now() - interval '1 minute'"
                    " AND completed_at = received_at") == "t"
    assert form.row(old, "status") == "failed"
    a = json.loads(stack.get("/events/" + made["id"], form.retry_key,
                             front.url).body)
    assert a["retryOf"] == old and a["remarks"] == "unknown: other"
    assert form.ids() == [made["id"]]


def test_failed_again(stack, form):
    """Each retry is a new event; no call is retried automatically."""
    old = form.fail()
    first, second = form.made(old), form.made(old)
    assert first["id"] != second["id"]
    assert first["status"] == "failed"
    assert first["remarks"] == "subject: required; unknown: other"
    assert form.row(first["id"], "status, parsed IS NULL") == "failed|t"
    form.ask_less()
    third = form.made(first["id"])
    assert third["retryOf"] == first["id"] and third["status"] == "success"
    assert form.count(old) == 2
    shown = stack.made("event", "show", third["id"])
    assert shown["retryOf"] == first["id"]
    assert stack.made("event", "show", old)["retryOf"] is None
    a = json.loads(stack.get("/events/" + old, form.retry_key).body)
    assert "retryOf" not in a


def test_disabled_form(stack, form):
    """Callers are rejected; retries are not."""
    old = form.fail()
    stack.creelctl("hook", "disable", form.id)
    assert form.made(old)["status"] == "failed"


def test_body_is_ignored(form):
    old = form.fail()
    assert form.made(old, body=b"x" * 100_000)["status"] == "failed"


@pytest.mark.parametrize("status", ["success", "pending"])
def test_not_failed(form, status):
    a = form.retry(form.fail(status=status))
    assert a.status == 409 and json.loads(a.body) == {
        "type": "Conflict", "message": "the event did not fail"}


@pytest.mark.parametrize("body, says", [
    ("", "the event has no body"), ("{", "the event's body"),
    ("[]", "not a JSON object")])
def test_body_is_not_an_object(form, body, says):
    a = form.retry(form.fail(body=body))
    assert a.status == 400 and says in json.loads(a.body)["message"]


def test_not_found(stack, form):
    old = form.fail()
    other = Retries(stack, kind="datasource").fail()
    foreign = Retries(stack, application=stack.other_application)
    gone = Retries(stack)
    lost = gone.fail()
    stack.creelctl("hook", "delete", gone.id)
    restricted = stack.new_key("event.retry", args=["--hook", stack.hook])
    for a in (form.retry("x"), form.retry(event_id()), form.retry(other),
              form.retry(foreign.fail()), gone.retry(lost),
              form.retry(old, application=foreign.application),
              form.retry(old, restricted), form.retry(old, foreign.retry_key)):
        assert a.status == 404, a.body
    own = stack.new_key("event.retry", args=["--hook", form.id])
    assert form.made(old, key=own)["retryOf"] == old


def test_rights(stack, form):
    old = form.fail()
    assert form.retry(old, stack.api_key).status == 403
    assert form.retry(old, stack.reader_key).status == 403
    assert form.retry(old, "ck_wrong").status == 401
    everything = stack.new_key("all.Application")
    assert form.made(old, key=everything)["retryOf"] == old
    reader = stack.new_key("all.Application.read")
    assert form.retry(old, reader).status == 403
    assert form.count(old) == 1


def test_idempotency_key(form):
    """Retries with the same key are one event, even if the form's fields
    change."""
    old, other = form.fail(), form.fail()
    name = [("Idempotency-Key", "a")]
    made = form.made(old, headers=name)
    form.ask_less()
    assert form.made(old, headers=name) == made
    assert form.made(other, headers=name)["id"] != made["id"]
    again = form.made(old, headers=[("Idempotency-Key", "b")])
    assert again["status"] == "success"
    assert form.count(old) == 2
    a = form.retry(old, headers=[("Idempotency-Key", "x" * 256)])
    assert a.status == 400


def test_same_key_at_once(form):
    """Of concurrent retries with one key one is stored; the others return
    it."""
    old = form.fail()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(form.retry, old,
                            headers=[("Idempotency-Key", "at once")])
                for _ in range(64)]
        answers = [job.result() for job in jobs]
    assert {a.status for a in answers} <= {201, 409}
    made = {a.body for a in answers if a.status == 201}
    assert len(made) == 1 and form.count(old) == 1
    assert form.made(old, headers=[("Idempotency-Key", "at once")]) == \
        json.loads(made.pop())


def test_run_twice(stack, form):
    """A statement whose reply was lost is run again with the same values."""
    old, id = form.fail(), event_id()
    values = [form.application, id, form.id, "2026-01-02T03:04:05Z", "POST",
              "/", "", "null", "NULL", "", "p", "r", "failed", "NULL", "NULL",
              "why", "NULL", old, "NULL", "nothing", "NULL", "NULL",
              "NULL"]
    arrays = ", ".join("'{NULL}'" if v == "NULL" else
                       f"""'{{"{v}"}}'""" for v in values)
    for name in ("EVENT_STORE", "EVENT_STORE_KEYED"):
        sql = (SOURCE / f"sql/query/{name}.sql").read_text()
        stack.psql(f"PREPARE q AS {sql};\nEXECUTE q({arrays});",
                   "creel_worker")
    assert form.row(id, "remarks, retry_of") == f"why|{old}"
