# SPDX-License-Identifier: ISC
"""Lenient forms: numbers, booleans and timestamps in the spellings of real
senders, read without a guess."""
import datetime
import decimal
import itertools
import json
import urllib.parse
import urllib.parse

import pytest

from conftest import send, wait_for
from losant_api import Api
from record_api import parse_csv
from seeded import CASES, generator

FIELDS = [{"name": "at", "type": "date-time"},
          {"name": "temp", "type": "number", "maximum": 1000},
          {"name": "open", "type": "boolean"},
          {"name": "day", "type": "date"},
          {"name": "note", "type": "text"}]
NONE = dict.fromkeys(f["name"] for f in FIELDS)
numbers = itertools.count(1)


class Form:
    """A form and its sender, who also reads its records."""

    def __init__(self, stack, fields=FIELDS, url=None, **settings):
        self.stack, self.url = stack, url or stack.url
        self.api = Api(stack, resource="forms", url=self.url)
        self.made = self.api.new(f"form {next(numbers)}", fields=fields,
                                 appUsage=["Webhook"], **settings)
        self.id = self.made["id"]
        self.key = stack.new_key("form.post", "event.get", "event.body",
                                 "event.retry")

    def request(self, method, path, body=None):
        a = send(self.url, method, path, [
            ("Authorization", f"Bearer {self.key}"), *(
                [("Content-Type", "application/json")] if body else [])], body)
        assert a.status in (200, 201), a.body
        return a

    def call(self, body):
        """Calls the form; returns the status of the call."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        a = json.loads(self.request(
            "POST", f"/webhook/app/{self.made['appKey']}/incoming-data",
            body).body)
        return self.status(a["request_id"])

    def status(self, id):
        return json.loads(self.request("GET",
                                       f"/webhook/app/status/{id}").body)

    def change(self, **settings):
        """Changes the form, and waits until the worker uses the change."""
        got = self.api.call("PATCH", "/" + self.id, settings, status=200)[1]
        remark = "read: at: ISO 8601 without offset as " + got["timeZone"] \
            if got["lenient"] else "at: not a date-time"
        wait_for(lambda: self.call({"at": "2025-07-22 10:35"})["remarks"]
                 == remark, "the changed form")
        return got

    def records(self, format="json"):
        return self.request("GET", f"/applications/{self.stack.application}"
                            f"/forms/{self.id}/records?format={format}").body

    def text(self, id):
        """The record of a call as it is stored."""
        return self.stack.psql(
            f"SELECT parsed FROM creel.event WHERE id = '{id}'")

    def reads(self, value, field, read, how):
        """Sends a value; read: the JSON that is stored for it."""
        s = self.call({field: value})
        assert (s["status"], s["remarks"]) == (
            "Success", f"read: {field}: {how}")
        assert f'"{field}":{read}' in self.text(s["request_id"])

    def fails(self, value, field, remark):
        s = self.call({field: value})
        assert (s["status"], s["remarks"]) == ("Failed", f"{field}: {remark}")
        assert self.text(s["request_id"]) == ""


@pytest.fixture(scope="module")
def form(stack):
    return Form(stack)


# -- timestamps

LOCAL = "ISO 8601 without offset as UTC"
ISO = "ISO 8601 as date-time"


def test_timestamp_without_offset(form):
    """Python's datetime.isoformat() of a naive datetime."""
    form.reads("2025-07-22T10:35:00", "at", '"2025-07-22T10:35:00Z"', LOCAL)
    form.reads("2025-07-22T10:35:00.123456", "at",
               '"2025-07-22T10:35:00.123456Z"', LOCAL)


def test_offset_without_colon(form):
    """Jira, Facebook's Graph API, and strftime("%z")."""
    form.reads("2025-07-22T10:35:00+0000", "at",
               '"2025-07-22T10:35:00+00:00"', ISO)
    form.reads("2025-07-22T10:35:00.000-0330", "at",
               '"2025-07-22T10:35:00.000-03:30"', ISO)


def test_offset_of_hours(form):
    """PostgreSQL's text of a timestamptz."""
    form.reads("2025-07-22 10:35:00.5+02", "at",
               '"2025-07-22T10:35:00.5+02:00"', ISO)


def test_timestamp_without_seconds(form):
    """HTML's <input type=datetime-local>, and Java's OffsetDateTime, which
    omits seconds that are 0."""
    form.reads("2025-07-22T10:35", "at", '"2025-07-22T10:35:00Z"', LOCAL)
    form.reads("2025-07-22T10:35Z", "at", '"2025-07-22T10:35:00Z"', ISO)


def test_timestamp_with_a_blank(form):
    """MySQL's DATETIME as Laravel and others send it."""
    form.reads("2025-07-22 10:35:00", "at", '"2025-07-22T10:35:00Z"', LOCAL)


def test_timestamp_with_a_comma(form):
    """Python's logging: milliseconds after a comma."""
    form.reads("2025-07-22 10:35:00,123", "at",
               '"2025-07-22T10:35:00.123Z"', LOCAL)


def test_basic_format(form):
    """iCalendar and AWS: no separators."""
    form.reads("20250722T103500Z", "at", '"2025-07-22T10:35:00Z"', ISO)
    form.reads("20250722", "day", '"2025-07-22"', "ISO 8601 as date")


def test_time_zone_of_the_form(stack):
    """A controller in India that sends local time without an offset."""
    form = Form(stack, timeZone="+05:30")
    form.reads("2025-07-22T10:35:00", "at", '"2025-07-22T10:35:00+05:30"',
               "ISO 8601 without offset as +05:30")
    form.reads("2025-07-22T10:35:00+0000", "at",
               '"2025-07-22T10:35:00+00:00"', ISO)
    s = form.call({"at": "2025-07-22T10:35:00Z"})
    assert s["remarks"] == ""
    form.change(timeZone="-03:00")
    form.reads("2025-07-22 10:35", "at", '"2025-07-22T10:35:00-03:00"',
               "ISO 8601 without offset as -03:00")


def test_timestamps_that_would_be_guessed(form):
    """Unix time in seconds or milliseconds, days and months in any order, a
    date without a time."""
    for value in (1753180500, "1753180500", 1753180500000, "2025-07-22",
                  "22.07.2025 10:35", "7/8/2025 10:35",
                  "Tue, 22 Jul 2025 10:35:00 +0000", "10:35", "now", "",
                  "2025-07-22T24:00:00", "2025-02-30 10:35"):
        form.fails(value, "at", "not a date-time")
    form.fails("2025-07-22T10:35+1600", "at", "has an offset beyond 15:59")
    for value in (20250722, "22072025", "07/08/2025", "",
                  "2025-07-22T00:00:00Z"):
        form.fails(value, "day", "not a date")


# -- numbers and booleans

def test_number_as_text(form):
    """Shopify's prices, Twilio's durations, everything that passed through an
    HTML form or a spreadsheet. No digit is lost."""
    for value in ("21.50", "-0", "1e2", "21.50000000000000000000000000001"):
        form.reads(value, "temp", value, "text as number")
    form.reads(" 21.5\n", "temp", "21.5", "text as number")
    form.fails("1000.5", "temp", "more than the maximum")


def test_numbers_that_would_be_guessed(form):
    """A decimal comma or a separator of thousands, octal or hexadecimal, and
    no number at all."""
    for value in ("21,5", "1,000", "1 000", "1.000.000", "0x15", "021",
                  "+21", ".5", "NaN", "Infinity", "-Infinity", "null", "true",
                  "21.5 C", "", " ", [21.5], True):
        form.fails(value, "temp", "not a number")
    form.fails("1e4000", "temp", "out of range")
    form.fails("1" * 5000, "temp", "out of range")


def test_boolean_as_text(form):
    """str(True) of Python, TRUE of a spreadsheet, a checkbox of a form
    builder."""
    for value in ("true", "True", "TRUE", " true "):
        form.reads(value, "open", "true", "text as boolean")
    for value in ("false", "False", "FALSE"):
        form.reads(value, "open", "false", "text as boolean")


def test_booleans_that_would_be_guessed(form):
    """PHP and MySQL send 1, HTML sends on: another field could do so, too."""
    for value in (1, 0, "1", "0", "yes", "no", "on", "off", "t", "null", ""):
        form.fails(value, "open", "not true or false")


def test_number_for_a_text(form):
    """PHP's JSON_NUMERIC_CHECK: the zeros of 007 are lost already, so the call
    must not succeed."""
    form.fails(7, "note", "not a text")


# -- what the log says

BODY = (b'{"at": "2025-07-22 10:35",  "temp": " 21.50 ", "open": "True",'
        b' "day": "20250722", "note": "a", "more": 1}')
RECORD = ('{"at":"2025-07-22T10:35:00Z","temp":21.50,"open":true,'
          '"day":"2025-07-22","note":"a"}')
REMARKS = ("read: at: ISO 8601 without offset as UTC, temp: text as number, "
           "open: text as boolean, day: ISO 8601 as date; unknown: more")


def test_all_readers_agree(stack, front):
    """Status, history, record, CSV, SQL view and retry show what was read; the
    body stays as it was sent."""
    form = Form(stack, url=front.url)
    id = form.call(BODY)["request_id"]
    s = form.status(id)
    assert (s["status"], s["remarks"]) == ("Success", REMARKS)
    query = urllib.parse.quote("text as number")
    h = json.loads(form.request(
        "GET", f"/webhook/app/{form.made['appKey']}/history?text={query}").body)
    assert [(i["request_id"], i["remarks"]) for i in h["items"]] == [
        (id, REMARKS)]
    assert form.text(id) == RECORD
    assert f'"record":{RECORD}'.encode() in form.records()
    assert parse_csv(form.records("csv"))[1][3:] == [
        "2025-07-22T10:35:00Z", "21.50", "true", "2025-07-22", "a"]
    view = stack.creelctl("form", "view", form.id).stdout.strip()
    assert stack.psql(f"""SELECT at = '2025-07-22T10:35:00Z', temp, open, day,
        note FROM {view}""") == "t|21.50|t|2025-07-22|a"
    a = form.request("GET", f"/applications/{stack.application}/events/{id}"
                     "/body")
    assert a.body == BODY


def test_remarks_hold_no_values(stack):
    """Readers of remarks may lack the right to read bodies."""
    form = Form(stack)
    s = form.call({"temp": "987", "day": "20310203"})
    assert s["status"] == "Success"
    assert "987" not in s["remarks"] and "2031" not in s["remarks"]


def test_failed_call_of_a_lenient_form(form):
    """The remarks list the problems only, because there is no record."""
    s = form.call({"temp": "21.5", "open": "maybe"})
    assert (s["status"], s["remarks"]) == ("Failed",
                                           "open: not true or false")


# -- the setting

def test_new_forms_are_lenient(stack):
    form = Form(stack)
    assert (form.made["lenient"], form.made["timeZone"]) == (True, "UTC")
    got = form.change(lenient=False)
    assert got == {**form.made, "lenient": False,
                   "lastUpdated": got["lastUpdated"]}
    assert form.api.call("GET", "/" + form.id)[1] == got
    assert {f["id"]: f["lenient"] for f in form.api.list()["items"]}[
        form.id] is False
    form.fails("21.5", "temp", "not a number")
    form.change(lenient=True)
    form.reads("21.5", "temp", "21.5", "text as number")


def test_strict_form(stack):
    """As before, except that the setting is shown; a form that was stored
    without the setting is strict."""
    forms = Form(stack, lenient=False), Form(stack)
    stack.psql("UPDATE creel.hook SET settings = settings - 'lenient' "
               f"WHERE id = '{forms[1].id}'")
    for form in forms:
        assert form.api.call("GET", "/" + form.id)[1]["lenient"] is False
        form.fails("21.5", "temp", "not a number")
        form.fails("true", "open", "not true or false")
        form.fails("20250722", "day", "not a date")
        form.fails("2025-07-22T10:35:00", "at", "has no offset")
        form.fails("2025-07-22T10:35Z", "at", "not a date-time")


@pytest.mark.parametrize("setting, message", [
    ({"lenient": "true"}, "lenient is the wrong type"),
    ({"lenient": None}, "lenient is the wrong type"),
    ({"timeZone": 5.5}, "timeZone is the wrong type"),
    *[({"timeZone": zone}, "timeZone: must be UTC or an offset such as "
       "+05:30, at most 15:59") for zone in (
        "", "Z", "utc", "Asia/Kolkata", "+0530", "+5:30", "+16:00", "05:30",
        "+05:30 ", "+05:60")]])
def test_wrong_setting(form, setting, message):
    form.api.rejected(400, message, "PATCH", "/" + form.id, body=setting)
    form.api.rejected(400, message, "POST", body={
        "name": "f", "fields": FIELDS, **setting})


def test_creelctl(stack):
    create = ("form", "create", "--application", stack.application, "--name",
              "f", "--field", "n:number")
    made = stack.made(*create)
    assert (made["lenient"], made["timeZone"]) == (True, "UTC")
    made = stack.made(*create, "--lenient", "false", "--time-zone", "-03:30")
    assert (made["lenient"], made["timeZone"]) == (False, "-03:30")
    stack.creelctl("form", "change", made["id"], "--lenient", "true")
    now = stack.made("form", "show", made["id"])
    assert (now["lenient"], now["timeZone"]) == (True, "-03:30")
    settings = json.dumps({"fields": [{"name": "n", "type": "number"}]})
    made = stack.made("hook", "create", "--kind", "form", "--name", "f",
                      "--application", stack.application, "--settings",
                      settings)
    assert stack.made("form", "show", made["id"])["lenient"] is True
    for option, value, text in (
            ("--lenient", "yes", "--lenient: must be one of true false"),
            ("--time-zone", "Europe/Oslo", "timeZone: must be UTC or")):
        p = stack.creelctl(*create, option, value, check=False)
        assert p.returncode in (64, 65) and text in p.stderr


def test_retry_uses_the_current_setting(stack):
    """A call that failed in a strict form succeeds after the form has become
    lenient."""
    form = Form(stack, lenient=False)
    s = form.call({"temp": "21.50", "at": "2025-07-22T10:35"})
    assert s["status"] == "Failed"
    form.change(lenient=True, timeZone="+01:00")
    a = json.loads(form.request(
        "POST", f"/applications/{stack.application}/events/"
        f"{s['request_id']}/retry").body)
    assert (a["status"], a["remarks"]) == (
        "success", "read: at: ISO 8601 without offset as +01:00, "
        "temp: text as number")
    assert json.loads(form.text(a["id"])) == {
        **NONE, "at": "2025-07-22T10:35:00+01:00", "temp": 21.5}


# -- generated values

def spell_number(r):
    text = f"{r.randrange(-10**9, 10**9)}" + r.choice(
        ["", f".{r.randrange(10**r.randrange(1, 25))}"]) + r.choice(
        ["", f"e{r.randrange(-9, 9)}"])
    return text, decimal.Decimal(text)


def spell_boolean(r):
    value = r.choice((True, False))
    return "".join(r.choice((c.lower(), c.upper()))
                   for c in str(value)), value


def spell_date(r):
    day = datetime.date(1, 1, 1) + datetime.timedelta(r.randrange(3652059))
    return day.strftime("%Y").zfill(4) + day.strftime("%m%d"), day.isoformat()


def spell_time(r):
    """A date-time of a form in the time zone +05:30."""
    zone = datetime.timedelta(minutes=r.randrange(-959, 960))
    at = datetime.datetime(2, 1, 1) + datetime.timedelta(
        r.randrange(3650000), r.randrange(86400),
        r.choice((0, r.randrange(10**6))))
    basic = r.random() < 0.5
    text = at.strftime("%m%dT%H%M%S" if basic else
                       f"-%m-%d{r.choice('Tt ')}%H:%M:%S")
    text = f"{at.year:04}{text}"
    if at.microsecond:
        text += f"{r.choice('.,')}{at.microsecond:06}"
    elif at.second == 0:
        text = text[:-2 if basic else -3]
    kind = r.choice(("", "Z", "+"))
    if kind == "":
        zone = datetime.timedelta(minutes=330)
    elif kind == "Z":
        zone = datetime.timedelta()
    else:
        minutes = int(zone.total_seconds() // 60)
        kind = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}" \
            f"{r.choice((':', ''))}{abs(minutes) % 60:02}"
    return text + kind, (at - zone).isoformat() + "+00:00"


SPELL = {"number": spell_number, "boolean": spell_boolean,
         "date": spell_date, "date-time": spell_time}


def test_generated_values_in_a_view(stack):
    """PostgreSQL reads every record as the value that was sent."""
    types = list(SPELL) * 50
    form = Form(stack, timeZone="+05:30", fields=[
        {"name": str(i), "type": t} for i, t in enumerate(types)])
    view = stack.creelctl("form", "view", form.id).stdout.strip()
    r = generator("lenient")
    for _ in range(-(-CASES // len(types))):
        cases = [SPELL[t](r) for t in types]
        s = form.call({str(i): text for i, (text, _) in enumerate(cases)})
        assert s["status"] == "Success", s["remarks"]
        row = stack.psql(f"""SET TimeZone = 'UTC';
            SELECT row_to_json(v) FROM {view} AS v
            WHERE event_id = '{s["request_id"]}'""").split("\n")[-1]
        row = json.loads(row, parse_float=decimal.Decimal)
        for i, (text, value) in enumerate(cases):
            got = row[str(i)]
            if types[i] == "date-time":
                got = datetime.datetime.fromisoformat(got).isoformat()
            assert got == value, (text, value)
