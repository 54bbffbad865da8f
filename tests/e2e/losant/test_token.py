# SPDX-License-Identifier: ISC
"""Losant's REST resource of application tokens, as its clients use it."""
# route: GET /applications/:application/tokens
# route: POST /applications/:application/tokens
# route: GET /applications/:application/tokens/:token
# route: PATCH /applications/:application/tokens/:token
# route: DELETE /applications/:application/tokens/:token
import json
import re

import pytest

from conftest import wait_for
from losant_api import DATE, DEFAULTS, HEADERS, ID, UNKNOWN, Api, links, only
from resource_checks import (NOT_JSON, NO_APPLICATIONS, is_not_shown,
                             leaves_no_trace, refuses_application,
                             refuses_body, run_twice)

SECRET = re.compile(r"ck_[A-Za-z0-9_-]{43}")
ALWAYS = {"id", "apiTokenId", "creatorType", "creatorName", "ownerId",
          "ownerType", "name", "creationDate", "lastUpdated", "scope",
          "status", "_type"}
FUTURE = "2099-12-31T23:59:59.000Z"


def tokens(stack, application=None, token=None):
    return Api(stack, application, token, resource="tokens")


@pytest.fixture(scope="module")
def api(stack):
    return tokens(stack)


@pytest.fixture
def empty(stack):
    """An application without tokens."""
    return tokens(stack, stack.made("application", "create", "a")["id"])


def kept(token):
    """The members that later responses have."""
    return {k: v for k, v in token.items() if k != "token"}


def works(stack, token, application=None):
    """Returns the status of a call with this token."""
    status, _ = Api(stack, application, token).call("GET")
    return status


# -- recorded requests

def test_requests_of_the_client(stack, front, empty):
    """Through each web server."""
    app = empty.application
    empty.url = front.url

    def call(method, path="", query=DEFAULTS, **k):
        return empty.call(method, path, query=query, headers=HEADERS, **k)[1]

    first = call("POST", body='{"name":"My API Token"}', status=201)
    assert set(first) == ALWAYS | {"token", "_links"}
    assert ID.fullmatch(first["id"]) and first["apiTokenId"] == first["id"]
    assert SECRET.fullmatch(first["token"])
    assert DATE.fullmatch(first["creationDate"])
    assert first["lastUpdated"] == first["creationDate"]
    assert {k: first[k] for k in ("name", "ownerId", "ownerType", "scope",
            "status", "_type", "creatorType", "creatorName")} == {
        "name": "My API Token", "ownerId": app, "ownerType": "application",
        "scope": ["all.Application"], "status": "active",
        "_type": "applicationApiToken", "creatorType": "user",
        "creatorName": "jwt:local:somebody"}
    assert first["_links"] == links(
        app, "tokens", first["id"], "applicationApiTokens")
    second = call("POST", status=201, body={
        "name": "z\u00e4", "description": "d", "scope": ["webhooks.*"],
        "expirationDate": "2099-12-31T23:59:59Z", "status": "inactive"})
    assert set(second) == set(first) | {"description", "expirationDate"}
    assert (second["description"], second["expirationDate"], second["scope"],
            second["status"]) == ("d", FUTURE, ["webhooks.*"], "inactive")
    assert call("GET", status=200) == {
        "count": 2, "items": [kept(first), kept(second)], "ownerId": app,
        "ownerType": "application", "perPage": 100, "page": 0,
        "sortField": "name", "sortDirection": "asc", "totalCount": 2,
        "_type": "applicationApiTokens", "_links": links(app, "tokens")}
    assert call("GET", status=200, query="_actions=true&_links=false"
                "&_embedded=false&sortField=expirationDate"
                "&sortDirection=desc&page=0&perPage=10&filterField=status"
                "&filter=in%2A") == {
        "count": 1, "items": [{k: v for k, v in kept(second).items()
                               if k != "_links"}],
        "ownerId": app, "ownerType": "application", "perPage": 10, "page": 0,
        "sortField": "expirationDate", "sortDirection": "desc",
        "filterField": "status", "filter": "in*", "totalCount": 1,
        "_type": "applicationApiTokens"}
    path = "/" + first["id"]
    assert call("GET", path, status=200) == kept(first)
    changed = call("PATCH", path, status=200, body={
        "name": "My Updated API Token", "status": "inactive"})
    assert changed == {**kept(first), "name": "My Updated API Token",
                       "status": "inactive",
                       "lastUpdated": changed["lastUpdated"]}
    assert changed["lastUpdated"] > first["lastUpdated"]
    assert call("DELETE", path, body="{}", status=200) == {"success": True}
    assert call("GET", path, status=404) == {
        "type": "NotFound", "message": "API Token was not found"}
    assert call("DELETE", path, body="{}", status=404)


def test_response_headers(api):
    for call in (("GET",), ("GET", "/" + UNKNOWN), ("PUT",)):
        api.call(*call)
        h = api.raw.headers
        assert h["Cache-Control"] == "no-cache, no-store, must-revalidate"
        assert h["Access-Control-Allow-Origin"] == "*"
    api.call("POST", body={"name": "h"}, status=201)
    assert "no-store" in api.raw.headers["Cache-Control"]


# -- using tokens

def test_token_is_a_credential(stack, api):
    """For its own application, with its own scopes."""
    made = api.new(scope=["webhooks.get"])
    mine = Api(stack, token=made["token"])
    mine.call("GET", status=200)
    mine.call("GET", token="", headers=[("ApiKey", made["token"])], status=200)
    mine.rejected(403, None, "POST", body={"name": "w"})
    Api(stack, stack.other_application, made["token"]).rejected(
        404, "Application was not found", "GET")
    whole = api.new()["token"]
    assert works(stack, whole) == 200
    tokens(stack, token=whole).rejected(
        403, None, "GET", "/applications", token=whole)


def test_secret_is_not_stored(stack, api):
    made = api.new("secret")
    secret = made["token"]
    stack.secrets.append(secret)
    leaves_no_trace(stack, secret)
    is_not_shown(api, "/" + made["id"], secret)
    assert b'"token"' not in api.raw.body


def test_deleting(stack, api):
    """All its rows are deleted."""
    made = api.new()
    rows = ("SELECT (SELECT count(*) FROM creel.address WHERE target_id = "
            f"'{made['id']}'), (SELECT count(*) FROM creel.credential "
            f"WHERE id = '{made['id']}')")
    assert stack.psql(rows) == "1|1"
    api.call("DELETE", "/" + made["id"], status=200)
    assert stack.psql(rows) == "0|0"


def test_inactive(stack, api):
    made = api.new(status="inactive")
    mine = Api(stack, token=made["token"])
    mine.rejected(401, "Unauthorized", "GET")
    for status, want in (("active", 200), ("inactive", 401), ("active", 200)):
        api.call("PATCH", "/" + made["id"], body={"status": status},
                 status=200)
        wait_for(lambda: mine.call("GET")[0] == want, f"{status}: {want}")


def test_expiry(stack, api):
    past = api.new(expirationDate="2020-01-31T10:00:00+01:00")
    assert past["expirationDate"] == "2020-01-31T09:00:00.000Z"
    assert past["status"] == "active"
    Api(stack, token=past["token"]).rejected(401, "Unauthorized", "GET")
    made = api.new(expirationDate=FUTURE)
    mine = Api(stack, token=made["token"])
    mine.call("GET", status=200)
    stack.psql("UPDATE creel.credential SET expires_at = now() "
               f"WHERE id = '{made['id']}'")
    wait_for(lambda: mine.call("GET")[0] == 401, "the token to expire")


def test_revoked_on_every_worker(make_stack):
    """At once, although both have a cache entry for an hour."""
    s = make_stack(threads=2, cache_ttl=3600)
    workers = [s.worker, s.start_worker()]
    wait_for(lambda: s.logs().count("listening for changes") >= 2,
             "the listeners")
    api = tokens(s)
    made = api.new()
    mine = Api(s, token=made["token"])

    def everywhere(want):
        for w in workers:
            with only(w, [o for o in workers if o is not w]):
                wait_for(lambda: mine.call("GET")[0] == want,
                         f"{want} of each")

    try:
        everywhere(200)
        api.call("PATCH", "/" + made["id"], body={"status": "inactive"},
                 status=200)
        everywhere(401)
        api.call("PATCH", "/" + made["id"], body={"status": "active"},
                 status=200)
        everywhere(200)
        api.call("DELETE", "/" + made["id"], status=200)
        everywhere(401)
    finally:
        s.stop_worker(worker=workers[0])


# -- properties

TEXTS = {"name": 255, "description": 32767}
WRONG = [
    ({}, "name is required"),
    ({"description": "d"}, "name is required"),
    ({"name": ""}, "name has less length than allowed"),
    *[({"name": "t", f: v}, f"{f} is the wrong type")
      for f in [*TEXTS, "status"] for v in (None, 1, True, [], {}, ["x"])],
    *[({"name": "t", f: c * (n + 1)}, f"{f} has longer length than allowed")
      for f, n in TEXTS.items() for c in "x\u00e4"],
    *[({"name": "t", "status": v}, "status must be an enum value")
      for v in ("", "Active", "active inactive", "expired")],
    *[({"name": "t", f: v}, "body has additional properties")
      for f, v in (("id", UNKNOWN), ("token", "t"), ("apiTokenId", UNKNOWN),
                   ("ownerId", UNKNOWN), ("creatorName", "x"), ("Name", "t"),
                   ("enabled", True), ("scopes", []), ("__proto__", {}))],
    *[(v, "body is the wrong type") for v in ([], "x", 1, True, None)],
]
WRONG_AT_CREATION = [
    *[({"name": "t", "expirationDate": v}, "expirationDate is the wrong type")
      for v in (None, 1893456000, True, [], {})],
    *[({"name": "t", "expirationDate": v},
       "expirationDate must be date-time format")
      for v in ("", "tomorrow", "infinity", "2030-01-31", "+30d",
                "2030-01-31T10:00:00", "2030-02-30T10:00:00Z",
                "2030-13-01T10:00:00Z", "2030-01-31T25:00:00Z",
                "2030-01-31T10:61:00Z", "0000-01-01T00:00:00Z",
                "2030-01-31T10:00:00+99:00",
                "2030-01-31T10:00:00." + "1" * 999 + "Z")],
    *[({"name": "t", "scope": v}, "scope is the wrong type")
      for v in (None, "webhooks.get", 1, {}, [1], [None], [["webhooks.get"]],
                ["webhooks.get", True])],
    *[({"name": "t", "scope": v}, "scope must be an enum value")
      for v in (["webhooks"], ["*"], ["a b.c"], ["webhooks.get,x.y"],
                ["{a.b}"], ['a."b"'], ["a.b}"], ["\u00e4.b"], ["all.*.x"],
                ["webhooks.get "],
                # Scopes that reach beyond an application.
                ["all.Organization"], ["all.Organization.read"], ["all.User"],
                ["all.User.cli"], ["applications.*"], ["applications.post"],
                ["webhooks.get", "applications.get"])],
    ({"name": "t", "scope": [""]}, "scope has less length than allowed"),
    ({"name": "t", "scope": ["a." + "b" * 1023]},
     "scope has longer length than allowed"),
    ({"name": "t", "scope": ["webhooks.get", "x.y", "webhooks.get"]},
     "scope must be unique"),
    ({"name": "t", "scope": [f"a.{'b' * i}" for i in range(1, 514)]},
     "scope has more items than allowed"),
]


@pytest.fixture(scope="module")
def one(api):
    """A token that no test changes."""
    return api.new("one")


@pytest.mark.parametrize("body, message", WRONG,
                         ids=[str(i) for i in range(len(WRONG))])
def test_wrong_property(api, one, body, message):
    api.rejected(400, message, "POST", body=json.dumps(body))
    if message != "name is required":
        if isinstance(body, dict) and body.get("name") == "t":
            del body["name"]
        api.rejected(400, message, "PATCH", "/" + one["id"],
                    body=json.dumps(body))
        assert api.call("GET", "/" + one["id"], query="_links=false")[1] == \
            kept(one)


@pytest.mark.parametrize(
    "body, message", WRONG_AT_CREATION,
    ids=[str(i) for i in range(len(WRONG_AT_CREATION))])
def test_wrong_at_creation(api, body, message):
    api.rejected(400, message, "POST", body=json.dumps(body))


@pytest.mark.parametrize("body", [
    {"scope": ["webhooks.get"]}, {"scope": ["all.Application"]},
    {"expirationDate": FUTURE}, {"name": "x", "expirationDate": None}])
def test_immutable_properties(api, one, body):
    """A token's scopes and expiry never change."""
    api.rejected(400, "body has additional properties", "PATCH",
                "/" + one["id"], body=body)


@pytest.mark.parametrize("body", NOT_JSON)
def test_not_json(api, body):
    refuses_body(api, 400, "Invalid JSON body", body)


def test_too_large(api):
    api.rejected(413, None, "POST", body=b" " * (256 << 10) + b"{}")


def test_all_properties(api):
    scope = [f"a.{'b' * i}" for i in range(1, 512)] + ["webhook.*"]
    made = api.new("\U0001f600" * 255, description="\u00e4" * 32767,
                   expirationDate="2099-12-31T23:59:59.123456789Z",
                   scope=scope, status="inactive")
    assert made["scope"] == scope
    assert made["expirationDate"] == "2099-12-31T23:59:59.123Z"
    assert api.call("GET", "/" + made["id"], status=200)[1] == kept(made)
    assert api.new(scope=[])["scope"] == []
    got = api.call("PATCH", "/" + made["id"], status=200, body={
        "description": "", "status": "active"})[1]
    assert "description" not in got and got["status"] == "active"


def test_patch_nothing(api, one):
    for body in ({}, {"name": "one"}, {"status": "active"},
                 {"name": "one", "description": ""}):
        assert api.call("PATCH", "/" + one["id"], body=body,
                        status=200)[1] == kept(one)


def test_creator_with_a_long_name(stack, api):
    token = stack.creelctl("jwt", "--issuer", "local", "--subject",
                           "\u00e4" * 255, "--application",
                           stack.application, "--scope",
                           "all.Application").stdout.strip()
    made = tokens(stack, token=token).new()
    assert made["creatorName"] == "jwt:local:" + "\u00e4" * 255
    stack.psql("UPDATE creel.credential SET creator = repeat('\u00e4', 2000) "
               f"WHERE id = '{made['id']}'")
    assert api.call("GET", "/" + made["id"], status=200)[1][
        "creatorName"] == "\u00e4" * 1024


def test_lone_surrogate(api):
    """An invalid character is replaced."""
    got = api.call("POST", body=b'{"name":"\\ud800","scope":[]}', status=201)
    assert got[1]["name"] == "\ufffd"


@pytest.mark.parametrize("name", [
    "x'; DROP TABLE creel.credential; --", '"', "\\", "a\nb", "</script>",
    "%s%n", "$1", " "])
def test_text_comes_back(api, name):
    made = api.new(name, description=name)
    assert (made["name"], made["description"]) == (name, name)
    assert name in api.names(perPage=1000)


# -- rights

@pytest.mark.parametrize("has, gives, may", [
    (["all.Application"], None, True),
    (["all.Organization"], ["all.Application"], True),
    (["all.User.bounded"], ["webhook.*", "applicationApiToken.*"], True),
    (["applicationApiTokens.*"], None, False),
    (["applicationApiTokens.*"], ["applicationApiTokens.post"], True),
    (["applicationApiTokens.post"], ["applicationApiTokens.*"], False),
    (["applicationApiTokens.post", "webhooks.get"], ["webhooks.get"], True),
    (["applicationApiTokens.post", "webhooks.get"], ["webhooks.*"], False),
    (["applicationApiTokens.post", "webhooks.get"],
     ["webhooks.get", "webhook.get"], False),
    (["applicationApiTokens.post", "all.Application.read"],
     ["all.Application.read"], True),
    (["applicationApiTokens.post", "all.Application.read"],
     ["all.Application"], False),
    (["applicationApiTokens.post"], [], True),
    # Later versions may know the scope: a creator with all may grant it.
    (["all.Application"], ["device.get", "devices.*", "all.Device.read"], True),
    (["all.Application.cli", "applicationApiTokens.post"], ["device.get"],
     False),
    (["applicationApiTokens.*"], ["device.get"], False)])
def test_scopes_that_the_creator_lacks(stack, has, gives, may):
    maker = tokens(stack, token=stack.new_token(*has))
    body = {"name": "t", **({} if gives is None else {"scope": gives})}
    if may:
        made = maker.call("POST", body=body, status=201)[1]
        assert made["scope"] == (gives or []) or gives is None
    else:
        maker.rejected(403, None, "POST", body=body)
        assert "cannot grant the scope" in json.loads(maker.raw.body)["message"]


def test_tokens_of_tokens(stack, api):
    """A token creates tokens within its own scopes, and is their creator."""
    maker = api.new(scope=["applicationApiTokens.*", "webhooks.get"])
    child = tokens(stack, token=maker["token"]).new(scope=["webhooks.get"])
    assert (child["creatorType"], child["creatorId"], child["creatorName"]) \
        == ("apiToken", maker["id"], f"key:{maker['id']}")
    api.call("DELETE", "/" + maker["id"], status=200)
    assert works(stack, child["token"]) == 200


def test_unknown_scopes(stack, api):
    made = api.new(scope=["device.get", "devices.*"])
    Api(stack, token=made["token"]).rejected(403, None, "GET")


def test_restricted_key(stack, api):
    """A key that is restricted to some hooks cannot manage tokens."""
    made = api.new()
    key = stack.new_key("all.Application", args=["--hook", stack.hook])
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/T"),
                         ("PATCH", "/T"), ("DELETE", "/T")):
        api.rejected(403, "the credential is restricted to some hooks", method,
                    path.replace("T", made["id"]), body='{"name":"t"}',
                    token=key)
    api.call("GET", "/" + made["id"], status=200)


OPERATIONS = {
    "applicationApiTokens.get": ("GET", ""),
    "applicationApiTokens.post": ("POST", ""),
    "applicationApiToken.get": ("GET", "/T"),
    "applicationApiToken.patch": ("PATCH", "/T"),
    "applicationApiToken.delete": ("DELETE", "/T")}
READS = {n for n in OPERATIONS if n.endswith(".get")}
ONE = {n for n in OPERATIONS if "Token." in n}


@pytest.mark.parametrize("scope, may", [
    *[(s, {s}) for s in OPERATIONS],
    ("applicationApiToken.*", ONE),
    ("applicationApiTokens.*", set(OPERATIONS) - ONE),
    *[(f"all.{g}{b}", set(OPERATIONS)) for g in (
        "Application", "Organization", "User") for b in ("", ".bounded")],
    *[(f"all.{g}.read", READS) for g in (
        "Application", "Organization", "User")],
    ("all.Application.cli", set()), ("application.* applications.*", set()),
    ("webhook.* webhooks.* datasource.* event.*", set())])
def test_scopes(stack, api, scope, may):
    token = stack.new_token(*scope.split(" "))
    for name, (method, path) in OPERATIONS.items():
        path = path.replace("T", api.new()["id"])
        body = '{"name":"t","scope":[]}' if method == "POST" else \
            '{"name":"t"}'
        if name in may:
            assert api.call(method, path, body=body,
                            token=token)[0] in (200, 201)
        else:
            api.rejected(403, None, method, path, body=body, token=token)


@pytest.mark.parametrize("token", [
    UNKNOWN, UNKNOWN[:23], UNKNOWN + "0", "x", "g" * 24, "null", "'",
    "..;", "%25"])
def test_no_such_token(api, token):
    for method in ("GET", "PATCH", "DELETE"):
        api.rejected(404, "API Token was not found", method, "/" + token,
                    body="{}")


@pytest.mark.parametrize("application", NO_APPLICATIONS)
def test_no_such_application(stack, api, application):
    made = tokens(stack, stack.other_application).new()
    refuses_application(api, application, made["id"])


def test_foreign_token(stack, api):
    """Another application's token under one's own application."""
    other = tokens(stack, stack.other_application)
    made = other.new("theirs")
    for method in ("GET", "PATCH", "DELETE"):
        api.rejected(404, "API Token was not found", method, "/" + made["id"],
                    body='{"name":"mine"}')
    assert other.call("GET", "/" + made["id"].upper(), status=200)[1] == \
        kept(made)
    assert "theirs" not in api.names(perPage=1000)


def test_keys_are_not_found(stack, empty):
    """Nor are tokens found as keys."""
    app = empty.application
    key = stack.made("key", "create", "--name", "k", "--application", app)
    for method in ("GET", "PATCH", "DELETE"):
        empty.rejected(404, "API Token was not found", method, "/" + key["id"],
                      body='{}')
    assert empty.list()["totalCount"] == 0
    made = empty.new()
    assert [k["id"] for k in stack.made(
        "key", "list", "--application", app)] == [key["id"]]
    for verb in ("show", "disable", "delete"):
        assert stack.creelctl("key", verb, made["id"],
                              check=False).returncode == 66
    assert works(stack, made["token"], app) == 200


def test_invalid_credentials(api):
    for token in ("test.jwt.token", "ck_wrong", ""):
        api.rejected(401, "Unauthorized", "GET", token=token)
        api.rejected(401, "Unauthorized", "POST", token=token, body="{")


@pytest.mark.parametrize("method, path", [
    ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/T"), ("PUT", "/T"),
    ("GET", "/T/x"), ("GET", "//")])
def test_not_allowed(api, method, path):
    api.rejected(405, f"{method} is not allowed", method,
                path.replace("T", UNKNOWN), body="{}")


# -- the list

def test_pages(empty):
    names = [f"n{i}" for i in range(5)]
    for n in names:
        empty.new(n)
    for page, want in ((0, names[:2]), (1, names[2:4]), (2, names[4:]),
                       (3, []), (2147483647, [])):
        got = empty.list(page=page, perPage=2)
        assert [t["name"] for t in got["items"]] == want
        assert (got["page"], got["perPage"], got["count"],
                got["totalCount"]) == (page, 2, len(want), 5)


def test_sorting(stack, empty):
    """By bytes; equal values are in the order of the ids."""
    more = [{}, {"status": "inactive"}, {"expirationDate": FUTURE},
            {"expirationDate": "2020-01-01T00:00:00Z"}, {}]
    made = [kept(empty.new(n, **m)) for n, m in zip("bBa\u00e4a", more)]
    stack.psql("UPDATE creel.credential SET created_at = now() + "
               f"interval '1 day' WHERE id = '{made[1]['id']}'")
    empty.call("PATCH", "/" + made[2]["id"], body={"description": "x"})
    keys = {
        "name": lambda t: (t["name"].encode(), t["id"]),
        "status": lambda t: (t["status"], t["id"]),
        "id": lambda t: t["id"],
        "creationDate": lambda t: (t is made[1], made.index(t)),
        "lastUpdated": lambda t: (t is made[2], made.index(t)),
        # Tokens without an expiry come last.
        "expirationDate": lambda t: (t.get("expirationDate", "9"), t["id"])}
    for field, key in keys.items():
        want = [t["id"] for t in sorted(made, key=key)]
        for direction in ("asc", "ASC", "desc", "DESC", ""):
            got = empty.list(sortField=field, sortDirection=direction)
            down = direction.lower() == "desc"
            assert [t["id"] for t in got["items"]] == (
                want[::-1] if down else want), (field, direction)
            assert got["sortDirection"] == ("desc" if down else "asc")


@pytest.mark.parametrize("field, glob, want", [
    ("name", "a*", ["A b", "a%"]), ("name", "a%", ["a%"]), ("name", "_", []),
    ("name", "*", ["A b", "a%", "c"]), ("status", "INACTIVE", ["c"]),
    ("status", "*active", ["A b", "a%", "c"]), ("status", "active",
                                                ["A b", "a%"]),
    ("status", "c", []), ("name", "' OR 1=1 --", [])])
def test_filter(stack, listed, field, glob, want):
    got = listed.list(filterField=field, filter=glob)
    assert [t["name"] for t in got["items"]] == want
    assert got["totalCount"] == len(want)
    assert (got["filterField"], got["filter"]) == (field, glob)


@pytest.fixture(scope="module")
def listed(stack):
    api = tokens(stack, stack.made("application", "create", "l")["id"])
    api.new("A b")
    api.new("a%")
    api.new("c", status="inactive")
    return api


@pytest.mark.parametrize("query, message", [
    *[(f"{n}={v}", f"{n} must be an enum value") for n, v in (
        ("sortField", "token"), ("sortField", "scope"),
        ("sortField", "name;DROP%20TABLE%20creel.credential"),
        ("sortDirection", "up"), ("filterField", "id"), ("_links", "1"))],
    *[(f"{n}={v}", f"{n} is the wrong type") for n in ("page", "perPage")
      for v in ("x", "1.5", "%2B1", "0x10")],
    ("page=-1", "page is less than minimum"),
    ("page=2147483648", "page is more than maximum"),
    ("filterField=name&filter=%FF", "filter is the wrong type"),
    ("filter=a%00b", "query: must not contain NUL")])
def test_wrong_query(api, query, message):
    api.rejected(400, message, "GET", query=query)


# -- statements

def test_run_twice(stack):
    """A statement whose reply was lost is run again with the same values."""
    app, t = stack.other_application, "e" * 24
    values = {"CREATE": f"'{app}','{t}','true','{'ab' * 32}','ck_x','n',NULL,"
              "NULL,'{webhooks.get}',NULL,'jwt:x:y'",
              "PATCH": f"'{app}','{t}','true','n2',NULL,'false'"}
    for name in values:
        out = run_twice(stack, f"TOKEN_{name}", values[name], t)
        assert f'with payload "key {"ab" * 32}"' in out
    assert stack.psql("SELECT count(*) FROM creel.address WHERE target_id "
                      f"= '{t}'") == "1"


# -- creelctl

def test_creelctl(stack, empty):
    app = empty.application
    made = stack.made("token", "create", "--application", app, "--name", "n",
                      "--description", "d", "--scope", "webhooks.get",
                      "--scope", "webhook.*", "--expires",
                      "2099-12-31T23:59:59Z")
    assert set(made) == {"id", "token"} and SECRET.fullmatch(made["token"])
    got = empty.call("GET", "/" + made["id"], status=200)[1]
    assert (got["name"], got["description"], got["scope"],
            got["expirationDate"]) == (
        "n", "d", ["webhooks.get", "webhook.*"], FUTURE)
    assert "creatorName" not in got and "creatorType" not in got
    assert works(stack, made["token"], app) == 200
    assert stack.made("token", "show", made["id"])["description"] == "d"
    assert [t["id"] for t in stack.made("token", "list", "--application",
                                        app)] == [made["id"]]
    assert stack.made("application", "show", app)["tokens"] == 1
    text = stack.creelctl("token", "list", "--application", app).stdout
    assert made["id"] in text and made["token"] not in text
    for verb, status, want in (("disable", "inactive", 401),
                               ("enable", "active", 200)):
        stack.creelctl("token", verb, made["id"])
        now = empty.call("GET", "/" + made["id"], status=200)[1]
        assert now["status"] == status
        assert now["lastUpdated"] > got["lastUpdated"]
        got = now
        wait_for(lambda: works(stack, made["token"], app) == want, verb)
    assert "tokens" in stack.creelctl("application", "delete", app,
                                      check=False).stderr
    stack.creelctl("token", "delete", made["id"])
    wait_for(lambda: works(stack, made["token"], app) == 401, "delete")
    assert empty.list()["totalCount"] == 0
    assert stack.made("token", "create", "--application", app, "--name",
                      "n")["id"]
    assert empty.list()["items"][0]["scope"] == ["all.Application"]


@pytest.mark.parametrize("status, args", [
    (64, ["create", "--name", "n"]), (64, ["create", "--application", "A"]),
    (64, ["create", "--application", "A", "--name", ""]),
    (64, ["create", "--application", "A", "--name", "n", "--scope", "x"]),
    (64, ["create", "--application", "A", "--name", "n", "--expires", "x"]),
    (64, ["create", "--application", "A", "--name", "n", "--hook", "x"]),
    (64, ["create", "--application", "A", "--name", "n", "--description",
          "x" * 32768]),
    (64, ["create", "--application", "A", "--name", "n", "--expires",
          "2030-02-30"]),
    (66, ["create", "--application", UNKNOWN, "--name", "n"]),
    (66, ["show", UNKNOWN]), (66, ["enable", UNKNOWN]),
    (66, ["disable", UNKNOWN]), (66, ["delete", UNKNOWN]),
    (66, ["list", "--application", UNKNOWN]), (64, ["list", "x"]),
    (64, ["show"])])
def test_creelctl_rejects(stack, status, args):
    p = stack.creelctl("token", *[stack.application if a == "A" else a
                                  for a in args], check=False)
    assert p.returncode == status, p.stderr
    assert p.stderr.startswith("creelctl: ")


def test_creelctl_token_is_not_a_key(stack):
    key = stack.made("key", "create", "--application", stack.application,
                     "--name", "k")["id"]
    for verb in ("show", "enable", "disable", "delete"):
        assert stack.creelctl("token", verb, key,
                              check=False).returncode == 66
    assert stack.made("key", "show", key)["enabled"] is True
