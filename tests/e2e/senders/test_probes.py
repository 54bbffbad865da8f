# SPDX-License-Identifier: ISC
"""Requests that are no calls: HEAD, preflight requests of browsers, and the
handshake of CloudEvents.  None stores an event, waits, or uses up the rate of
the sender that comes after it."""
# route: OPTIONS /webhooks/:token/*
import concurrent.futures
import http.client
import json
import select
import socket
import urllib.parse

import pytest

import seeded
from conftest import send, wait_for
from webhook_api import Webhook, reply

ALLOW = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
PAGE = "https://shop.example"
SENDER = "eventgrid.azure.net"


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


def names(answer, prefix):
    """The headers of an answer that begin with this."""
    return [n for n in answer.headers if n.lower().startswith(prefix)]


def preflight(webhook, origin=PAGE, headers=None, **options):
    return webhook.call("OPTIONS", headers=[
        ("Origin", origin), ("Access-Control-Request-Method", "POST"),
        *([("Access-Control-Request-Headers", headers)] if headers else [])],
        **options)


def handshake(webhook, origin=SENDER, *headers, **options):
    return webhook.call("OPTIONS", headers=[
        ("WebHook-Request-Origin", origin), *headers], **options)


def consents(answer):
    return names(answer, "webhook-") != []


# -- through each web server

def test_page_calls_a_webhook(stack, front):
    """A shop's page posts JSON with fetch(): the browser asks first, and then
    lets the page read the answer only with a header."""
    url = front.url
    w = Webhook(stack, allowedOrigins=["https://other.example", PAGE])
    a = preflight(w, headers="content-type,x-request-id", url=url)
    assert (a.status, a.body) == (204, b"")
    assert a.headers["Allow"] == ALLOW
    assert a.headers["Access-Control-Allow-Origin"] == PAGE
    assert a.headers["Access-Control-Allow-Methods"] == ALLOW
    assert a.headers["Access-Control-Allow-Headers"] == \
        "content-type,x-request-id"
    assert int(a.headers["Access-Control-Max-Age"]) > 0
    assert "Origin" in a.headers["Vary"]
    assert w.events() == 0
    a = w.call(headers=[("Origin", PAGE)], body=b"{}", url=url)
    assert a.status == 200
    assert a.headers["Access-Control-Allow-Origin"] == PAGE
    assert a.headers["Access-Control-Expose-Headers"] == \
        "Creel-Event, Idempotency-Replayed"
    assert "Origin" in a.headers["Vary"]
    assert a.headers["Creel-Event"] == w.column("id")


# -- HEAD

def test_trello_asks_with_head(stack, front):
    """Trello sends HEAD before it creates its webhook, and requires 200."""
    w = Webhook(stack)
    a, b = (w.call(method, url=front.url) for method in ("HEAD", "GET"))
    assert (a.status, a.body) == (200, b"")
    assert a.headers["Content-Type"] == b.headers["Content-Type"]
    # Apache leaves it out if it has the head before the end (RFC 9110, 8.6).
    assert a.headers["Content-Length"] in (b.headers["Content-Length"], None)
    assert a.headers["Creel-Event"] is None
    assert w.events() == 1


def test_monitor_asks_with_head_where_calls_wait(stack, front):
    """An uptime monitor checks the URL of a hook that waits for replies."""
    w = Webhook(stack, waitForReply=True, responseCode=202)
    assert w.call("HEAD", url=front.url, timeout=20).status == 202
    assert w.events() == 0


@pytest.mark.parametrize("settings, headers, status", [
    ({"responseCode": 299}, [], 299),
    ({"basicAuthUsername": "u"}, [], 401),
    ({"basicAuthUsername": "u"}, [("Authorization", "Basic dTo=")], 200),
    ({"verificationType": "twilio"}, [], 200),
    ({"verificationType": "fitbit"}, [], 204),
    ({"verificationType": "alexa"}, [], 400),
    ({"isWebsocket": True}, [], 404)])
def test_head_answers_as_get(stack, settings, headers, status):
    """A proxy revalidates a URL with HEAD before it sends GET."""
    w = Webhook(stack, **settings)
    assert w.call("HEAD", headers=headers).status == status
    assert w.events() == 0
    assert w.call("GET", headers=headers).status == status


def test_head_is_stored_if_wanted(stack):
    """A sender whose HEAD is the message, such as a link checker."""
    w = Webhook(stack, storeHead=True)
    a = w.call("HEAD", "/x?y=1")
    assert a.status == 200 and a.headers["Creel-Event"] == w.column("id")
    assert w.column("method") == "HEAD" and w.column("path") == "/x"


def test_head_does_not_wait_for_news(stack):
    """A monitor sends HEAD to the URL that a reader polls."""
    reader = [("ApiKey", stack.reader_key)]
    for path in ("?wait=60", "?order=oldest&wait=60"):
        a = send(stack.url, "HEAD", f"/applications/{stack.application}/events"
                 f"{path}&hookId={'0' * 24}", reader, timeout=20)
        assert a.status == 200


# -- browsers

def test_page_reads_errors(make_stack):
    """The page shows its user why the call failed."""
    s = make_stack(losant_rate=1)
    w = Webhook(s, allowedOrigins=[PAGE], basicAuthUsername="u")

    def call(body, *headers):
        return w.call(headers=[("Origin", PAGE), *headers], body=body)
    right = "Authorization", "Basic dTo="
    for a, status in ((call(b"x" * ((256 << 10) + 1), right), 413),
                      (call(b"{}"), 401), (call(b"{}", right), 429)):
        assert a.status in (status, 429)
        assert a.headers["Access-Control-Allow-Origin"] == PAGE


def test_page_waits_for_a_reply(stack):
    """The reply's own CORS headers count, if it has any."""
    key = stack.new_key("webhook.reply")
    w = Webhook(stack, allowedOrigins=[PAGE], waitForReply=True)
    before = ""
    for headers, origin in (({}, PAGE), (
            {"access-control-allow-origin": "*"}, "*")):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            call = pool.submit(w.call, headers=[("Origin", PAGE)], body=b"{}")
            event = wait_for(lambda: (e := w.column("id")) != before and e,
                             "an event")
            assert reply(w, key, event, {"headers": headers}).status == 200
            a = call.result(50)
        assert a.headers.get_all("Access-Control-Allow-Origin") == [origin]
        before = event


@pytest.mark.parametrize("allowed, origin, answer", [
    (None, PAGE, None), ([], PAGE, None), ([PAGE], PAGE, PAGE),
    ([PAGE], PAGE + ":8443", None), ([PAGE], "http://shop.example", None),
    ([PAGE], PAGE + ".evil.example", None), ([PAGE], "null", None),
    ([PAGE], "https://shop.exampl", None), ([PAGE], "", None),
    ([PAGE], "https://SHOP.example", "https://SHOP.example"),
    (["http://localhost:3000"], "http://localhost:3000",
     "http://localhost:3000"),
    ([PAGE, "https://b.example"], f"{PAGE} https://b.example", None),
    ("*", PAGE, "*"), ("*", "null", "*"),
    ([SENDER], "https://" + SENDER, None)])
def test_which_pages(stack, allowed, origin, answer):
    """A page of an origin that is not listed learns nothing."""
    w = Webhook(stack, **({} if allowed is None else
                          {"allowedOrigins": allowed}))
    for a in (preflight(w, origin, "x-a"),
              w.call(headers=[("Origin", origin)], body=b"{}")):
        assert a.headers["Access-Control-Allow-Origin"] == answer
        if answer is None:
            assert names(a, "access-control-") == []
        assert (a.headers["Vary"] == "Origin") == \
            (isinstance(allowed, list) and allowed != [])
    assert w.events() == 1


def test_preflight_where_nothing_else_is_needed(stack):
    """The browser sends neither password nor signature with its question, and
    asks about a disabled hook as about others."""
    for settings in ({"basicAuthPassword": "p"}, {"verificationType": "alexa"},
                     {"waitForReply": True}, {"responseCode": 500}):
        w = Webhook(stack, allowedOrigins="*", **settings)
        assert preflight(w, timeout=20).status == 204
        stack.creelctl("hook", "disable", w.id)
        a = preflight(w)
        assert a.status == 204 and a.headers["Access-Control-Allow-Origin"]
        assert w.events() == 0
    assert preflight(Webhook(stack, isWebsocket=True)).status == 404
    a = send(stack.url, "OPTIONS", "/webhooks/unknown")
    assert a.status == 404
    assert json.loads(a.body) == {"error": "No webhook found"}


def test_header_names_are_not_repeated_blindly(stack):
    """Only a list of names comes back."""
    a = preflight(Webhook(stack, allowedOrigins="*"), headers="a: b")
    assert a.headers["Access-Control-Allow-Headers"] is None


@pytest.mark.parametrize("value, why", [
    (5, "wrong type"), (None, "wrong type"), ({}, "wrong type"),
    ("", "allowedOrigins: must be"), (PAGE, "allowedOrigins: must be"),
    ([5], "must be"), ([""], "must be"), (["*"], "must be"),
    ([PAGE + "/"], "must be"), (["https://"], "must be"),
    (["a b"], "must be"), (["://x"], "must be"), (["h" * 256], "must be"),
    (["a\nb"], "must be"), (["https://u@h"], "must be"),
    (["x"] * 65, "at most 64")])
def test_invalid_origins(stack, value, why):
    p = stack.creelctl("hook", "create", "--kind", "webhook", "--name", "w",
                       "--application", stack.application, "--settings",
                       json.dumps({"allowedOrigins": value}), check=False)
    assert p.returncode != 0 and why in p.stderr
    assert "unknown" not in p.stderr


def test_origins_in_the_resource(stack):
    """The settings are properties of the webhook resource."""
    key = stack.new_key("webhooks.post", "webhook.patch")
    path = f"/applications/{stack.application}/webhooks"

    def call(method, path, body):
        return send(stack.url, method, path, [
            ("Authorization", f"Bearer {key}"),
            ("Content-Type", "application/json")], json.dumps(body).encode())
    a = call("POST", path, {"name": "w", "allowedOrigins": [PAGE, SENDER],
                            "storeHead": True})
    made = json.loads(a.body)
    assert a.status == 201 and made["storeHead"] is True
    assert made["allowedOrigins"] == [PAGE, SENDER]
    for value in "*", []:
        a = call("PATCH", f"{path}/{made['id']}", {"allowedOrigins": value})
        assert json.loads(a.body)["allowedOrigins"] == value
    a = call("POST", path, {"name": "w", "allowedOrigins": PAGE})
    assert a.status == 400
    assert "allowedOrigins: must be" in json.loads(a.body)["message"]


# -- other OPTIONS

def test_options_of_every_door(stack, front):
    """An API client discovers the methods: of hooks, lists and the rest."""
    for path, allow in (
            (f"/webhooks/{Webhook(stack).token}/a?b", ALLOW),
            (stack.path(), "POST, GET, HEAD, OPTIONS"),
            ("/webhook/app/incoming-data", "POST, OPTIONS"),
            ("/public-api/integration/webhooks", "GET, POST, OPTIONS"),
            ("/applications", "GET, HEAD, POST, OPTIONS"),
            (f"/applications/{stack.application}/events",
             "GET, HEAD, OPTIONS")):
        a = send(front.url, "OPTIONS", path, [("Origin", PAGE)], b"{}")
        assert (a.status, a.body) == (204, b""), path
        assert a.headers["Allow"] == allow
        assert names(a, "access-control-") == []
    assert stack.psql("SELECT count(*) FROM creel.event"
                      " WHERE method = 'OPTIONS'") == "0"


# -- CloudEvents

def test_event_grid_handshake(stack, front):
    """Azure Event Grid asks before it delivers CloudEvents: http-webhook
    4.1.  Its callback is not needed, and never called."""
    w = Webhook(stack, allowedOrigins=[PAGE, SENDER])
    callback = socket.create_server(("127.0.0.1", 0))
    a = handshake(w, SENDER, ("WebHook-Request-Rate", "120"), (
        "WebHook-Request-Callback",
        f"http://127.0.0.1:{callback.getsockname()[1]}/"), url=front.url)
    assert (a.status, a.body) == (200, b"")
    assert a.headers["WebHook-Allowed-Origin"] == SENDER
    assert a.headers["WebHook-Allowed-Rate"] == "*"
    assert "POST" in a.headers["Allow"]
    assert w.events() == 0
    # The delivery repeats the header.
    a = w.call(headers=[("WebHook-Request-Origin", SENDER),
                        ("Content-Type", "application/cloudevents+json")],
               body=b'{"specversion":"1.0"}', url=front.url)
    assert a.status == 200 and w.events() == 1
    assert not select.select([callback], [], [], 0)[0]
    callback.close()


@pytest.mark.parametrize("allowed, origin, answer", [
    ("*", SENDER, "*"), ([SENDER], SENDER, SENDER),
    ([SENDER], "EventGrid.Azure.net", "EventGrid.Azure.net"),
    ([], SENDER, None), (None, SENDER, None), ([SENDER], "x." + SENDER, None),
    ([SENDER], "azure.net", None), ([SENDER], "*", None), ([SENDER], "", None),
    ([PAGE], "shop.example", None)])
def test_which_senders(stack, allowed, origin, answer):
    """Silence is no consent, whatever the status: http-webhook 4.2."""
    w = Webhook(stack, **({} if allowed is None else
                          {"allowedOrigins": allowed}))
    a = handshake(w, origin)
    assert a.headers["WebHook-Allowed-Origin"] == answer
    assert consents(a) == (answer is not None)
    assert a.status == (200 if answer else 204)
    assert w.events() == 0


def test_allowed_rate(make_stack):
    """The rate is promised for a minute; Creel counts ten seconds."""
    s = make_stack(losant_rate=25)
    w = Webhook(s, allowedOrigins="*")
    for rate in "120", "0", "many", "":
        a = handshake(w, SENDER, ("WebHook-Request-Rate", rate))
        assert a.headers["WebHook-Allowed-Rate"] == "150"


def test_page_and_sender_at_once(stack):
    """Both questions in one request get both answers."""
    w = Webhook(stack, allowedOrigins=[PAGE, SENDER])
    a = handshake(w, SENDER, ("Origin", PAGE),
                  ("Access-Control-Request-Method", "POST"))
    assert a.headers["WebHook-Allowed-Origin"] == SENDER
    assert a.headers["Access-Control-Allow-Origin"] == PAGE


# -- whatever the headers

HEADERS = {
    "Origin": [PAGE, "null", "", "*", "https://evil.example"],
    "Access-Control-Request-Method": ["POST", "HEAD", "OPTIONS", "x y"],
    "Access-Control-Request-Headers": ["content-type", "authorization, x", ""],
    "WebHook-Request-Origin": [SENDER, "*", "", "x" * 300],
    "WebHook-Request-Rate": ["1", "-1", "9" * 30, "x"],
    "WebHook-Request-Callback": ["http://127.0.0.1:9/", "x"],
    "Idempotency-Key": ["k", "k" * 300], "X-GitHub-Delivery": ["d"],
    "X-HTTP-Method-Override": ["POST"], "X-HTTP-Method": ["PUT"],
    "Prefer": ["wait=60"], "Upgrade": ["websocket"],
    "Content-Type": ["application/json", "text/plain", "a/b"],
    "Authorization": ["Basic dTo=", "Basic eDp5", "Bearer x"],
    "If-None-Match": ["*"], "Range": ["bytes=0-1"], "Accept": ["text/event"]}

SETTINGS = [
    {}, {"allowedOrigins": "*"}, {"allowedOrigins": [PAGE, SENDER]},
    {"responseCode": 204, "allowedOrigins": [PAGE]}, {"responseCode": 500},
    {"verificationType": "twilio"}, {"verificationType": "fitbit"},
    {"verificationType": "facebook", "verificationCode": "c"}]
SILENT = [
    {"waitForReply": True}, {"waitForReply": True, "allowedOrigins": "*"},
    {"basicAuthUsername": "u", "basicAuthPassword": "p"},
    {"verificationType": "alexa"}, {"isWebsocket": True}]
TAILS = ["", "/", "/a/b", "//", "?x=1", "?hub.mode=subscribe", "?verify=c",
         "?wait=60", "/%2e?method=POST"]


class Line:
    """A connection that is kept."""

    def __init__(self, url):
        u = urllib.parse.urlsplit(url)
        self.c = http.client.HTTPConnection(u.hostname, u.port, timeout=20)

    def call(self, method, path, headers, body):
        try:
            return self.once(method, path, headers, body)
        except (http.client.RemoteDisconnected, ConnectionError):
            # nginx ends a connection after 1000 requests.
            self.c.close()
            return self.once(method, path, headers, body)

    def once(self, method, path, headers, body):
        self.c.request(method, path, body, headers)
        r = self.c.getresponse()
        r.read()
        return r


def make_targets(s):
    """Webhooks that store what they are sent, and all paths for probes."""
    calls = [f"/webhooks/{Webhook(s, **more).token}" for more in SETTINGS * 3]
    silent = [Webhook(s, **more) for more in SILENT]
    silent.append(Webhook(s, allowedOrigins="*"))
    s.creelctl("hook", "disable", silent[-1].id)
    key, feed = s.reader_key, f"/applications/{s.application}/events"
    return calls, [*calls * 3, *(f"/webhooks/{w.token}" for w in silent * 3),
                   "/webhooks/unknown", s.path(), f"{feed}?wait=60",
                   f"{feed}?order=oldest&wait=60", f"/events/{'0' * 8}",
                   f"/public-api/integration/webhooks?apiKey={key}&eventId=1",
                   "/webhook/app/incoming-data", "/oauth/token"]


def test_no_probe_is_a_call(make_stack):
    """No OPTIONS and no HEAD, whatever its headers, stores an event, waits or
    takes a place, and a call among them always is stored."""
    random = seeded.generator("probes")
    s = make_stack(waiting=1, waiting_application=1)
    calls, paths = make_targets(s)
    line, stored = Line(s.url), []
    for i in range(seeded.CASES):
        real = random.random() < .06
        method = "POST" if real else random.choice(["OPTIONS", "HEAD"])
        path = random.choice(calls if real else paths)
        if "?" not in path:
            path += random.choice(TAILS)
        chosen = random.sample(sorted(HEADERS), random.randrange(6))
        headers = {"ApiKey": s.reader_key, **{
            name: random.choice(HEADERS[name]) for name in chosen}}
        if real:
            # A call with the key of another is that call.
            headers.pop("X-GitHub-Delivery", 0)
            headers["Idempotency-Key"] = f"{i}"
        body = random.choice([None, b"", b"{}", b"x" * 5000])
        a = line.call(method, path, headers, body)
        what = f"{i}: {method} {path} {headers}: {a.status}"
        if real:
            assert a.headers["Creel-Event"], what
            stored.append(a.headers["Creel-Event"])
        else:
            assert a.headers["Creel-Event"] is None, what
            assert a.status != 504 and (method == "HEAD" or
                                        a.status in (200, 204, 400, 404)), what
    found = s.psql("SELECT id FROM creel.event ORDER BY id").split()
    assert found == sorted(stored) and len(found) > seeded.CASES * .03
    assert "too many callers" not in s.logs()
    # The place is free.
    w = Webhook(s, waitForReply=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(w.call, body=b"{}")
        event = wait_for(lambda: w.column("id"), "an event")
        assert reply(w, s.new_key("webhook.reply"), event, {}).status == 200
        assert call.result(50).status == 200
