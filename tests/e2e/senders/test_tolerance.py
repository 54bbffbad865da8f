# SPDX-License-Identifier: ISC
"""What senders get slightly wrong, what readers must be able to verify, and
responses without content."""
import base64
import concurrent.futures
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from conftest import send, wait_for
from feed_api import Reader
from quixy_api import EXAMPLE, Form, User, make_stack_quixy
from wallboard_api import ENDPOINT, VECTORS, Door, encode, success
from webhook_api import Webhook, reply

STARS = "*****REDACTED*****"


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack_quixy(make_stack, losant_rate=0)


# -- a slash at the end

def test_slash_at_the_end(stack, front):
    """A form of a product appends a slash to each URL that it is given, or
    its user did.  No redirect: most senders do not follow it with POST."""
    url = front.url
    form, door = Form(stack), Door(stack)
    token = User(stack, forms=[form]).token()
    event = door.action()["eventId"]
    json_type = ("Content-Type", "application/json")
    key = ("ApiKey", stack.api_key)
    owner = ("Authorization", "Bearer " + stack.new_key(
        "applications.get", "application.get", "webhooks.get", "webhooks.post",
        "event.body"))
    own = f"/applications/{stack.application}"
    for path, method, headers, body in (
            (stack.path(), "POST", [key, json_type], b'{"a":1}'),
            (stack.path(), "GET", [("ApiKey", stack.reader_key)], None),
            (form.path, "POST", [json_type, (
                "Authorization", f"Bearer {token}")], EXAMPLE),
            (ENDPOINT, "POST", [json_type, ("x-webhook-apikey", door.key)],
             json.dumps({"event_id": event}).encode()),
            (ENDPOINT, "OPTIONS", [], None),
            (own, "GET", [owner], None), (own + "/webhooks", "GET", [owner],
                                          None),
            (own + "/events", "GET", [owner], None),
            (own + "/webhooks", "POST", [owner, json_type], b'{"name":"x"}')):
        answers = [send(url, method, path + slash, headers, body)
                   for slash in ("", "/")]
        assert answers[0].status == answers[1].status < 300, path
        for name in "Content-Type", "Allow":
            assert answers[0].headers[name] == answers[1].headers[name]
        # With a query.
        assert send(url, method, path + "/?x=1", headers, body).status < 300
        # One slash.
        assert send(url, method, path + "//", headers, body).status >= 400
    a = send(url, "GET", f"{ENDPOINT}/?apiKey={door.key}&eventId={event}")
    assert success(a)
    # Errors keep the dialect of the door.
    a, b = (send(url, "POST", stack.path() + slash + "?details", [json_type],
                 b"{}") for slash in ("", "/"))
    assert a.status == b.status == 401
    for name in "Content-Type", "WWW-Authenticate":
        assert a.headers[name] == b.headers[name]
    # What follows a webhook's token is the sender's.
    w = Webhook(stack)
    for more in "", "/", "/a/":
        assert w.call(more=more, url=url).status == 200
        assert w.column("path") == (more or "/")


def test_slash_and_single_segments(stack):
    """The list at the top has one segment."""
    key = [("Authorization", "Bearer " + stack.new_key("applications.get"))]
    for path in "/applications", "/applications/", "/applications/?page=0":
        assert send(stack.url, "GET", path, key).status == 200


# -- a payload that was encoded too often

@pytest.mark.parametrize("text", VECTORS)
def test_payload_encoded_too_often(stack, text):
    """A home automation encodes the URL that the product's page encoded."""
    door = Door(stack)
    door.action(json.loads(text)["event_id"])
    plain = encode(text)
    once = [VECTORS[text], "".join(f"%{ord(c):02x}" for c in plain)]
    for payload in [*once, *(p.replace("%", "%25") for p in once)]:
        a = door.get(f"apiKey={door.key}&payload={payload}")
        success(a)
        assert json.loads(stack.psql(
            "SELECT convert_from(body, 'UTF8') FROM creel.event WHERE id ="
            f" '{a.headers['Creel-Event']}'")) == json.loads(text)


@pytest.mark.parametrize("payload", ["%25", "Zm9v%25", "Zm9v%252", "%2525zz",
                                     "eyJh%2500"])
def test_payload_with_a_percent(stack, payload):
    door = Door(stack)
    assert door.get(f"apiKey={door.key}&payload={payload}").status == 400


# -- Authorization

def seen(stack, webhook):
    """The headers of the newest event, and the bytes of its body."""
    reader = Reader(stack, stack.reader_key)
    item, = reader.page(hookId=webhook.id, limit=1)["items"]
    return item["data"]["headers"], reader.get(f"/{item['id']}/body").body


def test_teams_outgoing_webhook(stack):
    """Microsoft Teams signs the body with HMAC in Authorization; the program
    that reads the event verifies it."""
    secret = base64.b64encode(b"a security token of Teams")
    body = '{"type": "message",\r\n "text": "<at>Bot</at> h\u00e9"}'.encode()
    key = base64.b64decode(secret)
    signature = base64.b64encode(hmac.digest(key, body, "sha256")).decode()
    w = Webhook(stack)
    a = w.call(body=body, headers=[
        ("Content-Type", "application/json; charset=utf-8"),
        ("Authorization", f"HMAC {signature}")])
    assert a.status == 200
    headers, stored = seen(stack, w)
    scheme, given = headers["authorization"].split(" ")
    assert scheme == "HMAC" and hmac.compare_digest(
        base64.b64decode(given),
        hmac.new(key, stored, hashlib.sha256).digest())


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def test_pubsub_push_token(stack):
    """Google Pub/Sub sends a JWT that its reader verifies with Google's keys;
    it also is longer than most headers."""
    key = serialization.load_pem_private_key(
        (stack.dir / "rs256.key").read_bytes(), None)
    claims = {"iss": "https://accounts.google.com", "aud": "my-push",
              "email": "p@gcp.iam.gserviceaccount.com", "iat": 0, "exp": 2**32,
              "more": "x" * 2000}
    text = b".".join(b64url(json.dumps(part).encode()) for part in (
        {"alg": "RS256", "kid": "1", "typ": "JWT"}, claims))
    token = text + b"." + b64url(key.sign(text, padding.PKCS1v15(),
                                          hashes.SHA256()))
    w = Webhook(stack)
    body = b'{"message":{"data":"aGk=","messageId":"1"},"subscription":"s"}'
    a = w.call(body=body, headers=[("Authorization", b"Bearer " + token)])
    assert a.status == 200
    headers, stored = seen(stack, w)
    scheme, given = headers["authorization"].split(" ")
    signed, _, signature = given.rpartition(".")
    key.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="), signed.encode(),
        padding.PKCS1v15(), hashes.SHA256())
    assert scheme == "Bearer" and stored == body
    assert json.loads(base64.urlsafe_b64decode(
        signed.split(".")[1] + "==")) == claims
    # The log has no secret; creelctl shows what is stored.
    assert given not in stack.logs()
    assert given in stack.creelctl("event", "show",
                                   a.headers["Creel-Event"]).stdout


def test_who_sees_authorization(stack):
    """Only readers with the right to bodies."""
    w = Webhook(stack)
    a = w.call(body=b"{}", headers=[("Authorization", "HMAC c2VjcmV0")])
    path = f"/events/{a.headers['Creel-Event']}"
    b = stack.get(path, stack.new_key("event.get"))
    assert b.status == 200 and b"c2VjcmV0" not in b.body
    assert b"HMAC c2VjcmV0" in stack.get(path).body
    feed = f"/applications/{stack.application}/events"
    assert stack.get(feed, stack.new_key("event.get")).status == 403


@pytest.mark.parametrize("settings", [
    {"basicAuthUsername": "u"}, {"basicAuthPassword": "p"},
    {"basicAuthUsername": "u", "basicAuthPassword": "p"}])
def test_password_is_redacted(stack, settings):
    """The password of the hook itself is nothing to verify: wire/losant 1.7."""
    w = Webhook(stack, **settings)
    word = base64.b64encode(":".join(settings.get(f"basicAuth{x}", "")
                            for x in ("Username", "Password")).encode())
    a = w.call(body=b"{}", headers=[("Authorization", b"Basic " + word)])
    assert a.status == 200
    headers, _ = seen(stack, w)
    assert headers["authorization"] == STARS
    assert word.decode() not in w.column("event::text")


def test_keys_of_creel_are_masked(stack):
    """A sender presents its key of another door, in any of three ways."""
    w = Webhook(stack)
    for value in (f"Bearer {stack.api_key}", stack.api_key, "Basic " + base64.
                  b64encode(f"k:{stack.api_key}".encode()).decode()):
        a = w.call(body=b"{}", headers=[("Authorization", value)])
        assert a.status == 200
        headers, _ = seen(stack, w)
        assert STARS in headers["authorization"]
        assert value[-20:] not in w.column("event::text")


def test_credentials_of_other_doors_stay_hidden(stack):
    """There Authorization is a credential of Creel."""
    form, door = Form(stack), Door(stack)
    token = User(stack, forms=[form]).token()
    door.action("e2")
    for path, headers, body in (
            (stack.path(), [("Authorization", f"Bearer {stack.token}")],
             b"{}"),
            (form.path, [("Authorization", f"Bearer {token}")], EXAMPLE),
            (ENDPOINT, [("x-webhook-apikey", door.key),
                        ("Authorization", "Basic eDp5")],
             b'{"event_id":"e2"}')):
        a = send(stack.url, "POST", path, [
            *headers, ("Content-Type", "application/json")], body)
        assert a.status == 200
        found = stack.psql("SELECT headers->>'authorization' FROM creel.event"
                           f" WHERE id = '{a.headers['Creel-Event']}'")
        assert found == STARS


# -- responses without content

def is_empty(answer, status):
    assert (answer.status, answer.body) == (status, b"")
    assert answer.headers["Content-Type"] is None
    assert answer.headers["Content-Length"] in (
        (None, "0") if status == 205 else (None,))


@pytest.mark.parametrize("status", [100, 199, 204, 205, 304])
def test_response_code_without_content(stack, front, status):
    """Strict clients report a body that follows such a status, and read it as
    the next response."""
    w = Webhook(stack, responseCode=status)
    for method, body in ("POST", b"{}"), ("GET", None), ("HEAD", None):
        is_empty(w.call(method, body=body, url=front.url),
                 204 if status < 200 else status)


@pytest.mark.parametrize("status", [204, 205, 304])
def test_reply_without_content(stack, status):
    """A workflow replies with a body to a status that allows none."""
    w = Webhook(stack, waitForReply=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(w.call, body=b"{}")
        event = wait_for(lambda: w.column("id"), "an event")
        a = reply(w, stack.new_key("webhook.reply"), event, {
            "responseCode": status, "body": {"a": 1},
            "headers": {"Content-Type": "text/plain", "X-Own": "1"}})
        assert a.status == 200
        a = call.result(50)
    is_empty(a, status)
    assert a.headers["X-Own"] == "1" and a.headers["Creel-Event"] == event
