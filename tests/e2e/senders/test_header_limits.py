# SPDX-License-Identifier: ISC
"""
Senders with long credentials: the longest token and the longest query that the
manual promises pass through each web server, and longer ones get Creel's error.
"""
import json
import time
import urllib.parse

import jwt
import pytest

from conftest import send
from wallboard_api import ENDPOINT, Door, encode

LONGEST = 8192  # bytes of a JWT, and of a query of Wallboard's by default
CGI_QUERY = 8190  # bytes that mod_cgid passes on


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


def token(stack, size):
    """A valid JWT of this size."""
    pem = (stack.dir / "es256.key").read_text()
    claims = {"iss": "https://local.example/", "aud": "creel", "sub": "sender",
              "exp": int(time.time()) + 600, "applications":
              [stack.application], "scope": "datasource.post event.get"}
    # Three bytes are four characters, so not each size is one of the claims.
    for more in range(4):
        n = (size - len(jwt.encode({**claims, "pad": ""}, pem, "ES256",
                                   {"x": "x" * more}))) * 3 // 4
        for pad in range(n - 4, n + 4):
            t = jwt.encode({**claims, "pad": "p" * pad}, pem, "ES256",
                           {"x": "x" * more})
            if len(t) == size:
                return t
    raise AssertionError(size)


def responses(stack, front, t):
    """Those to a token in each place where it may be."""
    for name, text in (("Authorization", f"Bearer {t}"),
                       ("Authentication", f"Bearer {t}")):
        yield stack.post(url=front.url, ApiKey=None, **{name: text})
    path = "/webhook/app/history?"
    for query in (f"api_key={t}", f"api_key={t}&page=1&x=" + "y" * 200):
        a = send(front.url, "GET", path + query)
        if front.kind == "apache-cgi" and len(query) > CGI_QUERY:
            assert (a.status, json.loads(a.body)["message"]) == (
                414, "URI Too Long")
        else:
            yield a


@pytest.mark.parametrize("size", [1000, *range(8164, LONGEST + 1)])
def test_longest_token(stack, front, size):
    """An issuer that puts a user's groups or keys into its tokens."""
    t = token(stack, size)
    for a in responses(stack, front, t):
        assert a.status == 200, (size, a.status, a.body[:200])


def test_longer_token(stack, front):
    """One byte more: Creel's 401, in the form of each door."""
    t = token(stack, LONGEST + 1)
    authorization, authentication, *reads = responses(stack, front, t)
    for a in (authorization, authentication):
        assert (a.status, a.headers["WWW-Authenticate"], a.body) == (
            401, "Bearer", b"")
    for a in reads:
        assert a.status == 401
        assert json.loads(a.body) == {"status": "Failed", "message":
                                      "Invalid or expired token"}


def test_longest_query(stack, front):
    """A wallboard with a long payload in its URL."""
    door = Door(stack)
    event = door.action()["eventId"]
    query = f"apiKey={door.key}&payload=" + urllib.parse.quote(
        encode({"event_id": event})) + "&x="
    longest = CGI_QUERY if front.kind == "apache-cgi" else LONGEST
    query += "y" * (longest - len(query))
    assert door.get(query, front.url).status == 200
    a = send(front.url, "GET", f"{ENDPOINT}?{query}y")
    assert a.status == 414
    assert json.loads(a.body)["error"] == (
        "URI Too Long" if front.kind == "apache-cgi" else
        f"query: must be at most {LONGEST} bytes")


def test_two_tokens(stack, front):
    """A proxy that adds its own token and a cookie to the sender's."""
    a = stack.post(url=front.url, ApiKey=None, Cookie="c=" + "x" * 8000,
                   Authorization="Bearer " + token(stack, LONGEST),
                   X_Forwarded_Access_Token=token(stack, LONGEST))
    assert a.status == 200, a.body
