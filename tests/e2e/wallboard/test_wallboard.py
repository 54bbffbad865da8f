# SPDX-License-Identifier: ISC
"""Wallboard's door: a call to an action, by POST and by GET."""
# route: POST /public-api/integration/webhooks
# route: GET /public-api/integration/webhooks
import json
import re
import urllib.parse

import pytest

from conftest import FRONTS, send, wait_for
from wallboard_api import (ALL, ENDPOINT, VECTORS, Door, encode, event, failed,
                           success)

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


def test_get(stack, front, door, action):
    """A URL with a key and a payload, as a browser opens it."""
    data = {"sensor_data": SENSOR, "event_id": "289478969", "more": [1]}
    a = door.payload(data, url=front.url)
    assert a.headers["Referrer-Policy"] == "no-referrer"
    id = success(a)
    e = event(stack, id)
    assert e["method"] == "GET" and e["path"] == ENDPOINT
    assert e["query"] == "" and json.loads(e["body"]) == data
    assert e["parsed"]["sensorData"] == SENSOR
    assert e["parsed"]["eventId"] == "289478969"
    assert door.key not in json.dumps(e)


@pytest.fixture(scope="module")
def vectors(door, action):
    """The actions for the vectors."""
    for text in VECTORS:
        event_id = json.loads(text)["event_id"]
        if event_id != action["eventId"]:
            door.action(event_id)


@pytest.mark.parametrize("text", VECTORS)
def test_vectors(stack, front, door, vectors, text):
    """As specified, and with common mistakes: no URL encoding, no padding, the
    other alphabet."""
    good = VECTORS[text]
    plain = urllib.parse.unquote(good)
    for payload in (good, plain, plain.rstrip("="),
                    plain.replace("+", "-").replace("/", "_"),
                    plain.replace("+", "%20"), good.replace("%2B", "+"),
                    plain[:8] + "%0D%0A" + plain[8:] + "%0A"):
        id = success(door.get(f"apiKey={door.key}&payload={payload}",
                              url=front.url))
        assert event(stack, id)["body"] == text


def test_legacy(stack, door, action):
    """The oldest form: the event id in the query (wire/wallboard 5.1)."""
    for name in ("eventId", "event_id"):
        id = success(door.get(f"{name}=289478969&apiKey={door.key}&x=1"))
        e = event(stack, id)
        assert json.loads(e["body"]) == {"event_id": "289478969"}
        assert e["query"] == f"{name}=289478969&x=1"
        assert "sensorData" not in e["parsed"]
    both = f"eventId=289478969&event_id={{}}&apiKey={door.key}"
    success(door.get(both.format("289478969")))
    failed(door.get(both.format("289478968")), 400, "must equal")
    failed(door.get(f"eventId=1&eventId=1&apiKey={door.key}"), 400, "duplicate")
    failed(door.get(f"eventId=&apiKey={door.key}"), 400, "1 to 64")
    failed(door.get(f"eventId=%0a&apiKey={door.key}"), 400, "1 to 64")
    failed(door.get(f"apiKey={door.key}"), 400, "payload: required")


@pytest.mark.parametrize("value, reason", [
    ("", "empty"), ("%20", "empty"), ("====", "empty"),
    ("hello!", "must be base64"), ("eyJh%00", "must be base64"),
    ("ey%E4Jh", "must be base64"), ("e", "incomplete"), ("eyJhI", "incomplete"),
    ("e30==", "incomplete"), ("e30===", "incomplete"),
    ("e3=0", "must be base64"), ("e31", "incomplete"),
    ("eyJ9=", "incomplete"), ("e25vcGV9", "payload: "),
    (encode('["x"]'), "JSON object"), (encode("1"), "JSON object"),
    (encode("null"), "JSON object"), (encode("{}"), "event_id: required"),
    (encode(b'{"event_id":"\xff"}'), "payload: "),
    (encode("\ufeff\ufeff{}"), "payload: "),
    (encode('{"event_id":"1"}}'), "payload: "),
    (encode("[" * 600 + "]" * 600), "payload: "),
    (encode(encode('{"event_id":"289478969"}')), "payload: "),
])
def test_payload_rejected(door, action, value, reason):
    before = door.events()
    value = urllib.parse.quote(value, safe="%")
    failed(door.get(f"apiKey={door.key}&payload={value}"), 400, reason)
    assert door.events() == before


def test_payload_twice(door, action):
    good = urllib.parse.quote(encode({"event_id": "289478969"}))
    failed(door.get(f"apiKey={door.key}&payload={good}&payload={good}"), 400,
           "duplicate")
    # The same name in other spellings.
    failed(door.get(f"apiKey={door.key}&payload={good}&%70ayload={good}"), 400,
           "duplicate")


# -- the event id

@pytest.mark.parametrize("member", [
    '"event_id":289478969', '"eventId":"289478969"', '"eventId":289478969',
    '"event_id":"289478969","eventId":289478969',
    '"event_id":"\\u0032\\u00389478969"', '"event\\u005fid":"289478969"',
    '"data":{"dataArray":[{"event_id":1.5}]},"event_id":"289478969"'])
def test_event_id(stack, door, action, member):
    body = "{" + member + "}"
    for a in (door.post(body), door.payload(body)):
        e = event(stack, success(a))
        assert e["parsed"]["eventId"] == "289478969" and e["body"] == body


@pytest.mark.parametrize("member, reason", [
    ('"event_id":289478969.0', "integer"),
    ('"event_id":28947896.9e1', "integer"),
    ('"event_id":1e3', "integer"), ('"event_id":-1', "integer"),
    ('"event_id":9007199254740992', "integer"),
    ('"event_id":' + "9" * 400, "integer"),
    ('"event_id":true', "event_id: must"),
    ('"event_id":null', "event_id: must"),
    ('"event_id":{}', "event_id: must"), ('"event_id":["289478969"]', "must"),
    ('"eventId":false', "eventId: must"), ('"event_id":""', "1 to 64"),
    ('"event_id":"%s"' % ("x" * 65), "1 to 64"),
    ('"event_id":"a\\u0000"', "control"), ('"event_id":"a\\n"', "control"),
    ('"event_id":"\\ud800"', "event_id: must"),
    ('"event_id":"1","event_id":"1"', "duplicate"),
    ('"event_id":"1","event\\u005fid":"2"', "duplicate"),
    ('"event_id":"289478969","eventId":"1"', "must equal"),
    ('"event_id":"289478969","sensor_data":1,"sensor_data":2', "duplicate"),
    ('"Event_Id":"289478969"', "required"), ('"x":1', "required")])
def test_event_id_rejected(door, action, member, reason):
    before = door.events()
    body = "{" + member + "}"
    failed(door.post(body), 400, reason)
    failed(door.payload(body), 400, reason)
    assert door.events() == before


def test_event_id_largest_number(stack, door):
    door.action("9007199254740991")
    success(door.post('{"event_id":9007199254740991}'))


@pytest.mark.parametrize("event_id", [
    "a'b\"c\\d", "{1,2}", "a:b", "🐟" * 64, " ", "%20", "NULL", "a b",
    "0" * 32, "5A0F2C1E-8F53-4D0B-9A5E-0D6F4A1C2B3D"])
def test_event_id_of_any_text(stack, door, event_id):
    a = door.action(event_id)
    for r in (door.post({"event_id": event_id}),
              door.payload({"event_id": event_id})):
        e = event(stack, success(r))
        assert e["hook_id"] == a["id"]
        assert e["parsed"]["eventId"] == event_id


# -- sensor data

@pytest.mark.parametrize("text", [
    '{"id":"s","event":"e","value":"v"}', '"{id: \'s\', value: \'v\' }"',
    "[1, 2.50, 1e400]", "null", "false", "12345678901234567890123",
    '{"a":{"a":1,"a":2}}'])
def test_sensor_data(stack, door, action, text):
    """Any JSON, stored as it came."""
    id = success(door.post(f'{{"event_id":289478969,"sensor_data":{text} }}'))
    assert stack.psql(f"SELECT parsed->'sensorData' FROM creel.event WHERE "
                      f"id = '{id}'") == text


def test_sensor_data_rejected(door, action):
    """JSON that PostgreSQL cannot represent would break readers."""
    for text, reason in (('{"a":["\\u0000"]}', "U+0000"),
                         ('"\\udc00"', "surrogate")):
        failed(door.post(f'{{"event_id":289478969,"sensor_data":{text}}}'),
               400, reason)


def test_snapshot(stack, door):
    """The event stores the action as it was at the call."""
    a = door.action("snap", timeout=5)
    old = success(door.post({"event_id": "snap"}))
    door.api.call("PATCH", f"/{a['id']}", {"timeout": 7, "steps": [
        {"function": "RESTART_DEVICE", "targets": {"tags": ["x"]}}]},
        status=200)

    def new():
        e = event(stack, success(door.post({"event_id": "snap"})))
        return e if e["parsed"]["timeout"] == 7 else None
    e = wait_for(new, "the change")
    assert e["targets"] == ["tag:x"]
    assert e["parsed"]["steps"][0]["function"] == "RESTART_DEVICE"
    e = event(stack, old)
    assert e["parsed"]["timeout"] == 5 and e["targets"] == ["all"]


# -- rights

def test_carriers(stack, front, door, action):
    """A header of any case, and two parameters."""
    body = {"event_id": "289478969"}
    for headers, query in (([("X-WEBHOOK-APIKEY", door.key)], ""),
                           ([("X-Webhook-Apikey", door.key)], ""),
                           ([], f"apiKey={door.key}"),
                           ([], f"api_key={door.key}&a=1"),
                           ([], f"%61piKey={door.key}"),
                           ([("x-webhook-apikey", door.key)],
                            f"apiKey={door.key}&api_key={door.key}")):
        id = success(door.post(body, False, front.url, headers, query))
        assert event(stack, id)["query"] == ("a=1" if "a=1" in query else "")
        pairs = f"payload={urllib.parse.quote(encode(body))}&{query}"
        success(door.get(pairs, front.url, headers))


def test_key_rejected(stack, door, action):
    other = stack.new_key("action.call")
    jwt = stack.new_token("action.call")
    key, before = door.key, door.events()
    for headers, query in (
            ([], ""), ([("ApiKey", key)], ""), ([], f"apikey={key}"),
            ([("Authorization", f"Bearer {key}")], ""),
            ([("x-webhook-apikey", jwt)], ""), ([], f"apiKey={jwt}"),
            ([("x-webhook-apikey", "")], ""), ([], "apiKey="),
            ([("x-webhook-apikey", key[:-1])], ""),
            ([("x-webhook-apikey", f"Bearer {key}")], ""),
            # Two keys, equal or not, both valid.
            ([("x-webhook-apikey", key)] * 2, ""),
            ([], f"apiKey={key}&apiKey={key}"),
            ([], f"apiKey={key}&api_key={other}"),
            ([("x-webhook-apikey", key)], f"apiKey={other}"),
            ([("x-webhook-apikey", key)], "api_key=")):
        failed(door.post({"event_id": "289478969"}, False, None, headers,
                         query), 401, "API key")
        failed(door.get("eventId=289478969&" + query, None, headers), 401)
    assert door.events() == before


def test_scope(stack, door, action):
    """The product's other scopes do not permit calls."""
    key = stack.new_key("datasource.post", "action.get", "actions.post")
    failed(door.post({"event_id": "289478969"}, key), 403)
    failed(door.get(f"eventId=289478969&apiKey={key}"), 403)
    success(door.post({"event_id": "289478969"},
                      stack.new_key("all.Application")))


def test_disabled_key(stack, door, action):
    made = stack.made("key", "create", "--name", "k", "--application",
                      stack.application, "--scope", "action.call")
    stack.secrets.append(made["key"])
    success(door.post({"event_id": "289478969"}, made["key"]))
    stack.creelctl("key", "disable", made["id"])
    wait_for(lambda: door.post({"event_id": "289478969"},
                               made["key"]).status == 401, "the change")


def test_unknown(stack, door, action):
    """An unknown action, a disabled one, and another application's get the
    same response."""
    theirs = Door(stack, stack.other_application)
    theirs.action("theirs")
    disabled = door.action("off")
    success(door.post({"event_id": "off"}))
    door.api.call("PATCH", f"/{disabled['id']}", {"enabled": False}, status=200)
    wait_for(lambda: door.post({"event_id": "off"}).status == 404, "the change")
    texts = {failed(door.post({"event_id": id}), 404)
             for id in ("nothing", "off", "theirs")}
    texts |= {failed(door.get(f"eventId={id}&apiKey={door.key}"), 404)
              for id in ("nothing", "off", "theirs")}
    assert len(texts) == 1
    success(theirs.post({"event_id": "theirs"}))


def test_same_id_of_two_tenants(stack, door):
    theirs = Door(stack, stack.other_application)
    ours, other = door.action("both"), theirs.action("both")
    for d, a in ((door, ours), (theirs, other)):
        assert event(stack, success(d.post({"event_id": "both"})))[
            "hook_id"] == a["id"]
    # No id leads out of the application.
    failed(door.post({"event_id": f"{theirs.application}:both"}), 404)


def test_key_of_some_hooks(stack, door, action):
    only = door.action("only")
    key = stack.new_key("action.call", args=("--hook", only["id"]))
    success(door.post({"event_id": "only"}, key))
    failed(door.post({"event_id": "289478969"}, key), 403)


def test_own_events(stack, door, action):
    """A caller may read the status of its own events only."""
    id = success(door.post({"event_id": "289478969"}))
    a = stack.get(f"/events/{id}", door.key)
    assert a.status == 200 and json.loads(a.body)["id"] == id
    other = stack.new_key("action.call")
    assert stack.get(f"/events/{id}", other).status == 404


# -- HTTP

def test_idempotency(stack, door, action):
    named = [("Idempotency-Key", "one")]
    before = door.events()
    ids = {success(door.post({"event_id": "289478969"}, headers=named))
           for _ in range(3)}
    # With GET it is another call.
    failed(door.payload({"event_id": "289478969"}, headers=named), 422,
           ids.copy().pop())
    assert len(ids) == 1 and door.events() == before + 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_methods(front, door, action, method):
    before = door.events()
    a = door.get(f"eventId=289478969&apiKey={door.key}", front.url,
                 method=method)
    assert a.status == 405
    assert a.headers["Allow"] == "GET, POST, OPTIONS"
    assert a.headers["Cache-Control"] == "no-store"
    if method != "HEAD":
        failed(a, 405)
    assert door.events() == before


@pytest.mark.parametrize("name, value", [
    ("Sec-Purpose", "prefetch"), ("Sec-Purpose", "prefetch;prerender"),
    ("Purpose", "prefetch"), ("X-Moz", "prefetch"), ("X-Purpose", "preview")])
def test_prefetch(door, action, name, value):
    """A browser's prefetch triggers nothing."""
    before = door.events()
    failed(door.payload({"event_id": "289478969"}, headers=[(name, value)]),
           403, "prefetch")
    assert door.events() == before


@pytest.mark.parametrize("name", ["Purpose", "Sec-Purpose", "X-Moz"])
def test_prefetch_among_others(door, action, name):
    """All headers of that name are checked."""
    before = door.events()
    for values in (("x", "prefetch"), ("prefetch", "x"), ("x", "y",
                                                          "preview")):
        failed(door.payload({"event_id": "289478969"}, headers=[
            (name, value) for value in values]), 403, "prefetch")
    assert door.events() == before
    success(door.payload({"event_id": "289478969"}, headers=[
        (name, "x"), (name, "y")]))


def test_get_with_a_body(stack, front, door, action):
    """It is ignored (wire/README 6)."""
    id = success(door.payload({"event_id": "289478969"}, url=front.url,
                              body=b'{"event_id":"nothing"}'))
    assert json.loads(event(stack, id)["body"]) == {"event_id": "289478969"}


@pytest.mark.parametrize("type, status", [
    ("application/json", 200), ("application/json; charset=utf-8", 200),
    ("application/vnd.x+json", 200), (None, 200), ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415), ("multipart/form-data", 415),
    ("application/json; charset=latin1", 200)])
def test_content_type(door, action, type, status):
    a = door.post({"event_id": "289478969"}, content_type=type)
    success(a) if status == 200 else failed(a, status)


@pytest.mark.parametrize("body", ["", "{", "[]", "1", '"289478969"', "null",
                                  '{"event_id":"289478969"} x',
                                  "event_id=289478969"])
def test_body_rejected(door, action, body):
    before = door.events()
    failed(door.post(body), 400)
    assert door.events() == before


def test_limits(stack, door, action):
    def body(n):
        text = '{"event_id":"289478969","x":"%s"}'
        return text % ("x" * (n - len(text) + 2))
    success(door.post(body(64 << 10)))
    failed(door.post(body((64 << 10) + 1)), 413)
    # nginx's limit for a header line is 8 KiB.
    failed(door.get(f"apiKey={door.key}&x=" + "x" * (1 << 20)), 414)


def test_query_limit(make_stack):
    s = make_stack(wallboard_query_limit="400")
    d = Door(s)
    d.action("e")
    query = f"apiKey={d.key}&eventId=e&x="
    success(d.get(query + "x" * (400 - len(query))))
    failed(d.get(query + "x" * (401 - len(query))), 414, "400")
    failed(d.post({"event_id": "e"}, query="x" * 401), 414, "400")


def test_front_limits(front, door):
    """The web server's own rejections are in the door's dialect."""
    a = door.get("payload=" + "x" * (1 << 20), front.url)
    o = json.loads(a.body)
    assert a.status == 414 and o["message"] == "Error" and o["error"]
    a = door.post("x" * (9 << 20), url=front.url)
    o = json.loads(a.body)
    assert a.status == 413 and o["message"] == "Error" and o["error"]


def test_paths_below(front, door):
    """Other paths below the door's are not found, in its dialect."""
    a = send(front.url, "GET", "/public-api/other")
    failed(a, 404)
    failed(send(front.url, "GET", ENDPOINT + "//"), 404)


def test_no_secret_in_the_logs(stack, front, door, action):
    door.get(f"eventId=289478969&apiKey={door.key}", front.url)
    door.post({"event_id": "289478969"}, url=front.url)
    text = stack.logs()
    assert "door=wallboard" in text
    for secret in stack.secrets:
        assert secret not in text and secret not in front.logs()


def test_stored_query(stack, door, action):
    """It has no key in it, whatever the case of the parameter's name."""
    k = door.key
    id = success(door.post({"event_id": "289478969"}, k,
                           query=f"a=1&APIKEY={k}&%41PI%5fkey={k}&b=%20"
                           f"&api_key={k}&payload=x"))
    e = event(stack, id)
    assert e["query"] == "a=1&b=%20" and k not in json.dumps(e)


def test_key_in_disguise(stack, door, action):
    """A key elsewhere is found by its form, except in the body."""
    k, stars = door.key, "*****REDACTED*****"
    body = json.dumps({"event_id": "289478969", "x": k})
    id = success(door.post(body, k, query=f"x=1%26apiKey={k}&key={k}&{k}=2",
                           headers=[
        ("Referer", f"https://h{ENDPOINT}?apiKey={k}&x={k}"),
        ("X-Original-Url", f"{ENDPOINT}%3FapiKey%3D{k}%26x"),
        ("X-Other", k[:-1])]))
    e = event(stack, id)
    assert e["query"] == f"x=1%26apiKey={stars}&key={stars}&{stars}=2"
    assert e["body"] == body
    headers = json.loads(stack.psql(
        f"SELECT headers FROM creel.event WHERE id = '{id}'"))
    assert headers["referer"] == f"https://h{ENDPOINT}?apiKey={stars}&x={stars}"
    assert headers["x-original-url"] == f"{ENDPOINT}%3FapiKey%3D{stars}%26x"
    assert headers["x-other"] == k[:-1]
    assert k not in stack.psql("SELECT to_jsonb(e) - 'body' FROM creel.event e "
                               f"WHERE id = '{id}'")


# -- other origins

def test_no_origin(door, action):
    a = door.post({"event_id": "289478969"},
                  headers=[("Origin", "https://x.example")])
    assert a.headers["Access-Control-Allow-Origin"] is None
    a = send(door.stack.url, "OPTIONS", ENDPOINT,
             [("Origin", "https://x.example"),
              ("Access-Control-Request-Method", "POST")])
    assert a.status == 204 and a.headers["Allow"] == "GET, POST, OPTIONS"
    assert a.headers["Access-Control-Allow-Methods"] is None


def test_origin(make_stack):
    s = make_stack(wallboard_origin="https://x.example")
    d = Door(s)
    d.action("e")
    page = [("Origin", "https://x.example")]
    a = send(s.url, "OPTIONS", ENDPOINT, [
             *page, ("Access-Control-Request-Method", "POST"),
              ("Access-Control-Request-Headers", "x-webhook-apikey")])
    assert a.status == 204 and a.body == b""
    assert a.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert a.headers["Access-Control-Allow-Headers"] == "x-webhook-apikey"
    for a, status in ((a, 204), (d.post({"event_id": "e"}, headers=page), 200),
                      (d.post({"event_id": "x"}, headers=page), 404),
                      (d.post({"event_id": "e"}, False, headers=page), 401),
                      (d.get("", method="PUT", headers=page), 405)):
        assert a.status == status
        assert a.headers["Access-Control-Allow-Origin"] == "https://x.example"
        assert a.headers["Vary"] == "Origin"
    # On no other path, and for no other page.
    for a in (send(s.url, "GET", "/public-api/other", page),
              d.post({"event_id": "e"}, headers=[("Origin", "https://y")])):
        assert a.headers["Access-Control-Allow-Origin"] is None


# -- outages

@pytest.mark.parametrize("kind", FRONTS)
def test_worker_away(make_stack, kind):
    """The web server responds 503 in the door's dialect."""
    if kind not in ("nginx", "apache-proxy"):
        pytest.skip("this web server starts the program itself")
    s = make_stack()
    url = s.front(kind).url
    d = Door(s)
    wait_for(lambda: "serving" in s.logs(), "the worker")
    assert s.stop_worker() == 0
    s.listener.close()
    for a in (d.post({"event_id": "1"}, url=url),
              d.get(f"eventId=1&apiKey={d.key}", url)):
        o = failed(a, 503)
        assert o and a.headers["Retry-After"]


def test_rejected_by_the_web_server(front):
    """405 and 400 of the web server itself."""
    a = send(front.url, "TRACE", ENDPOINT)
    assert a.status == 405
    # Without a proxy Apache has only a page of its own for TRACE.
    if front.kind in ("nginx", "apache-proxy"):
        failed(a, 405)
        assert a.headers["Allow"] == "GET, POST, OPTIONS"
    failed(send(front.url, "GET", ENDPOINT + "/%zz"), 400)


def test_no_database(make_stack, cluster):
    """A call that cannot be stored does not succeed."""
    s = make_stack(cache_ttl=3600)
    d = Door(s)
    d.action("e")
    success(d.post({"event_id": "e"}))
    cluster.psql(f"""ALTER DATABASE {s.database} ALLOW_CONNECTIONS false;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '{s.database}'""")
    a = d.post({"event_id": "e"})
    assert failed(a, 503) == "The service is not available now"
    assert a.headers["Retry-After"] == "5"
    cluster.psql(f"ALTER DATABASE {s.database} ALLOW_CONNECTIONS true")
    wait_for(lambda: d.post({"event_id": "e"}).status == 200, "the database")
