# SPDX-License-Identifier: ISC
"""Quixy's door: calls to forms, their status and their history."""
# route: POST /webhook/app/incoming-data
# route: POST /webhook/app/:key/incoming-data
# route: GET /webhook/app/status/:id
# route: GET /webhook/app/history
# route: GET /webhook/app/:key/history
import json
import re
import urllib.parse

import pytest

from conftest import send, wait_for
from fcgi_client import Connection, variables
from quixy_api import (EXAMPLE, RECORD, Form, User, answer, call,
                       event, failed, make_stack_quixy, post, query)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f-]{17}")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack_quixy(make_stack)


@pytest.fixture(scope="module")
def alone(stack):
    """An application with one form, and a user with a token."""
    class Alone:
        application = stack.made("application", "create", "q")["id"]
        form = Form(stack, application=application)
        user = User(stack, "ada@example.org", application=application)
        token = user.token()
    return Alone


def status(stack, id, token):
    return answer(call(stack, "GET", f"/webhook/app/status/{id}", token))


def history(stack, token, form=None, **parameters):
    path = f"/webhook/app/{form.key}/history" if form else \
        "/webhook/app/history"
    return answer(call(stack, "GET", f"{path}?{query(**parameters)}", token))


def ids(page):
    return [i["request_id"] for i in page["items"]]


# -- a call

def test_example(stack, front, alone):
    """The page's example, with the page's URL."""
    a = send(front.url, "POST", "/webhook/app/incoming-data",
             [("Authorization", f"Bearer {alone.token}"),
              ("Content-Type", "application/json")], EXAMPLE)
    o = answer(a)
    id = o["request_id"]
    assert list(o) == ["status", "message", "request_id", "status_check_url"]
    assert o["status"] == "Success" and o["message"] == "Request accepted"
    assert UUID.fullmatch(id) and a.headers["Creel-Event"] == id
    assert o["status_check_url"] == f"{front.url}/webhook/app/status/{id}"
    e = event(stack, id)
    assert e["status"] == "success" and e["remarks"] == ""
    assert e["body"] == EXAMPLE.decode() and e["parsed"] == RECORD
    assert e["principal"] == "user:ada@example.org"
    u = urllib.parse.urlsplit(o["status_check_url"])
    s = answer(send(front.url, "GET", u.path,
                    [("Authorization", f"Bearer {alone.token}")]))
    assert list(s) == ["request_id", "status", "received_at", "completed_at",
                       "execution_time", "user_email", "remarks"]
    assert s["request_id"] == id and s["status"] == "Success"
    assert DATE.fullmatch(s["received_at"])
    assert DATE.fullmatch(s["completed_at"])
    assert 0 <= s["execution_time"] < 60000
    assert s["user_email"] == "ada@example.org" and s["remarks"] == ""


def test_wrong_type(stack, alone):
    """The same example with an invalid date is a failed call."""
    body = EXAMPLE.replace(b'"2025-07-22T10:35:00Z"', b'12')
    o = answer(post(stack, None, alone.token, body))
    assert o["status"] == "Success"
    s = status(stack, o["request_id"], alone.token)
    assert s["status"] == "Failed" and "received_date" in s["remarks"]
    e = event(stack, o["request_id"])
    assert e["parsed"] is None and e["body"] == body.decode()


def test_unknown_and_missing(stack, alone):
    o = answer(post(stack, alone.form, alone.token,
                    b'{"email_subject":"x","colour":"red"}'))
    e = event(stack, o["request_id"])
    assert e["status"] == "success" and "colour" in e["remarks"]
    assert e["parsed"] == {"email_subject": "x", "email_body": None,
                           "received_date": None}


def test_public_url(make_stack):
    s = make_stack_quixy(make_stack, public_url="https://hooks.example.org/q")
    Form(s)
    o = answer(post(s, None, User(s).token()))
    assert o["status_check_url"] == ("https://hooks.example.org/q/webhook/app/"
                                     "status/" + o["request_id"])


def test_sent_again(stack, alone):
    """With the same idempotency key it is one call; a rejected call uses up no
    key."""
    named = [("Idempotency-Key", "one")]
    before = alone.form.events()
    failed(post(stack, alone.form, alone.token, b"{", headers=named), 400)
    first, again = (answer(post(stack, alone.form, alone.token,
                                headers=named)) for _ in range(2))
    assert first == again
    assert alone.form.events() == before + 2


# -- the form

def test_only_form(stack):
    application = stack.made("application", "create", "q")["id"]
    user = User(stack, application=application)
    token = user.token()
    failed(post(stack, None, token), 404)
    first = Form(stack, application=application)
    Form(stack, application=application, usage=["Web"])
    o = answer(post(stack, None, token))
    assert event(stack, o["request_id"])["hook_id"] == first.id
    second = Form(stack, application=application)
    failed(post(stack, None, token), 400, "app key: required")
    o = answer(post(stack, second, token))
    assert event(stack, o["request_id"])["hook_id"] == second.id
    bound = user.token(app_key=second.key)
    o = answer(post(stack, None, bound))
    assert event(stack, o["request_id"])["hook_id"] == second.id
    failed(post(stack, first, bound), 403)
    only = User(stack, application=application, forms=[first])
    o = answer(post(stack, None, only.token()))
    assert event(stack, o["request_id"])["hook_id"] == first.id
    failed(post(stack, second, only.token()), 403)
    assert second.events() == 2


def test_form_not_found(stack, alone):
    """Not a form, not offered as a webhook, disabled, another
    application's."""
    form = Form(stack, application=alone.application, usage=["Mobile"])
    failed(post(stack, form, alone.token), 404)
    form.change("""settings = settings || '{"appUsage":["Web","Webhook"]}'""")
    wait_for(lambda: post(stack, form, alone.token).status == 200, "a change")
    form.change("enabled = false")
    wait_for(lambda: post(stack, form, alone.token).status == 404, "a 404")
    failed(call(stack, "GET", f"/webhook/app/{form.key}/history",
                alone.token), 404)
    failed(post(stack, Form(stack), alone.token), 404)
    failed(call(stack, "POST", "/webhook/app/none/incoming-data", alone.token,
                EXAMPLE), 404)
    failed(call(stack, "GET", "/webhook/app/status/1", alone.token), 404)
    failed(call(stack, "GET", "/webhook/other", alone.token), 404)
    a = call(stack, "PUT", alone.form.path, alone.token, b"{}")
    failed(a, 405)
    assert a.headers["Allow"] == "POST, OPTIONS"


# -- rejected calls

@pytest.mark.parametrize("content_type, expected", [
    ("application/json", 200), ("application/json; charset=utf-8", 200),
    ("APPLICATION/JSON", 200), (None, 415), ("text/plain", 415),
    ("application/ld+json", 415), ("application/json; charset=latin1", 200),
    ("application/x-www-form-urlencoded", 415)])
def test_content_type(stack, front, alone, content_type, expected):
    """A valid body with another type is rejected."""
    a = post(stack, None, alone.token, url=front.url,
             content_type=content_type)
    assert a.status == expected
    a = post(stack, alone.form, alone.token, url=front.url,
             content_type=content_type)
    if expected == 200:
        answer(a)
        return
    id = failed(a, expected)["request_id"]
    assert a.headers["Creel-Event"] == id
    e = event(stack, id)
    assert e["status"] == "failed" and "Content-Type" in e["remarks"]
    assert e["body"] == "" and e["parsed"] is None


@pytest.mark.parametrize("body, expected", [
    (b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b'"x"', 400),
    (b"{}x", 400), (b'{"a":NaN}', 400), (b"\xef\xbb\xbf", 400),
    (b'{"a":"\xff"}', 400), (b'{"a":"' + b"x" * (256 << 10) + b'"}', 413)],
    ids=range(10))
def test_body(stack, alone, body, expected):
    a = post(stack, alone.form, alone.token, body)
    id = failed(a, expected)["request_id"]
    s = status(stack, id, alone.token)
    assert s["status"] == "Failed" and s["remarks"]
    assert s["user_email"] == "ada@example.org"
    assert event(stack, id)["body"] == ""


@pytest.mark.parametrize("length, sent, status", [
    (None, EXAMPLE, 411), (len(EXAMPLE) + 1, EXAMPLE, 400),
    (len(EXAMPLE) - 1, EXAMPLE, 400), ("x", EXAMPLE, 400)])
def test_length(stack, alone, length, sent, status):
    """Lengths that current web servers do not pass on, but older ones
    might."""
    with Connection(stack.socket) as c:
        a = c.request(variables(
            alone.form.path, length=length, content_type="application/json",
            authorization=f"Bearer {alone.token}"), sent)
    assert a.status == status
    e = event(stack, json.loads(a.body)["request_id"])
    assert e["status"] == "failed" and e["body"] == "" and e["remarks"]


def test_stored_rejections_are_limited(make_stack):
    """Sixty of a form in ten seconds; the responses to others are the same."""
    s = make_stack_quixy(make_stack)
    form, other = Form(s), Form(s)
    token = User(s).token()
    answers = [post(s, form, token, b"{") for _ in range(200)]
    assert {a.status for a in answers} == {400}
    stored = [json.loads(a.body).get("request_id") for a in answers]
    assert form.events() == sum(id is not None for id in stored)
    assert 60 <= form.events() <= 180 and None in stored
    failed(post(s, other, token, b"{"), 400)["request_id"]


def test_body_of_other_sizes(stack, front, alone):
    """The web server's own rejections have the same form."""
    a = post(stack, alone.form, alone.token, b" " * (9 << 20), url=front.url)
    assert a.status == 413
    o = json.loads(a.body)
    assert o["status"] == "Failed" and o["message"]


def test_worker_away(make_stack):
    """The web server responds 503 in the door's dialect."""
    s = make_stack_quixy(make_stack)
    form, token, url = Form(s), User(s).token(), s.url
    s.stop_worker()
    s.listener.close()
    a = call(s, "POST", form.path, token, EXAMPLE)
    assert a.status == 503 and a.headers["Retry-After"]
    assert json.loads(a.body)["status"] == "Failed"
    a = send(url, "POST", "/oauth/token", [], b"")
    assert a.status == 503 and "error" in json.loads(a.body)


# -- credentials

def test_query_key(stack, front, alone):
    """?api_key= is a credential, and is neither stored nor logged."""
    for name, value in (("api_key", alone.user.key),
                        ("api_key", alone.token),
                        ("%61pi%5Fkey", alone.user.key.replace("_", "%5F"))):
        a = send(front.url, "POST",
                 f"{alone.form.path}?a=1&{name}={value}&b=%20",
                 [("Content-Type", "application/json")], EXAMPLE)
        e = event(stack, answer(a)["request_id"])
        assert e["query"] == "a=1&b=%20"
        assert e["principal"] == "user:ada@example.org"
    a = send(front.url, "POST", f"{alone.form.path}?api_key={alone.user.key}",
             [("Content-Type", "text/plain")], EXAMPLE)
    assert event(stack, failed(a, 415)["request_id"])["query"] == ""
    key = alone.user.key
    a = send(front.url, "POST", f"{alone.form.path}?api_key={key}&api_key=x",
             [("Content-Type", "application/json")], EXAMPLE)
    failed(a, 401)
    a = send(front.url, "POST", f"{alone.form.path}?api_key={key}&api_key=x",
             [("Content-Type", "application/json"),
              ("Authorization", f"Bearer {key}")], EXAMPLE)
    failed(a, 401)
    logged = stack.logs()
    access = front.dir / "access.log"
    wait_for(lambda: alone.form.path in access.read_text(), "a line")
    logged += access.read_text()
    for secret in (key, alone.token, key.replace("_", "%5F")):
        assert secret not in logged


def test_other_credentials(stack, alone):
    """API keys and JWTs with the scope work as well, without an email
    address."""
    key = stack.new_key("form.post", application=alone.application)
    token = stack.new_token("form.post", application=alone.application)
    for credential in (key, token):
        id = answer(post(stack, alone.form, credential))["request_id"]
        assert status(stack, id, credential)["user_email"] is None
    lacking = stack.new_key("form.get", application=alone.application)
    failed(post(stack, alone.form, lacking), 403)
    # Without event.get a caller sees its own.
    assert status(stack, id, token)["request_id"] == id
    failed(call(stack, "GET", f"/webhook/app/status/{id}", key), 404)
    assert id not in ids(history(stack, key, alone.form, size=1000))
    assert id in ids(history(stack, token, alone.form, size=1000))
    stranger = User(stack)
    failed(call(stack, "GET", f"/webhook/app/status/{id}",
                stranger.token()), 404)
    value = answer(call(stack, "GET", f"/webhook/app/status/{id.upper()}",
                        alone.token))
    assert value["request_id"] == id


# -- the history

@pytest.fixture(scope="module")
def past(stack):
    """Three forms, each with a call a minute."""
    class Past:
        application = stack.made("application", "create", "h")["id"]
    Past.forms = [Form(stack, application=Past.application) for _ in range(3)]
    Past.token = User(stack, application=Past.application).token()
    rows = ", ".join(f"('{f.id}', {i})" for i, f in enumerate(Past.forms))
    stack.psql(f"""
        INSERT INTO creel.event (application_id, id, hook_id, received_at,
            method, path, query, headers, body, principal, remote_address,
            status, completed_at, remarks, position)
        SELECT '{Past.application}', overlay(creel.uuid_floor(t.at)::text
                PLACING '7' || lpad(f.i::text, 3, '0') FROM 15 FOR 4)::uuid,
            f.id, t.at, 'POST', '/', '', '{{}}', '', 'user:' || CASE
                WHEN n % 100 = 3 THEN 'rare' ELSE 'often' END
                || '@example.org', '', CASE WHEN n % 10 = 7 THEN 'failed'
                ELSE 'success' END, t.at, CASE WHEN n % 10 = 7
                THEN 'number: 100%_\\ of ' || n ELSE '' END,
            (SELECT creel.next_position())
        FROM (VALUES {rows}) AS f (id, i), generate_series(1, 1000) AS n,
            LATERAL (SELECT timestamptz '2026-01-01Z'
                + n * interval '1 minute') AS t (at)""")
    return Past


def test_pages(stack, past):
    form = past.forms[0]
    first = history(stack, past.token, form)
    assert list(first) == ["items", "count", "cursor", "more"]
    assert first["count"] == 20 and first["more"]
    assert list(first["items"][0]) == ["request_id", "status",
                                       "execution_time", "user_email",
                                       "remarks", "received_at"]
    times = [i["received_at"] for i in first["items"]]
    assert times == sorted(times, reverse=True)
    assert times[0] == "2026-01-01T16:40:00.000Z"
    seen, cursor = [], None
    while True:
        page = history(stack, past.token, form, size=333, cursor=cursor)
        seen += ids(page)
        cursor = page["cursor"]
        if not page["more"]:
            break
    assert len(seen) == len(set(seen)) == 1000 and cursor is None
    assert seen == sorted(seen, reverse=True)
    for page in (0, 1, 3, 500):
        found = history(stack, past.token, form, page=page, size=7)
        assert ids(found) == seen[page * 7:page * 7 + 7]
    everything = history(stack, past.token, size=1000)
    assert everything["count"] == len(set(ids(everything))) == 1000
    assert [i["received_at"] for i in everything["items"][:4]] == \
        [times[0]] * 3 + [times[1]]
    assert history(stack, past.token, size=1000, page=2)["count"] == 1000


def test_filters(stack, past):
    form = past.forms[0]

    def found(**parameters):
        page = history(stack, past.token, form, size=1000, **parameters)
        return page["items"]

    assert len(found(status="failed")) == 100
    assert {i["status"] for i in found(status="FAILED")} == {"Failed"}
    assert len(found(status="Success")) == 900
    assert not found(status="pending")
    assert len(found(user="Rare@example.org")) == 10
    assert not found(user="rare")
    minute = [i["received_at"] for i in found(
        **{"from": "2026-01-01T01:00:00Z", "to": "2026-01-01T02:00:00+00:00"})]
    assert len(minute) == 60
    assert max(minute) == "2026-01-01T01:59:00.000Z"
    assert min(minute) == "2026-01-01T01:00:00.000Z"
    assert len(found(to="2026-01-01T00:10:00Z", status="failed")) == 1
    assert len(found(**{"from": "0001-01-01T00:00:00Z",
                        "to": "9999-12-31T23:59:59Z"})) == 1000
    # Wildcards of LIKE are text.
    assert len(found(text="100%_\\ OF 7")) == 12
    for text in ("%", "_", "\\"):
        assert len(found(text=text)) == 100, text
    for text in ("1000_", "%%", "__", "\\\\", "'; DROP TABLE creel.event; --",
                 "' OR '1'='1", "$1", "\u00fc"):
        assert not found(text=text), text
    for user in ("'", "' OR true --", "%@example.org", "_are@example.org"):
        assert not found(user=user), user


@pytest.mark.parametrize("parameters", [
    {"page": "-1"}, {"page": "x"}, {"size": "0"}, {"size": "1001"},
    {"size": "1e1"}, {"size": "99999999999999999999"},
    {"page": "11", "size": "1000"}, {"page": "501", "size": "20"},
    {"status": "done"}, {"status": "failed' OR '1'='1"},
    {"from": "yesterday"}, {"from": "2026-01-01"}, {"to": "2026-02-30T00:00Z"},
    {"to": "now()"}, {"cursor": "1"}, {"cursor": "'"}, {"text": "a\0b"}])
def test_bad_history(stack, past, parameters):
    a = call(stack, "GET", "/webhook/app/history?" + query(**parameters),
             past.token)
    failed(a, 400)


def test_many_forms(make_stack):
    """With more than a hundred forms one has to be named, which bounds the
    work."""
    s = make_stack_quixy(make_stack)
    form, token = Form(s), User(s).token()
    answer(post(s, form, token))
    s.psql(f"""INSERT INTO creel.hook (application_id, id, kind, handle, name)
        SELECT '{s.application}', lpad(to_hex(n), 24, '0'), 'form', n, 'f'
        FROM generate_series(1, 99) AS n""")
    assert history(s, token)["count"] == 1
    s.psql(f"""INSERT INTO creel.hook (application_id, id, kind, handle, name)
        VALUES ('{s.application}', lpad('f', 24, 'f'), 'form', 'x', 'f')""")
    failed(call(s, "GET", "/webhook/app/history", token), 400,
           "app key: required")
    assert history(s, token, form)["count"] == 1


def test_search_is_bounded(stack):
    """The one match in 22,500 calls is found through partly filled pages, each
    of which scans at most 10,000 calls."""
    application = stack.made("application", "create", "h")["id"]
    form = Form(stack, application=application)
    token = User(stack, application=application).token()
    stack.psql(f"""
        INSERT INTO creel.event (application_id, id, hook_id, received_at,
            method, path, query, headers, body, principal, remote_address,
            status, remarks, position)
        SELECT '{application}', creel.uuid_floor(timestamptz '2026-02-01Z'
            + n * interval '1 second'), '{form.id}', timestamptz '2026-02-01Z'
            + n * interval '1 second', 'POST', '/', '', '{{}}', '', 'x', '',
            CASE WHEN n = 1 THEN 'failed' ELSE 'success' END,
            CASE WHEN n = 1 THEN 'needle' ELSE '' END,
            (SELECT creel.next_position())
        FROM generate_series(1, 22500) AS n""")
    counts, cursor = [], None
    while True:
        page = history(stack, token, form, text="needle", cursor=cursor)
        counts.append(page["count"])
        cursor = page["cursor"]
        if not page["more"]:
            break
    assert counts == [0, 0, 1]
    # Failed calls have an index of their own.
    page = history(stack, token, form, text="needle", status="failed")
    assert page["count"] == 1 and not page["more"]
    # With another form it is half as many of each; older ones are
    # on the next pages.
    other = Form(stack, application=application)
    stack.psql(f"""UPDATE creel.event SET hook_id = '{other.id}',
        remarks = 'needle' WHERE application_id = '{application}'
        AND id = creel.uuid_floor('2026-02-01T00:05:00Z')""")
    found, pages, cursor = [], 0, None
    while True:
        page = history(stack, token, text="needle", cursor=cursor)
        found += [i["received_at"] for i in page["items"]]
        pages += 1
        cursor = page["cursor"]
        if not page["more"]:
            break
    assert found == ["2026-02-01T00:05:00.000Z", "2026-02-01T00:00:01.000Z"]
    assert pages == 5
