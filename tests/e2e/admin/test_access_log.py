# SPDX-License-Identifier: ISC
"""The samples' log formats: no credential gets into an access log."""
# route: ANY /webhooks/:token/*
import urllib.parse

import pytest

from access_log import STARS, access_log, logged
from conftest import BUILD, program, run, send, wait_for
from raw_http import send_bytes
from wallboard_api import ENDPOINT, Door, encode

SECRET = "Hush0123456789_-hush0123456789_-hush0123"


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


@pytest.fixture(scope="module")
def token(stack):
    return stack.made("hook", "create", "--kind", "webhook", "--name", "w",
                      "--application", stack.application)["handle"]


# Requests, with %s for the secret, and the logged lines.  A mark is put before
# the protocol, or in the User-Agent.
REQUESTS = [
    ("/webhooks/%s", f"/webhooks/{STARS}"),
    ("/webhooks/%s/", f"/webhooks/{STARS}/"),
    ("/webhooks/%s/a/b?x=1&y=2", f"/webhooks/{STARS}/a/b?x=1&y=2"),
    ("/webhooks/%s?x=1", f"/webhooks/{STARS}?x=1"),
    ("/webhooks//%s", f"/webhooks//{STARS}"),
    ("/webhooks/./%s", f"/webhooks/./{STARS}"),
    ("//webhooks/%s", f"//webhooks/{STARS}"),
    ("/./webhooks/%s/x", f"/./webhooks/{STARS}/x"),
    ("/x/../webhooks/%s", f"/x/../webhooks/{STARS}"),
    ("/applications/../webhooks/%s", f"/applications/../webhooks/{STARS}"),
    ("/%%77ebhooks/%s", f"/%77ebhooks/{STARS}"),
    ("/webhook%%73/%s", f"/webhook%73/{STARS}"),
    ("/%%77%%65%%62%%68%%6F%%6f%%6B%%73/%s/x",
     f"/%77%65%62%68%6F%6f%6B%73/{STARS}/x"),
    ("/webhooks%%2F%s", f"/webhooks%2F{STARS}"),
    ("/webhooks/%%2e%%2e/%s", f"/webhooks/%2e%2e/{STARS}"),
    ("/WEBHOOKS/%s", f"/WEBHOOKS/{STARS}"),
    ("/webhooks/%s%%20x/y", f"/webhooks/{STARS}/y"),
    ("http://localhost/webhooks/%s", f"http://localhost/webhooks/{STARS}"),
    ("/webhooks/%s?a=1&api_key=%s&b=2",
     f"/webhooks/{STARS}?a=1&api_key={STARS}"),
    ("/x?payload=%s&payload=%s", f"/x?payload={STARS}"),
    ("/x?a&b=&payload=%s?&/%s", f"/x?a&b=&payload={STARS}"),
    ("/x?api_key=%s+%s", f"/x?api_key={STARS}"),
    (ENDPOINT + "/%s?apiKey=%s", f"{ENDPOINT}/{STARS}?apiKey={STARS}"),
]
# A key is recognized by its form, wherever it is.
KEY = "ck_" + "Hush0123456789_-hush0123456789_-hush0123ABC"
for TARGET in ("&apiKey=", "%3FapiKey=", "?apiKey%3D", "?x=1%26apiKey=",
               "?api-key=", "?key=", "?", "&/", "?x=1&y=", "%20x"):
    REQUESTS += [
        (ENDPOINT + (TARGET + SPELLED).replace("%", "%%"),
         ENDPOINT + TARGET + STARS)
        for SPELLED in (KEY, f"{KEY}/x?y={KEY}&z=1", KEY.replace("_", "%5F"),
                        "%63%6B%5f" + KEY[3:].replace("-", "%2d"))]
NAMES = ["api_key", "apiKey", "APIKEY", "Api_Key", "payload", "Payload",
         "verify", "hub.verify_token", "api%5Fkey", "%70ayload", "p%61yload"]
for NAME in NAMES:
    ESCAPED = NAME.replace("%", "%%")
    for PATH in ("/applications/0/events", "/hooks/incoming/0", "/elsewhere",
                 ENDPOINT):
        REQUESTS += [(f"{PATH}?{ESCAPED}=%s", f"{PATH}?{NAME}={STARS}"),
                     (f"{PATH}?x=1&{ESCAPED}=%s&y=2",
                      f"{PATH}?x=1&{NAME}={STARS}")]

# Other text stays.
KEPT = [
    "/", "/elsewhere?x=1&y=%20z", f"{ENDPOINT}?x=ck_0123456789&back_up=1",
    "/x?ck_" + "x" * 42, "/x?ck-" + "x" * 43, "/hooks/incoming/0a1b2c3d-0000",
    "/applications/0123456789abcdef01234567/webhooks/fedcba98?_links=true",
    "/applications/0123456789abcdef01234567/webhooks",
    "/applications/0/events?wait=1&after=2", "/x?key=1&xapi_key=2&apikeys=3",
    "/x?payloads=1&a=payload=2", "/webhooks?x=1", "/webhooksx",
    f"{ENDPOINT}?eventId=289478969&x=1", ENDPOINT]


def request(front, target, agent):
    send_bytes(front, f"GET {target} HTTP/1.1\r\nHost: localhost\r\n"
                      f"Connection: close\r\nUser-Agent: {agent}\r\n\r\n"
                      .encode())


def test_requests(front, token):
    for i, (target, want) in enumerate(REQUESTS):
        n = target.replace("%%", "").count("%s")
        target %= (SECRET,) * n
        request(front, target, f"mark-{i}.")
        assert logged(front, f"mark-{i}.") == f"GET {want} HTTP/1.1"
    for i, target in enumerate(KEPT):
        request(front, target, f"kept-{i}.")
        assert logged(front, f"kept-{i}.") == f"GET {target} HTTP/1.1"
    assert "hush" not in access_log(front).lower()


def test_triggers(front, stack, token):
    """Calls that succeed, and others."""
    def call(mark, method="POST", more="", headers=(), body=b"{}"):
        a = send(front.url, method, f"/webhooks/{token}{more}", [
            ("Referer", f"http://localhost/webhooks/{token}?api_key={SECRET}"),
            ("Authorization", f"Basic {SECRET}"), ("ApiKey", SECRET),
            ("User-Agent", mark), *headers], body)
        assert logged(front, mark) == \
            f"{method} /webhooks/{STARS}{more.replace(SECRET, STARS)} HTTP/1.1"
        return a.status

    assert call("trigger-1", more=f"/up?api_key={SECRET}") == 200
    assert call("trigger-2", more="/x?y=%20") == 200
    assert call("trigger-3", body=b"x" * (300 << 10)) == 413
    assert call("trigger-4", body=b"x" * (9 << 20)) == 413
    assert call("trigger-5", headers=[("Transfer-Encoding", "x")],
                body=None) in (400, 501)
    assert call("trigger-6", "TRACE", body=None) == 405
    assert token not in access_log(front) + stack.logs()
    assert SECRET not in access_log(front) + stack.logs()


def test_actions(front, stack):
    """Calls that succeed, with the key in each of its places."""
    door = Door(stack)
    event_id = door.action()["eventId"]
    payload = urllib.parse.quote(encode({"event_id": event_id}))
    for i, (query, want) in enumerate([
            (f"apiKey={door.key}&payload={payload}", f"apiKey={STARS}"),
            (f"api_key={door.key}&eventId={event_id}", f"api_key={STARS}"),
            (f"%61piKey={door.key}&payload={payload}", f"%61piKey={STARS}"),
            (f"eventId={event_id}&apiKey={door.key}",
             f"eventId={event_id}&apiKey={STARS}"),
            (f"payload={payload}&apiKey={door.key}", f"payload={STARS}")]):
        mark = [("User-Agent", f"action-{i}."),
                ("Referer", f"{front.url}{ENDPOINT}?apiKey={door.key}")]
        assert door.get(query, front.url, mark).status == 200
        assert logged(front, f"action-{i}.") == \
            f"GET {ENDPOINT}?{want} HTTP/1.1"
    assert door.post({"event_id": event_id}, url=front.url, headers=[
        ("User-Agent", "action-post")]).status == 200
    assert logged(front, "action-post") == f"POST {ENDPOINT} HTTP/1.1"
    text = access_log(front) + stack.logs() + front.logs()
    assert door.key not in text and payload not in text


MALFORMED = [
    "GET /webhooks/%s", "GET /webhooks/%s?api_key=%s HTTP/9.9",
    "GET /webhooks/%s HTTP/1.1\r\nno header", "GET  /webhooks/%s HTTP/1.1",
    "GET\t/webhooks/%s\tHTTP/1.1", "get /webhooks/%s HTTP/1.1",
    "GET webhooks/%s HTTP/1.1", "G@T /webhooks/%s?payload=%s HTTP/1.1",
    "GET /webhooks/%s/x y?payload=%s %s HTTP/1.1",
    "GET /x?api_key=%s %s HTTP/1.1", "GET /webhooks/%s%%zz HTTP/1.1",
    "GET /webhooks/%s/%%00 HTTP/1.1", "GET /webhooks/%s\x01 HTTP/1.1",
    "GET /webhooks/%s/../../../x HTTP/1.1", "POST /webhooks/%s HTTP/1.1",
    "GET /webhooks/%s/" + "a" * 20000 + " HTTP/1.1",
    "GET /webhooks/%s?" + "%%" * 9000 + "&payload=%s HTTP/1.1",
    "GET /webhooks/%s?payload=%s" + "&x=%%20" * 1000 + " HTTP/1.1",
    "GET /webhooks/%s HTTP/1.1\r\nX: " + "a" * 40000,
    "POST /webhooks/%s HTTP/1.1\r\nContent-Length: x",
    "POST /webhooks/%s HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
    "GET " + ENDPOINT + "?apiKey=%s&payload=%s" + "a" * 20000 + " HTTP/1.1",
    "G@T " + ENDPOINT + "?payload=%s&api_key=%s HTTP/1.1",
    "GET " + ENDPOINT + "?api_key=%s %s HTTP/1.1"]


def test_malformed(front):
    """Requests that the web server rejects before it selects a location."""
    for text in MALFORMED:
        n = text.replace("%%", "").count("%s")
        before = access_log(front).count("\n")
        send_bytes(front, (text % ((SECRET,) * n) + "\r\nConnection: close"
                           "\r\n\r\n").encode())
        wait_for(lambda: access_log(front).count("\n") > before, text[:40])
        assert "hush" not in access_log(front).lower(), text[:40]


def test_two_servers(stack, tmp_path):
    """Several servers may include creel.conf, after creel-http.conf."""
    server = f"server {{ listen unix:{tmp_path}/%d; include " \
        f"{BUILD}/nginx/creel.conf; access_log {tmp_path}/%d.log creel; }}\n"
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nevents {{ }}\nhttp {{\n"
        f"upstream creel {{ server unix:{stack.socket}; }}\n"
        f"include {BUILD}/nginx/creel-http.conf;\n"
        + server % (1, 1) + server % (2, 2) + "}\n")
    p = run(program("nginx"), "-t", "-p", tmp_path, "-c",
            tmp_path / "nginx.conf", "-e", tmp_path / "error.log")
    assert "syntax is ok" in p.stderr + (tmp_path / "error.log").read_text()
