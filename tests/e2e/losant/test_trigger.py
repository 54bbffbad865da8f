# SPDX-License-Identifier: ISC
"""Losant's public trigger, and replies to calls that wait for one."""
# route: ANY /webhooks/:token/*
# route: POST /applications/:application/webhooks/:webhook/replies/:reply
import base64
import concurrent.futures
import json
import time

import pytest

from conftest import send, wait_for
from webhook_api import TYPES, Webhook, reply

WINDOW = 10  # seconds: RATE_WINDOW_MS
SUCCESS = {"success": True}


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


@pytest.fixture(scope="module")
def plain(stack):
    return Webhook(stack)


# -- a call

@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE",
                                    "PROPFIND"])
def test_any_method(plain, method):
    before = plain.events()
    a = plain.call(method, body=b"{}")
    assert a.status == 200 and json.loads(a.body) == SUCCESS
    assert a.headers["Content-Type"] == "application/json"
    assert plain.events() == before + 1
    assert plain.column("method") == method


@pytest.mark.parametrize("more, path, query", [
    ("", "/", ""), ("/", "/", ""), ("/a/b", "/a/b", ""),
    ("//a", "//a", ""), ("/a%2Fb/", "/a%2Fb/", ""),
    ("?x=1&x=2", "/", "x=1&x=2"), ("/up?location=52", "/up", "location=52")])
def test_path_and_query(plain, more, path, query):
    """The path behind the token is stored, the token is not."""
    assert plain.call(more=more, body=b"{}").status == 200
    assert plain.column("path") == path
    assert plain.column("query") == query
    assert plain.token not in plain.column("event::text")


def test_token_is_not_logged(plain):
    plain.call(body=b"{}")
    assert plain.token not in plain.stack.logs()


@pytest.mark.parametrize("token", ["x", "%24", "a$b", "t" * 500])
def test_unknown_token(stack, token):
    a = send(stack.url, "POST", f"/webhooks/{token}", [], b"{}")
    assert a.status == 404
    assert json.loads(a.body) == {"error": "No webhook found"}


def test_id_is_not_a_token(plain):
    a = send(plain.stack.url, "POST", f"/webhooks/{plain.id}", [], b"{}")
    assert a.status == 404


@pytest.mark.parametrize("code", [200, 201, 202, 204, 205, 304, 400, 418, 500,
                                  599])
def test_response_code(stack, code):
    webhook = Webhook(stack, responseCode=code)
    a = webhook.call(body=b"{}")
    assert a.status == code
    assert a.body == b"" if code in (204, 205, 304) else \
        json.loads(a.body) == SUCCESS
    assert webhook.events() == 1


@pytest.mark.parametrize("code", [100, 101, 199])
def test_informational_response_code(stack, code):
    webhook = Webhook(stack, responseCode=code)
    a = webhook.call(body=b"{}")
    assert (a.status, a.body) == (204, b"")
    assert webhook.events() == 1


def test_disabled(stack):
    """The response is the same, but no event is stored."""
    webhook = Webhook(stack, responseCode=201)
    stack.creelctl("hook", "disable", webhook.id)
    wait_for(lambda: webhook.call(body=b"{}").status == 200, "disabled")
    before = webhook.events()
    assert json.loads(webhook.call(body=b"{}").body) == SUCCESS
    assert webhook.events() == before
    closed = Webhook(stack, basicAuthUsername="u")
    assert closed.call().status == 401
    stack.creelctl("hook", "disable", closed.id)
    wait_for(lambda: closed.call().status == 200, "disabled in all workers")
    assert closed.events() == 0


def test_websocket(stack):
    webhook = Webhook(stack, isWebsocket=True)
    assert webhook.call().status == 404
    assert webhook.events() == 0


def test_too_large(plain):
    """For Creel, and for nginx."""
    a = plain.call(body=b"x" * (256 << 10))
    assert a.status == 200
    before = plain.events()
    for size in (256 << 10) + 1, 9 << 20:
        a = plain.call(body=b"x" * size)
        assert a.status == 413
        assert json.loads(a.body) == {"error": "Request entity too large"}
    assert plain.events() == before


# -- bodies

@pytest.mark.parametrize("kind, body, parsed", [
    ("json", b'{"a":1}', ""), ("json", b"{", ""), ("json", b"", ""),
    ("text", "ü".encode(), ""), ("form", b"a=1&b=+2&a=3",
                                {"a": ["1", "3"], "b": " 2"}),
    ("form", b"", ""), ("bytes", b"\0\xff", [0, 255]),
    ("text", b"a\xff", "a\ufffd"), ("json", b'"\xff"', '"\ufffd"'),
    ("xml", b"<\xff>", "<\ufffd>"), ("image", b"\xff", [255])])
def test_bodies(plain, kind, body, parsed):
    """The bytes are stored, and what they read as if they are neither JSON nor
    text."""
    a = plain.call(body=body, headers=[("Content-Type", TYPES[kind])])
    assert a.status == 200
    assert bytes.fromhex(plain.column("encode(body, 'hex')")) == body
    found = plain.column("value")
    assert (json.loads(found) if found else found) == parsed


@pytest.mark.parametrize("cast, value", [
    ("array", [0, 255]), ("binary", "\0ÿ"), ("utf8", "\0�"),
    ("base64", "AP8="), ("hex", "00ff")])
def test_cast(stack, cast, value):
    webhook = Webhook(stack, castBuffersAs=cast)
    webhook.call(body=b"\0\xff", headers=[("Content-Type", TYPES["bytes"])])
    assert json.loads(webhook.column("value")) == value


@pytest.mark.parametrize("annotate", [False, True])
def test_multipart(stack, annotate):
    webhook = Webhook(stack, castBuffersAs="utf8", annotateMultipart=annotate)
    body = (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
            b'--b\r\nContent-Disposition: form-data; name="f"; '
            b'filename="x.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n'
            b'--b--\r\n')
    webhook.call(body=body, headers=[
        ("Content-Type", "multipart/form-data; boundary=b")])
    file = {"filename": "x.txt", "contentType": "text/plain",
            "data": "hi"} if annotate else "hi"
    assert json.loads(webhook.column("value")) == {"a": "1", "f": file}


# -- authentication and verification

def basic(user, password):
    word = base64.b64encode(f"{user}:{password}".encode()).decode()
    return [("Authorization", f"Basic {word}")]


@pytest.mark.parametrize("settings, right", [
    ({"basicAuthUsername": "u", "basicAuthPassword": "p:w"}, ("u", "p:w")),
    ({"basicAuthUsername": "u"}, ("u", "")),
    ({"basicAuthPassword": "pä"}, ("", "pä"))])
def test_basic_auth(stack, settings, right):
    webhook = Webhook(stack, **settings)
    assert webhook.call(headers=basic(*right)).status == 200
    for wrong in ((), basic("x", "y"), basic(right[0], right[1] + "x"),
                  [("Authorization", "Basic !")],
                  [("Authorization", "Basic ====")],
                  [("Authorization", basic(*right)[0][1] + "====")],
                  basic(right[0], right[1] + "\0"),
                  basic(right[0], right[1] + "\0x"),
                  [("Authorization", "Bearer x")], basic(*right) * 2):
        a = webhook.call(headers=wrong)
        # nginx itself rejects a duplicate header.
        assert a.status == 401 or (a.status == 400 and len(wrong) == 2)
        if a.status == 401:
            assert a.headers["WWW-Authenticate"] == 'Basic realm="webhook"'
            assert json.loads(a.body) == {"error": "Unauthorized"}
    assert webhook.events() == 1


def test_facebook(stack):
    webhook = Webhook(stack, verificationType="facebook",
                      verificationCode="s3cret", responseCode=201)
    good = "?hub.mode=subscribe&hub.verify_token=s3cret&hub.challenge=11%2B58"
    a = webhook.call("GET", good)
    assert a.status == 200 and a.body == b"11+58"
    assert a.headers["Content-Type"] == "text/plain"
    assert webhook.call("HEAD", good).status == 200
    for wrong in ("s", "s3cret%00", "s3cret%00x"):
        for method in ("GET", "HEAD"):
            assert webhook.call(method, good.replace(
                "s3cret", wrong)).status == 403
    assert webhook.call("GET", "?hub.mode=subscribe").status == 403
    nothing = Webhook(stack, verificationType="facebook")
    assert nothing.call("GET", "?hub.mode=subscribe&hub.verify_token="
                        "&hub.challenge=1").status == 403
    assert webhook.events() == 0
    assert webhook.call("POST", body=b"{}").status == 201
    assert webhook.call("GET", "?hub.mode=other").status == 201
    assert webhook.events() == 2


def test_fitbit(stack):
    webhook = Webhook(stack, verificationType="fitbit",
                      verificationCode="c0de")
    a = webhook.call("GET", "?verify=c0de")
    assert a.status == 204 and a.body == b""
    assert webhook.call("HEAD", "?verify=c0de").status == 204
    for wrong in ("wrong", "c0de%00x", ""):
        assert webhook.call("GET", f"?verify={wrong}").status == 404
        assert webhook.call("HEAD", f"?verify={wrong}").status == 404
    assert webhook.events() == 0
    assert webhook.call("POST", body=b"[]").status == 204
    assert webhook.events() == 1


def test_twilio(stack):
    webhook = Webhook(stack, verificationType="twilio", responseCode=201)
    a = webhook.call(body=b"From=1", headers=[("Content-Type", TYPES["form"])])
    assert a.status == 200 and a.headers["Content-Type"] == "text/xml"
    assert a.body == (b'<?xml version="1.0" encoding="UTF-8"?>'
                      b'<Response></Response>')
    assert webhook.events() == 1


# -- replies

@pytest.fixture(scope="module")
def key(stack):
    return stack.new_key("webhook.reply")


def newest(webhook, before=""):
    """The newest event, once it is another than before."""
    return wait_for(lambda: (e := webhook.column("id")) != before and e,
                    "an event")


@pytest.mark.parametrize("given, status, type, body", [
    ({"responseCode": 202, "body": {"a": [1]}}, 202, "application/json",
     b'{"a": [1]}'),
    ({"responseCode": "x", "body": "hi",
      "headers": {"Content-Type": "text/plain"}}, 200, "text/plain", b"hi"),
    ({"body": "<a/>", "headers": {"content-type": "text/html"}}, 200,
     "application/json", b"<a/>"),
    ({}, 200, None, b""),
    ({"responseCode": 404, "body": None,
      "headers": {"X-Own": "1", "X-Content-Type-Options": "x", "Status": "7",
                  "X-Accel-Redirect": "/", "Set-Cookie": "a=b",
                 "B ad": "1", "C": "1\n2", "D": 5}},
     404, None, b"")])
def test_reply(stack, key, given, status, type, body):
    webhook = Webhook(stack, waitForReply=True, responseCode=201,
                      verificationType="twilio")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call, body=b"{}")
        event = newest(webhook)
        assert not call.done()
        assert reply(webhook, key, event, given).status == 200
        a = call.result(50)
    assert a.status == status and a.body == body
    assert type is None or a.headers.get_all("Content-Type") == [type]
    assert a.headers["X-Content-Type-Options"] == "nosniff"
    assert a.headers["Creel-Event"] == event
    assert a.headers["X-Own"] == ("1" if "headers" in given and
                                  "X-Own" in given["headers"] else None)
    assert a.headers["Content-Security-Policy"].startswith("sandbox")
    for name in ("X-Accel-Redirect", "Set-Cookie", "B ad", "C", "D"):
        assert a.headers[name] is None
    # The first reply counts.
    assert reply(webhook, key, event, {}).status == 409


DEEP = b"[" * 500 + b"]" * 500


@pytest.mark.parametrize("given, status, body", [
    (b'{"body":"a\\u0000b\\u20ac\\ud83d\\ude00"}', 200, "a\0b€😀".encode()),
    (b'{"body":' + DEEP + b"}", 200, DEEP),
    (b'{"body": { "z" : 1.50, "z":\t"\\u0000" } ,"x":1}', 200,
     b'{ "z" : 1.50, "z":\t"\\u0000" }'),
    (b'{"b\\u006fdy":9223372036854775808,"responseCode":201.0}', 201,
     b"9223372036854775808"),
    (b'{"responseCode":99999999999999999999,"body":false}', 200, b"false"),
    (b'{"responseCode":"404","body":[ ]}', 200, b"[ ]"),
    (b'{"responseCode":199.5,"headers":"X: 1","body":""}', 200, b""),
    (b'{"body":"' + b"x" * (256 << 10) + b'"}', 200, b"x" * (256 << 10))],
    ids=range(8))
def test_reply_bytes(stack, key, given, status, body):
    """A text is sent as it is, other JSON as it was written."""
    webhook = Webhook(stack, waitForReply=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call, body=b"{}")
        a = reply(webhook, key, newest(webhook), given)
        assert a.status == 200, a.body
        a = call.result(50)
    assert a.status == status and a.body == body


@pytest.mark.parametrize("given, why", [
    (b'{"body":1,"body":1}', "body: duplicate member"),
    (b'{"responseCode":200,"r\\u0065sponseCode":200}',
     "responseCode: duplicate member"),
    (b'{"headers":{"X":"\\u0000"}}', "headers: Invalid JSON: U+0000"),
    (b'{"headers":{"X":' + DEEP[484:516] + b'}}', "headers: Invalid JSON"),
    (b'{"headers":{"X":"1","X":"2"}}', "headers: Invalid JSON: a duplicate"),
    (b'{"body":"' + b"\xff" + b'"}', "Invalid JSON"), (b"", "Invalid JSON"),
    (b'{"body":"' + b"x" * ((256 << 10) + 1) + b'"}', "at most"),
    (b'{"body":"x"' + b" " * (1 << 20) + b'}', "at most")],
    ids=range(9))
def test_invalid_replies(stack, key, given, why):
    """The call continues to wait for a valid one."""
    webhook = Webhook(stack, waitForReply=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call, body=b"{}")
        event = newest(webhook)
        a = reply(webhook, key, event, given)
        assert a.status == (413 if why == "at most" else 400)
        assert why in json.loads(a.body)["message"]
        assert reply(webhook, key, event, {}).status == 200
        assert call.result(50).status == 200


def test_reply_headers(stack, key):
    webhook = Webhook(stack, waitForReply=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call, body=b"{}")
        event = newest(webhook)
        for wrong in ({f"X-{i}": "v" for i in range(17)},
                      {"X-A": "v" * 8200}):
            assert reply(webhook, key, event,
                         {"headers": wrong}).status == 400
        given = {f"X-{i}": "v" * 500 for i in range(16)}
        assert reply(webhook, key, event, {"headers": given}).status == 200
        a = call.result(50)
    assert {n: a.headers[n] for n in given} == given


def test_hook_changes_while_a_call_waits(stack, key):
    """The hook's settings at the time of the call apply."""
    webhook = Webhook(stack, waitForReply=True)
    set_to = ("UPDATE creel.hook SET settings = settings || "
              "'{{\"waitForReply\": {}}}' WHERE id = '" + webhook.id + "'")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call, body=b"{}")
        event = newest(webhook)
        stack.psql(set_to.format("false"))
        assert reply(webhook, key, event, {"body": "late"}).status == 200
        assert call.result(50).body == b"late"
    wait_for(lambda: webhook.call(body=b"{}", timeout=90).status == 200,
             "a call that does not wait")
    event = newest(webhook, event)
    stack.psql(set_to.format("true"))
    assert reply(webhook, key, event, {}).status == 404
    assert stack.psql("SELECT payload->'data'->>'replyId' FROM "
                      "creel.event_payload WHERE application_id = "
                      f"'{stack.application}' AND hook_id = '{webhook.id}' "
                      "ORDER BY id").split("\n")[0]


def test_reply_to_a_call_that_does_not_wait(stack, key):
    webhook = Webhook(stack)
    webhook.call(body=b"{}")
    a = reply(webhook, key, webhook.column("id"), {})
    assert a.status == 404
    assert json.loads(a.body)["message"] == "Reply was not found"
    assert stack.psql("SELECT count(*) FROM creel.reply WHERE event_id = "
                      f"'{webhook.column('id')}'") == "0"


def test_reply_to_an_unknown_event(stack, key):
    webhook = Webhook(stack, waitForReply=True)
    unknown = "01a2008d-7400-7abc-8def-0123456789ff"
    for a in (reply(webhook, key, unknown, {}), reply(webhook, key, "x", {}),
              reply(webhook, key, unknown, {}, hook="0" * 24),
              reply(webhook, key, unknown, {},
                    application=stack.other_application)):
        assert a.status == 404 and json.loads(a.body)["type"] == "NotFound"
    assert reply(webhook, stack.api_key, unknown, {}).status == 403
    assert reply(webhook, "ck_wrong", unknown, {}).status == 401
    for bad in ([], "x", 1, None):
        assert reply(webhook, key, unknown, bad).status == 400


def test_reply_timeout(stack):
    webhook = Webhook(stack, waitForReply=True)
    a = webhook.call(body=b"{}", timeout=75)
    assert a.status == 504
    assert json.loads(a.body) == {
        "error": "Time out waiting for workflow reply"}
    assert webhook.column("id") == a.headers["Creel-Event"]
    assert webhook.events() == 1


def test_many_wait_on_few_threads(make_stack):
    """200 calls wait on 2 threads, which serve others meanwhile; each call
    gets its own reply, through another worker."""
    stack = make_stack(threads=2, losant_rate=0)
    assert stack.url
    key = stack.new_key("webhook.reply")
    webhook = Webhook(stack, waitForReply=True)
    other = stack.worker
    stack.start_worker()
    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        calls = [pool.submit(webhook.call, body=b"%d" % i)
                 for i in range(200)]
        wait_for(lambda: webhook.events() == 200, "all calls", 60)
        assert stack.post().status == 200
        assert not any(c.done() for c in calls)
        rows = stack.psql("SELECT id, convert_from(body, 'UTF8') FROM "
                          f"creel.event WHERE hook_id = '{webhook.id}'")
        for event, body in (r.split("|") for r in rows.split()):
            assert reply(webhook, key, event, {"body": body}).status == 200
        for i, call in enumerate(calls):
            a = call.result(50)
            assert a.status == 200 and a.body == b"%d" % i
    stack.stop_worker(worker=other)


def test_too_many_waiting_calls(make_stack):
    stack = make_stack(waiting=2)
    assert stack.url
    webhook = Webhook(stack, waitForReply=True)
    key = stack.new_key("webhook.reply")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(webhook.call, body=b"{}") for _ in range(2)]
        wait_for(lambda: webhook.events() == 2, "two calls")
        a = webhook.call(body=b"{}")
        assert a.status == 429
        assert json.loads(a.body) == {
            "error": "Over rate limit, request throttled"}
        for event in stack.psql("SELECT id FROM creel.event").split():
            assert reply(webhook, key, event, {}).status == 200
        assert {c.result(50).status for c in calls} == {200}
    assert webhook.events() == 2


def test_rate(make_stack, tmp_path):
    """Over two workers, each webhook for itself.  Calls that a window's end
    falls between are accepted up to the rate of each of the windows."""
    tmp_path.chmod(0o777)
    stack = make_stack(losant_rate=5, metrics_dir=tmp_path)
    one, other = Webhook(stack), Webhook(stack)
    first = stack.worker
    stack.start_worker()
    began, answers = time.monotonic(), []
    while len(answers) < 20 or answers[-1].status == 200:
        answers.append(one.call(body=b"{}"))
    windows = int((time.monotonic() - began) / WINDOW) + 2
    good = [a for a in answers if a.status == 200]
    assert 5 <= len(good) <= 5 * windows and one.events() == len(good)
    assert {a.status for a in answers} == {200, 429}
    assert json.loads(answers[-1].body) == {
        "error": "Over rate limit, request throttled"}
    assert other.call(body=b"{}").status == 200
    stack.stop_worker(worker=first)
