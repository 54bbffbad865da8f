# SPDX-License-Identifier: ISC
"""Users' access tokens: how they are issued, and how long they are valid."""
# route: POST /webhook/token
# route: POST /oauth/token
import base64
import json
import secrets
import time
import urllib.parse

import pytest

from conftest import run, send, wait_for
from fcgi_client import Connection, variables
from losant_api import each_worker, only
from quixy_api import (EXAMPLE, Form, User, answer, call, claims, failed,
                       make_stack_quixy, post, query, sign)

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack_quixy(make_stack)


@pytest.fixture(scope="module")
def form(stack):
    return Form(stack)


@pytest.fixture
def user(stack, form):
    return User(stack)


@pytest.fixture(autouse=True)
def calm(stack):
    """Failures count for ten seconds; a restarted worker has counted none."""
    stack.stop_worker()
    stack.start_worker()


def ask(stack, body=None, key=None, url=None):
    return call(stack, "POST", "/webhook/token", key, url=url,
                body=None if body is None else json.dumps(body).encode())


def oauth(stack, basic=None, url=None, content_type=FORM, **parameters):
    headers = [("Content-Type", content_type)]
    if basic is not None:
        text = base64.b64encode(":".join(basic).encode()).decode()
        headers.append(("Authorization", f"Basic {text}"))
    return send(url or stack.url, "POST", "/oauth/token", headers,
                query(**parameters).encode())


def rejected(a, status, error):
    """Checks an error of RFC 6749, section 5.2."""
    o = answer(a, status)
    assert list(o) == ["error", "error_description"] and o["error"] == error
    assert a.headers["Pragma"] == "no-cache"
    if status == 401:
        assert a.headers["WWW-Authenticate"] == 'Basic realm="creel"'


GRANT = {"grant_type": "client_credentials"}


# -- issuing

def test_token(stack, front, form, user):
    now = int(time.time())
    a = ask(stack, {"secret_key": user.key}, url=front.url)
    o = answer(a)
    assert list(o) == ["access_token", "token_type", "expires_in", "scope"]
    assert o["token_type"] == "Bearer" and o["expires_in"] == 600
    assert a.headers["Pragma"] == "no-cache"
    header, c = claims(o["access_token"])
    assert header["typ"] == "at+jwt"
    assert c["iss"] == "https://users.example/" and c["aud"] == "creel"
    assert c["sub"] == user.email and c["client_id"] == user.id
    assert c["scope"] == "form.post event.get" and "form" not in c
    assert c["applications"] == [user.application]
    assert c["exp"] == c["iat"] + 600 and now <= c["iat"] <= time.time()
    assert user.key not in str(c)
    answer(post(stack, form, o["access_token"]))
    other = answer(ask(stack, key=user.key, url=front.url))["access_token"]
    assert claims(other)[1]["jti"] != c["jti"]
    answer(post(stack, form, other))
    bound = user.token(app_key=form.key)
    assert claims(bound)[1]["form"] == form.id
    assert user.key not in stack.logs()
    assert o["access_token"] not in stack.logs()


@pytest.mark.parametrize("body, status", [
    (None, 401), ({}, 401), ({"secret_key": "ck_" + "A" * 43}, 401),
    ({"secret_key": "x"}, 401), ({"secret_key": 1}, 400),
    ({"secret_key": ""}, 400), ({"secret_key": "x", "a": 1}, 400), ([], 400),
    ({"secret_key": "x" * 256}, 400)])
def test_bad_key(stack, body, status):
    failed(ask(stack, body), status)


def test_bad_requests(stack, user):
    failed(call(stack, "POST", "/webhook/token", body=b"{"), 400)
    failed(ask(stack, {"secret_key": user.key}, user.key), 400, "already sent")
    # An application's API key is not a user's.
    key = stack.new_key("form.post")
    failed(ask(stack, {"secret_key": key}), 401)
    failed(ask(stack, {"secret_key": user.token()}), 400)
    failed(ask(stack, {"secret_key": user.key, "app_key": "none"}), 404)
    elsewhere = stack.made("application", "create", "q")["id"]
    foreign = Form(stack, application=elsewhere)
    failed(ask(stack, {"secret_key": user.key, "app_key": foreign.key}), 404)
    mine, other = Form(stack), Form(stack)
    only = User(stack, forms=[mine])
    only.token(app_key=mine.key)
    failed(ask(stack, {"secret_key": only.key, "app_key": other.key}), 403)
    failed(call(stack, "GET", "/webhook/token"), 405)


def test_no_access(stack, user):
    user.change("enabled = false")
    failed(ask(stack, {"secret_key": user.key}), 403, "Integration Access")
    rejected(oauth(stack, client_id=user.email, client_secret=user.key,
                  **GRANT), 400, "unauthorized_client")
    user.delete()
    wait_for(lambda: ask(stack, {"secret_key": user.key}).status == 401,
             "a 401")


def test_without_user_issuer(make_stack):
    """No tokens are issued, and the log says why."""
    s = make_stack()
    user = User(s)
    failed(ask(s, {"secret_key": user.key}), 503)
    a = oauth(s, client_id=user.email, client_secret=user.key, **GRANT)
    rejected(a, 503, "temporarily_unavailable")
    assert a.headers["Retry-After"]
    assert "user_issuer is not set" in s.logs()
    # The Secret Key itself is still a valid credential.
    answer(send(s.url, "POST", f"{Form(s).path}?api_key={user.key}",
                [("Content-Type", "application/json")], EXAMPLE))


def test_configuration(stack, tmp_path):
    for change, expected in (
            ("user_issuer = users", "user_issuer = nobody"),
            ("user_issuer = users", "user_issuer = other")):
        conf = tmp_path / "creel.conf"
        conf.write_text(stack.conf.read_text().replace(change, expected))
        p = run(stack.fcgi, "-f", conf, "--check", check=False)
        assert p.returncode == 78 and "user_issuer" in p.stdout + p.stderr + \
            stack.logs()


# -- OAuth 2.0

def test_oauth(stack, front, form, user):
    for who in (user.email.upper(), user.id):
        for way in ({"basic": (who, user.key)},
                    {"client_id": who, "client_secret": user.key},
                    {"basic": (urllib.parse.quote_plus(who),
                               urllib.parse.quote_plus(user.key))}):
            a = oauth(stack, url=front.url, **GRANT, **way)
            o = answer(a)
            assert list(o) == ["access_token", "token_type", "expires_in",
                               "scope"]
            assert a.headers["Pragma"] == "no-cache"
            answer(post(stack, form, o["access_token"]))
    o = answer(oauth(stack, client_id=user.email, client_secret=user.key,
                     scope="event.get", **GRANT))
    assert o["scope"] == "event.get"
    assert claims(o["access_token"])[1]["scope"] == "event.get"
    failed(post(stack, form, o["access_token"]), 403)
    answer(call(stack, "GET", "/webhook/app/history", o["access_token"]))
    o = answer(oauth(stack, basic=(user.email, user.key), app_key=form.key,
                     **GRANT))
    assert claims(o["access_token"])[1]["form"] == form.id


def test_plus_address(stack):
    user = User(stack, "a+b@example.org")
    for who in (user.email, "a%2Bb%40example.org"):
        answer(oauth(stack, basic=(who, user.key), **GRANT))
    answer(oauth(stack, client_id=user.email, client_secret=user.key, **GRANT))


def test_oauth_errors(stack, user):
    good = {"client_id": user.email, "client_secret": user.key}
    basic = (user.email, user.key)

    def is_refused(status, error, **options):
        rejected(oauth(stack, **options), status, error)

    is_refused(400, "invalid_request", **good)
    is_refused(400, "unsupported_grant_type", grant_type="password", **good)
    is_refused(400, "invalid_scope", scope="event.body", **good, **GRANT)
    is_refused(400, "invalid_scope", scope="form.post all.Application",
               **good, **GRANT)
    is_refused(400, "invalid_scope", scope='"x"', **good, **GRANT)
    is_refused(400, "invalid_request", basic=basic, **good, **GRANT)
    is_refused(400, "invalid_request", basic=basic, client_id="x", **GRANT)
    is_refused(400, "invalid_request", content_type="application/json",
               **good, **GRANT)
    is_refused(400, "invalid_request", app_key="none", **good, **GRANT)
    is_refused(401, "invalid_client", **GRANT)
    is_refused(401, "invalid_client", client_id=user.email, **GRANT)
    is_refused(401, "invalid_client", basic=(user.email, "x"), **GRANT)
    is_refused(401, "invalid_client", basic=("x", user.key), **GRANT)
    a = send(stack.url, "POST", "/oauth/token",
             [("Content-Type", FORM), ("Authorization", f"Bearer {user.key}")],
             b"grant_type=client_credentials")
    rejected(a, 401, "invalid_client")
    a = send(stack.url, "POST", "/oauth/token", [("Content-Type", FORM)],
             query(**good, **GRANT).encode() + b"&scope=a&scope=b")
    rejected(a, 400, "invalid_request")
    rejected(send(stack.url, "GET", "/oauth/token"), 405, "invalid_request")


# -- validity

def forged(stack, user, header=None, **changes):
    """A token as from /webhook/token, with other claims."""
    now = int(time.time())
    _, payload = claims(user.token())
    payload.update({"iat": now, "nbf": now, "exp": now + 600})
    payload.update(changes)
    payload = {k: v for k, v in payload.items() if v is not None}
    return sign(stack, header or {"typ": "at+jwt", "alg": "HS256"}, payload)


def test_forged(stack, form, user):
    """Tokens that the tests sign are accepted if their claims are valid."""
    answer(post(stack, form, forged(stack, user)))


@pytest.mark.parametrize("age, status", [(590, 200), (600, 401), (601, 401)])
def test_ten_minutes(stack, form, user, age, status):
    """To the second, independent of the issuer's leeway."""
    iat = int(time.time()) - age
    token = forged(stack, user, iat=iat, nbf=iat, exp=iat + 600)
    assert post(stack, form, token).status == status


@pytest.mark.parametrize("changes", [
    {"client_id": "0" * 24}, {"key": None}, {"key": "0" * 64}, {"key": ""},
    {"applications": ["0" * 24]}, {"applications": []}, {"aud": "other"},
    {"iss": "https://other.example/"}, {"exp": None}, {"iat": 1 << 40},
    {"scope": "datasource.post"}, {"scope": "all.Application event.body"}])
def test_other_claims(stack, form, user, changes):
    """A token has no more rights than its user."""
    a = post(stack, form, forged(stack, user, **changes))
    if "all.Application" not in changes.get("scope", ""):
        failed(a, 403 if "scope" in changes else 401)
        return
    id = answer(a)["request_id"]
    a = call(stack, "GET", f"/events/{id}",
             forged(stack, user, **changes))
    assert a.status == 200 and "body" not in json.loads(a.body)


def test_bad_tokens(stack, form, user):
    failed(post(stack, form, None), 401)
    for token in ("x", "a.b.c", forged(stack, user) + "x",
                  forged(stack, user, {"typ": "x", "alg": "HS256"}),
                  forged(stack, user, {"typ": "at+jwt", "alg": "none"})):
        a = post(stack, form, token)
        failed(a, 401)
        assert json.loads(a.body)["message"] == "Invalid or expired token"


def test_form_removed_from_user(stack, form, user):
    """A token for a form is rejected when the user no longer reaches it."""
    token = user.token(app_key=form.key)
    answer(post(stack, form, token))
    other = Form(stack)
    user.change(f"hook_ids = '{{{other.id}}}'")
    wait_for(lambda: post(stack, form, token).status == 403, "a 403")
    failed(post(stack, other, token), 403)


@pytest.mark.parametrize("how", ["disable", "key", "delete", "application"])
def test_access_revoked(make_stack, how):
    """On every worker at once, by notification: cache entries would be valid
    for an hour."""
    s = make_stack_quixy(make_stack, threads=2, cache_ttl=3600)
    workers = [s.worker, s.start_worker()]
    wait_for(lambda: s.logs().count("listening for changes") >= 3,
             "the listeners")
    application = s.made("application", "create", "q")["id"]
    form = Form(s, application=application)
    user = User(s, application=application)
    token = user.token()

    try:
        for _ in each_worker(workers):
            answer(post(s, form, token))
        {"disable": lambda: user.change("enabled = false"),
         "key": user.new_key, "delete": user.delete,
         "application": lambda: s.psql(f"""DELETE FROM creel.application
            WHERE id = '{application}'""")}[how]()
        for _ in each_worker(workers):
            answers = []
            wait_for(lambda: answers.append(post(s, form, token)) or
                     answers[-1].status != 200, "the end of the token", 5)
            failed(answers[-1], 401)
        if how == "disable":
            user.change("enabled = true")
            for _ in each_worker(workers):
                wait_for(lambda: post(s, form, token).status == 200, "a 200")
    finally:
        s.stop_worker(worker=workers[0])


# -- throttling

def caller(stack, address, path, key):
    """Calls from an address, directly to the worker."""
    params = variables(path, length=len(EXAMPLE),
                       authorization=f"Bearer {key}",
                       content_type="application/json")
    with Connection(stack.socket) as c:
        return c.request({**params, "REMOTE_ADDR": address}, EXAMPLE)


def wrong():
    return "ck_" + secrets.token_urlsafe(32)


def slowed(stack, address, path, key=None):
    """Fails until the response is 429; returns the responses. A window may end
    meanwhile, once."""
    answers = []
    wait_for(lambda: answers.append(caller(
        stack, address, path, key or wrong())) or
        answers[-1].status == 429, "429")
    assert {a.status for a in answers[:-1]} == {401}
    assert 11 <= len(answers) <= 21
    return answers


def test_address_is_throttled(stack, form, user):
    """After ten failures with any keys; valid keys and other addresses are not
    throttled."""
    token = user.token()
    answers = slowed(stack, "192.0.2.7", form.path)
    assert answers[-1].headers["Retry-After"] == "10"
    o = json.loads(answers[-1].body)
    assert o["status"] == "Failed" and "too many" in o["message"]
    for address in ("192.0.2.7", "192.0.2.8"):
        for key in (token, user.key):
            assert caller(stack, address, form.path, key).status == 200
    assert caller(stack, "192.0.2.8", form.path, wrong()).status == 401
    wait_for(lambda: caller(stack, "192.0.2.7", form.path,
                            wrong()).status == 401, "the window's end")


def test_key_is_throttled(stack, form, user):
    """An invalid key from any addresses; no other key is throttled."""
    key, answers = wrong(), []
    addresses = (f"198.51.100.{n}" for n in range(1, 255))
    wait_for(lambda: answers.append(caller(
        stack, next(addresses), form.path, key)) or
        answers[-1].status == 429, "429")
    assert 11 <= len(answers) <= 21
    for address in ("198.51.100.1", "198.51.100.2"):
        assert caller(stack, address, form.path, user.key).status == 200
        assert caller(stack, address, form.path, wrong()).status == 401


@pytest.mark.parametrize("route", ["token", "oauth", "post", "only", "query"])
def test_every_login_is_throttled(stack, form, user, route):
    def attempt(key):
        if route == "token":
            return ask(stack, {"secret_key": key})
        if route == "oauth":
            return oauth(stack, client_id=user.email, client_secret=key,
                         **GRANT)
        if route == "query":
            return send(stack.url, "POST", f"{form.path}?api_key={key}",
                        [("Content-Type", "application/json")], EXAMPLE)
        return post(stack, form if route == "post" else None, key)

    answers = []
    wait_for(lambda: answers.append(attempt(wrong())) or
             answers[-1].status == 429, "429")
    assert {a.status for a in answers[:-1]} == {401}
    assert 11 <= len(answers) <= 21
    assert answers[-1].headers["Retry-After"] == "10"
    if route == "oauth":
        rejected(answers[-1], 429, "slow_down")
    else:
        failed(answers[-1], 429)


def test_access_granted_again(stack, form):
    """Revoked tokens stay invalid."""
    user = User(stack)
    token = user.token()
    assert post(stack, form, token).status == 200
    set_to = "UPDATE creel.credential SET enabled = {} WHERE id = '{}'"
    stack.psql(set_to.format("false", user.id))
    wait_for(lambda: post(stack, form, token).status == 401, "its end")
    stack.psql(set_to.format("true, updated_at = now() + interval '1 second'",
                             user.id))
    wait_for(lambda: post(stack, form, user.key).status == 200, "its return")
    assert post(stack, form, token).status == 401


def test_workers_share_failures(make_stack, tmp_path):
    shared = tmp_path / "metrics"
    shared.mkdir(0o700)
    s = make_stack_quixy(make_stack, threads=2, metrics_dir=shared)
    workers = [s.worker, s.start_worker()]
    wait_for(lambda: s.logs().count("serving with") >= 3, "the workers")
    form = Form(s)

    def both():
        with only(workers[0], workers[1:]):
            slowed(s, "192.0.2.9", form.path)
        with only(workers[1], workers[:1]):
            return caller(s, "192.0.2.9", form.path, wrong()).status == 429

    try:
        wait_for(both, "the other worker to know")
    finally:
        s.stop_worker(worker=workers[0])


def test_unknown_keys(make_stack):
    """Ten thousand unknown keys store nothing, and do not delay a valid
    one."""
    s = make_stack_quixy(make_stack)
    form, user = Form(s), User(s)
    answer(post(s, form, user.token()))

    def calls():
        return int(s.psql("SELECT count(*) FROM creel.event"))

    before, memory = calls(), s.resident()
    statuses = [0, 0]
    params = variables(form.path, length=len(EXAMPLE),
                       content_type="application/json")
    with Connection(s.socket) as c:
        for n in range(10000):
            a = c.request({**params, "HTTP_AUTHORIZATION": f"Bearer {wrong()}",
                           "REMOTE_ADDR": f"10.0.0.{n % 20}"},
                          EXAMPLE)
            statuses[a.status != 401] += 1
            # lookup_rate bounds what they cost.
            assert a.status in (401, 429, 503)
    assert calls() == before and 200 <= statuses[0] < statuses[1]
    assert s.resident() - memory < 64 << 20 or s.sanitized
    assert caller(s, "192.0.2.1", form.path, user.key).status == 200
