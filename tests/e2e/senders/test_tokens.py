# SPDX-License-Identifier: ISC
"""Bearer tokens and key sets as identity providers issue them."""
import json
import re
import time

import pytest

from conftest import send, wait_for
from issuer_api import add_issuer, b64, oct_jwk, token, write_set

NO_SUCH = "/events/01890a5d-ac96-774b-bcce-b302099a8057"
GOOD = oct_jwk(kid="good")
EX_USAGE = 64
EX_CONFIG = 78


@pytest.fixture(scope="module")
def stack(make_stack):
    return add_issuer(make_stack(), GOOD)


def works(stack, text):
    """The token is valid: the event that it asks for does not exist."""
    status = send(stack.url, "GET", NO_SUCH,
                  [("Authorization", "Bearer " + text)]).status
    assert status in (401, 404)
    return status == 404


NOW = int(time.time())      # when the tests are collected
DAY = 86400
DATES = [
    (0, True), (0.0, True), (1, True), (-1, True), (-62135596800, True),
    (NOW - 3600, True), (NOW - 3600.25, True), (1e9, True), (1e-9, True),
    (NOW + DAY, False), (NOW + DAY + 0.5, False), (NOW * 1000, False),
    (2**53 + 1, False), (1e300, False),
    ("0", False), (str(NOW), False), ("", False), (None, False), (True, False),
    (False, False), ([0], False), ({}, False)]


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.parametrize("date, valid", DATES)
def test_token_with_date(stack, claim, date, valid):
    """Old Keycloak sends "nbf": 0 in every token; others send fractions
    (RFC 7519 section 2: any number)."""
    assert works(stack, token(stack, {"kid": "good"}, **{claim: date})) == valid


@pytest.mark.parametrize("exp, valid", [
    (0, False), (-1, False), (NOW - 3600, False), (NOW + DAY + 0.5, True),
    (NOW * 1000, True), (2**63 - 1, True), (1e300, True),
    (str(NOW + DAY), False), (None, False), (..., False)])
def test_token_that_expires(stack, exp, valid):
    """Issuers of tokens that never expire send the largest number that they
    have."""
    assert works(stack, token(stack, {"kid": "good"}, exp=exp)) == valid


RSA_1024 = {"kty": "RSA", "e": "AQAB", "n": b64(b"\xc3" * 127 + b"\x01")}
ODD = {
    "RSA without n": {"kty": "RSA", "e": "AQAB", "alg": "RS256"},
    "RSA of 1024 bits": {**RSA_1024, "alg": "RS256"},
    "EC without alg": {"kty": "EC", "crv": "P-256", "x": b64(b"\x01" * 32),
                       "y": b64(b"\x02" * 32)},
    "secp256k1": {"kty": "EC", "crv": "secp256k1", "alg": "ES256K",
                  "x": b64(b"\x01" * 32), "y": b64(b"\x02" * 32)},
    "short secret": {"kty": "oct", "k": b64(b"short"), "alg": "HS256"},
    "unknown kty": {"kty": "AKP", "alg": "ML-DSA-65", "pub": b64(b"x" * 99)},
    "no kty": {"alg": "HS256"},
    "for encryption": oct_jwk(use="enc"),
    "for signing alone": oct_jwk(key_ops=["sign"]),
    "key wrapping": oct_jwk(alg="A256KW"),
    "unregistered alg": oct_jwk(alg="ES521"),
    "kid is a number": oct_jwk(kid=7),
    "the same kid": oct_jwk(kid="good"),
    "no object": "key"}


def skipped(text):
    return re.findall(r"sso\.jwks: key (\d+)(?: \(kid (.*?)\))?: skipped: (.+)",
                      text)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("first", [True, False])
def test_set_with_an_odd_key(stack, name, first):
    """An issuer's set has keys for other purposes and other programs (RFC 7517
    section 5): they are skipped, with the reason, and the others are used."""
    odd = ODD[name]
    if isinstance(odd, dict) and name != "kid is a number":
        odd = {"kid": "odd\x1b one", **odd}
    if name == "the same kid":
        first = False
    write_set(stack, *([odd, GOOD] if first else [GOOD, odd]))
    for args in ((), ("--json",)):
        p = stack.creelctl(*args, "check", check=False)
        (number, kid, why), = skipped(p.stdout)
        assert number == ("1" if first else "2") and why
        assert (kid != "") == ("kid" in odd and odd["kid"] != 7)
        assert "\x1b" not in p.stdout
    line, = [x for x in stack.creelctl("check", check=False).stdout.split("\n")
             if "skipped" in x]
    assert line.startswith("note  ")
    text = token(stack, {"kid": "good"})
    before = len(stack.logs())
    assert stack.stop_worker() == 0
    stack.start_worker()
    wait_for(lambda: "serving" in stack.logs()[before:], "the worker")
    assert works(stack, text)
    # One warning, and none when a key signs or verifies.
    log = stack.logs()[before:]
    assert len(skipped(log)) == 1 and re.search(" warn issuers: /.*skipped",
                                                log)


def test_set_without_a_usable_key(stack):
    """The configuration is wrong, and the error names the first reason."""
    write_set(stack, *[ODD[n] for n in ODD if n != "the same kid"])
    p = stack.creelctl("check", check=False)
    assert p.returncode == EX_CONFIG
    assert re.search("WRONG issuers and their keys: .*no usable key: "
                     r"/.*sso\.jwks: key 1.*: skipped: the key is incomplete",
                     p.stdout)
    write_set(stack, GOOD)


@pytest.mark.parametrize("scope", [
    "all.Application", "all.Application.read", "datasource.post", "device.*",
    "users.get", "user.*", "all.Organization", "all.User.read", "apiKey.view",
    "apiKey.*", "applications.post", "WEBHOOK_CALL", "", "*", "a b"])
def test_scopes_of_tokens(stack, scope):
    """creelctl and the HTTP interface create the same application tokens."""
    body = json.dumps({"name": "t", "scope": [scope]}).encode()
    by_http = send(
        stack.url, "POST", f"/applications/{stack.application}/tokens",
        [("Authorization", "Bearer " + stack.new_token("all.Organization")),
         ("Content-Type", "application/json")], body).status
    p = stack.creelctl("token", "create", "--application", stack.application,
                       "--name", "t", "--scope", scope, check=False)
    assert (by_http, p.returncode) in ((201, 0), (400, EX_USAGE))
    if p.returncode:
        assert "must be in all.Application for a token" in p.stderr
