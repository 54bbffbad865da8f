# SPDX-License-Identifier: ISC
"""API keys over HTTP and by creelctl: creating, viewing, disabling."""
# route: GET /applications/:application/api-keys
# route: POST /applications/:application/api-keys
# route: GET /applications/:application/api-keys/:apiKey
# route: PATCH /applications/:application/api-keys/:apiKey
# route: DELETE /applications/:application/api-keys/:apiKey
# route: GET /applications/:application/api-keys/:apiKey/secret
import json
import re
import secrets
import shutil
import threading

import pytest

from conftest import BUILD, ROOT, run, send, wait_for
from losant_api import DATE, DEFAULTS, HEADERS, ID, UNKNOWN, Api, links
from resource_checks import run_twice

SECRET = re.compile(r"ck_[A-Za-z0-9_-]{43}")
ALWAYS = {"id", "apiKeyId", "applicationId", "creatorType", "creatorName",
          "name", "enabled", "scope", "scopes", "prefix", "viewable",
          "creationDate", "lastUpdated", "_type"}
WORDS = {"WEBHOOK_CALL": "action.call", "PROOF_OF_PLAY_READ": "event.get",
         "DATASOURCE_DATA_READ": "datasource.get",
         "INTERNAL_DATASOURCE_WRITE": "datasource.post"}
NO_FILE = "keys cannot be shown: key_file is not set in creel.conf"
CANNOT = "this key cannot be shown: "
NEVER = CANNOT + "it was created without a key_file"
LOST = CANNOT + "it was sealed with a key that is no longer in key_file"


def write_keys(path, *keys, mode=0o600):
    path.write_text("# of a test\n" + "".join(k + "\n" for k in keys))
    path.chmod(mode)
    if ROOT:
        # The user of the web server's workers; root may read it anyway.
        shutil.chown(path, "www-data")
    return path


def new_seal():
    return secrets.token_hex(32)


@pytest.fixture(scope="module")
def stack(make_stack, cluster):
    return make_stack(key_file=write_keys(cluster.dir / "module.keys",
                                          new_seal()))


class Keys(Api):
    """A client with all scopes."""

    def __init__(self, stack, application=None, token=None):
        application = application or stack.application
        super().__init__(stack, application, token or stack.new_token(
            "all.Application", "apiKey.view", application=application),
            resource="api-keys")

    def new(self, name="k", scope="WEBHOOK_CALL", **properties):
        made = super().new(name, scope=scope, **properties)
        self.stack.secrets.append(made["key"])
        return made

    def view(self, made, status=200, **k):
        return self.call("GET", f"/{made['id']}/secret", status=status,
                         **k)[1]

    def again(self, made):
        return self.view(made) == {"key": made["key"]}


@pytest.fixture(scope="module")
def api(stack):
    return Keys(stack)


@pytest.fixture
def empty(stack):
    """An application without keys."""
    return Keys(stack, stack.made("application", "create", "a")["id"])


def kept(key):
    """The members that later responses have."""
    return {k: v for k, v in key.items() if k != "key"}


def restart(stack):
    stack.stop_worker()
    stack.start_worker()


# -- create, view, change, delete

def test_life(stack, front, empty):
    """Through each web server."""
    app = empty.application
    empty.url = front.url

    def call(method, path="", query=DEFAULTS, **k):
        return empty.call(method, path, query=query, headers=HEADERS, **k)[1]

    first = call("POST", body='{"name":"Button","scope":"WEBHOOK_CALL"}',
                 status=201)
    stack.secrets.append(first["key"])
    assert "no-store" in empty.raw.headers["Cache-Control"]
    assert set(first) == ALWAYS | {"key", "_links"}
    assert ID.fullmatch(first["id"]) and first["apiKeyId"] == first["id"]
    assert SECRET.fullmatch(first["key"])
    assert first["key"].startswith(first["prefix"])
    assert len(first["prefix"]) == 8
    assert DATE.fullmatch(first["creationDate"])
    assert first["lastUpdated"] == first["creationDate"]
    assert {k: first[k] for k in ("name", "applicationId", "enabled", "scope",
            "scopes", "viewable", "_type", "creatorType", "creatorName")} == {
        "name": "Button", "applicationId": app, "enabled": True,
        "scope": "WEBHOOK_CALL", "scopes": ["WEBHOOK_CALL"], "viewable": True,
        "_type": "apiKey", "creatorType": "user",
        "creatorName": "jwt:local:somebody"}
    assert first["_links"] == links(
        app, "api-keys", first["id"], "apiKeys")
    second = call("POST", status=201, body={
        "name": "z\u00e4", "scope": "webhooks.get", "enabled": False})
    stack.secrets.append(second["key"])
    assert (second["scope"], second["enabled"]) == ("webhooks.get", False)
    assert call("GET", status=200) == {
        "count": 2, "items": [kept(first), kept(second)],
        "applicationId": app, "perPage": 100, "page": 0, "sortField": "name",
        "sortDirection": "asc", "totalCount": 2, "_type": "apiKeys",
        "_links": links(app, "api-keys")}
    path = "/" + first["id"]
    assert call("GET", path, status=200) == kept(first)
    for made in (first, second):
        assert call("GET", f"/{made['id']}/secret",
                    status=200) == {"key": made["key"]}
        assert empty.raw.headers["Cache-Control"] == \
            "no-cache, no-store, must-revalidate"
    changed = call("PATCH", path, status=200, body={
        "name": "Bell", "enabled": False})
    assert changed == {**kept(first), "name": "Bell", "enabled": False,
                       "lastUpdated": changed["lastUpdated"]}
    assert changed["lastUpdated"] > first["lastUpdated"]
    assert call("PATCH", path, body="{}", status=200) == changed
    assert call("DELETE", path, body="{}", status=200) == {"success": True}
    assert call("GET", path, status=404) == {
        "type": "NotFound", "message": "API Key was not found"}
    assert call("GET", path + "/secret", status=404) == {
        "type": "NotFound", "message": "API Key was not found"}
    assert call("DELETE", path, body="{}", status=404)
    assert [k["id"] for k in call("GET")["items"]] == [second["id"]]


def post(stack, key):
    return stack.post(ApiKey=key).status


def read(stack, key):
    return stack.get(stack.path(), key).status


@pytest.mark.parametrize("scope, right", [*WORDS.items(), *[
    (right, right) for right in WORDS.values()]])
def test_scope(stack, api, scope, right):
    made = api.new(scope=scope)
    assert made["scope"] == scope and made["scopes"] == [scope]
    event = stack.post().headers["Creel-Event"]
    # The data source's door also returns 401 if the scope is missing.
    assert (post(stack, made["key"]) < 300) == (right == "datasource.post")
    assert (read(stack, made["key"]) < 300) == (right == "datasource.get")
    assert (stack.get("/events/" + event, made["key"]).status < 300) == (
        right == "event.get")
    assert stack.post(ApiKey=made["key"], datasource=stack.foreign_datasource
                      ).status == (404 if right == "datasource.post" else 401)


def test_disabled(stack, api):
    """Disabled, enabled, deleted: effective at once."""
    made = api.new(scope="INTERNAL_DATASOURCE_WRITE")
    good = post(stack, made["key"])
    assert 200 <= good < 300
    for enabled, want in ((False, 401), (True, good)):
        assert api.call("PATCH", "/" + made["id"], body={"enabled": enabled},
                        status=200)[1]["enabled"] is enabled
        wait_for(lambda: post(stack, made["key"]) == want, "the change")
        assert api.again(made)
    assert "lastUsed" in api.call("GET", "/" + made["id"], status=200)[1]
    api.call("DELETE", "/" + made["id"], status=200)
    wait_for(lambda: post(stack, made["key"]) == 401, "the end")
    assert stack.psql("SELECT count(*) FROM creel.address WHERE target_id = "
                      f"'{made['id']}'") == "0"


def test_key_creates_a_key(stack, api):
    """The new key names the other as its creator."""
    maker = api.new(scope="apiKeys.post")
    mine = Keys(stack, token=maker["key"])
    made = mine.new(scope="apiKeys.post")
    assert (made["creatorType"], made["creatorId"], made["creatorName"]) == (
        "apiToken", maker["id"], "key:" + maker["id"])
    mine.rejected(403, "cannot grant the scope WEBHOOK_CALL: the credential "
                 "does not have it",
                 "POST", body={"name": "k", "scope": "WEBHOOK_CALL"})
    mine.rejected(403, None, "GET")


# -- rejected requests

@pytest.mark.parametrize("scope, message", [
    *[(s, "scope must be an enum value") for s in (
        "", "all.Application", "all.Application.read", "all.User.cli",
        "datasource.*", "commands.*", "webhook_call", "WEBHOOK_CALL ",
        "WEBHOOK_CALL,event.get", "event.get event.body", "event", "x.y",
        "WEBHOOK", "{event.get}", "\"event.get\"", "event.get\n", "*",
        "x" * 5000)],
    *[(s, "scope is the wrong type") for s in (
        None, 1, True, [], ["WEBHOOK_CALL"], {})]])
def test_invalid_scope(api, scope, message):
    api.rejected(400, message, "POST", body={"name": "k", "scope": scope})


@pytest.mark.parametrize("body, message", [
    ('{"scope":"WEBHOOK_CALL"}', "name is required"),
    ('{"name":"k"}', "scope is required"),
    ('{"name":"","scope":"WEBHOOK_CALL"}', None),
    ('{"name":"%s","scope":"WEBHOOK_CALL"}' % ("x" * 256), None),
    ('{"name":1,"scope":"WEBHOOK_CALL"}', "name is the wrong type"),
    ('{"name":"k","scope":"WEBHOOK_CALL","enabled":"yes"}',
     "enabled is the wrong type"),
    ('{"name":"k","scope":"WEBHOOK_CALL","enabled":null}',
     "enabled is the wrong type"),
    ('{"name":"k","scope":"WEBHOOK_CALL","key":"ck_x"}',
     "body has additional properties"),
    ('{"name":"k","scope":"WEBHOOK_CALL","scopes":["event.get"]}',
     "body has additional properties"),
    ('{"name":"k","scope":"event.get","scope":"event.body"}',
     "Invalid JSON body"),
    ("", "Invalid JSON body"), ("[]", None), ("{", "Invalid JSON body"),
    (b'{"name":"\xff","scope":"WEBHOOK_CALL"}', "Invalid JSON body")])
def test_invalid_body(api, body, message):
    api.rejected(400, message, "POST", body=body)


@pytest.mark.parametrize("body, message", [
    ('{"scope":"event.get"}', "scope cannot be changed"),
    ('{"scope":"WEBHOOK_CALL"}', "scope cannot be changed"),
    ('{"scope":null}', "scope cannot be changed"),
    ('{"scopes":[]}', "body has additional properties"),
    ('{"name":null}', "name is the wrong type"), ('{"name":""}', None),
    ('{"enabled":1}', "enabled is the wrong type"),
    ('{"key":"x"}', "body has additional properties"), ("", None)])
def test_invalid_patch(api, body, message):
    made = api.new()
    api.rejected(400, message, "PATCH", "/" + made["id"], body=body)
    assert api.call("GET", "/" + made["id"], status=200)[1] == kept(made)


def test_too_large(api):
    api.rejected(413, None, "POST", body='{"name":"%s"}' % ("x" * (257 << 10)))


@pytest.mark.parametrize("mine, given, may", [
    ("all.Application", "apiKey.view", False),
    ("all.Application", "applications.post", False),
    ("all.Application", "apiKey.get", True),
    ("all.Organization", "apiKey.view", True),
    ("all.Organization", "users.get", True),
    ("apiKeys.post event.get", "PROOF_OF_PLAY_READ", True),
    ("apiKeys.post event.get", "WEBHOOK_CALL", False),
    ("apiKeys.post PROOF_OF_PLAY_READ", "event.get", True),
    ("apiKeys.post", "apiKeys.post", True)])
def test_scopes_that_the_creator_lacks(stack, api, mine, given, may):
    token = stack.new_token(*mine.split(" "))
    body = {"name": "k", "scope": given}
    if may:
        made = api.call("POST", body=body, token=token, status=201)[1]
        stack.secrets.append(made["key"])
    else:
        api.rejected(403, f"cannot grant the scope {given}: the credential "
                    "does not have it",
                    "POST", body=body, token=token)


OPERATIONS = {
    "apiKeys.get": ("GET", ""), "apiKeys.post": ("POST", ""),
    "apiKey.get": ("GET", "/K"), "apiKey.view": ("GET", "/K/secret"),
    "apiKey.patch": ("PATCH", "/K"), "apiKey.delete": ("DELETE", "/K")}
READS = {"apiKeys.get", "apiKey.get"}
ONE = {n for n in OPERATIONS if n.startswith("apiKey.")}


@pytest.mark.parametrize("scope, may", [
    *[(s, {s}) for s in OPERATIONS],
    ("apiKey.*", ONE), ("apiKeys.*", set(OPERATIONS) - ONE),
    ("all.Application", set(OPERATIONS) - {"apiKey.view"}),
    ("all.Organization", set(OPERATIONS)), ("all.User", set(OPERATIONS)),
    *[(f"all.{g}.read", READS) for g in (
        "Application", "Organization", "User")],
    ("WEBHOOK_CALL PROOF_OF_PLAY_READ webhook.* event.*", set())])
def test_scopes(stack, api, scope, may):
    # The keys of api have the scope action.call.
    token = stack.new_token("action.call", *scope.split(" "))
    for name, (method, path) in OPERATIONS.items():
        path = path.replace("K", api.new()["id"])
        # The tested scope is the missing one.
        body = {"name": "k", "scope": scope if scope == "apiKeys.post" else
                "apiKeys.post"} if method == "POST" else {"name": "k"}
        if name in may:
            assert api.call(method, path, body=body,
                            token=token)[0] in (200, 201)
        else:
            api.rejected(403, "the credential lacks the scope for this",
                        method, path, body=body, token=token)


def test_invalid_credentials(api):
    for token in ("test.jwt.token", "ck_wrong", ""):
        for method, path in OPERATIONS.values():
            api.rejected(401, "Unauthorized", method,
                        path.replace("K", UNKNOWN), token=token, body="{}")


def test_restricted(stack, api):
    made = api.new()
    key = stack.new_key("all.Organization", args=["--hook", stack.hook])
    for method, path in OPERATIONS.values():
        api.rejected(403, "the credential is restricted to some hooks", method,
                    path.replace("K", made["id"]), token=key,
                    body='{"name":"k","scope":"WEBHOOK_CALL"}')
    assert api.again(made)


@pytest.mark.parametrize("key", [
    UNKNOWN, UNKNOWN[:23], UNKNOWN + "0", "x", "g" * 24, "null", "'", "..;",
    "%25"])
def test_no_such_key(api, key):
    for method, path in OPERATIONS.values():
        if path:
            api.rejected(404, "API Key was not found", method,
                        path.replace("K", key), body="{}")


@pytest.mark.parametrize("application", [
    "foreign", UNKNOWN, UNKNOWN[:23], UNKNOWN + "0", "badId", "g" * 24])
def test_no_such_application(stack, api, application):
    made = Keys(stack, stack.other_application).new()
    if application == "foreign":
        application = stack.other_application
    who = [api.token]
    if application == UNKNOWN:
        who.append(stack.new_token("all.Organization", application=UNKNOWN))
    for token in who:
        for method, path in OPERATIONS.values():
            api.rejected(404, "Application was not found", method,
                        f"/applications/{application}/api-keys" +
                        path.replace("K", made["id"]), token=token,
                        body='{"name":"k","scope":"WEBHOOK_CALL"}'
                        if method == "POST" else "{}")


def test_foreign_key(stack, api):
    """Another application's key under one's own application."""
    other = Keys(stack, stack.other_application)
    made = other.new("theirs")
    for method, path in OPERATIONS.values():
        if path:
            api.rejected(404, "API Key was not found", method,
                        path.replace("K", made["id"]), body='{"name":"mine"}')
    assert other.call("GET", "/" + made["id"].upper(), status=200)[1] == \
        kept(made)
    assert other.call("GET", f"/{made['id'].upper()}/secret",
                      status=200)[1] == {"key": made["key"]}
    assert "theirs" not in api.names(perPage=1000)


def test_other_credentials_are_not_found(stack, empty):
    app = empty.application
    others = [stack.made("token", "create", "--name", "t", "--application",
                         app)["id"],
              stack.made("user", "create", "--email", "a@example.org",
                         "--application", app)["id"]]
    for other in others:
        for method, path in OPERATIONS.values():
            if path:
                empty.rejected(404, "API Key was not found", method,
                              path.replace("K", other), body="{}")
        for verb in ("show", "view", "delete"):
            assert stack.creelctl("key", verb, other,
                                  check=False).returncode == 66
    assert empty.list()["totalCount"] == 0


@pytest.mark.parametrize("method, path", [
    ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/K"), ("PUT", "/K"),
    ("POST", "/K/secret"), ("PATCH", "/K/secret"), ("DELETE", "/K/secret"),
    ("GET", "/K/x"), ("GET", "/K/secret/x"), ("GET", "//")])
def test_not_allowed(api, method, path):
    api.rejected(405, f"{method} is not allowed", method,
                path.replace("K", UNKNOWN), body="{}")


@pytest.mark.parametrize("query, message", [
    ("sortField=key", "sortField must be an enum value"),
    ("sortField=scope%27", "sortField must be an enum value"),
    ("filterField=id", "filterField must be an enum value"),
    ("_links=1", "_links must be an enum value"),
    ("page=-1", "page is less than minimum"),
    ("filter=a%00b", "query: must not contain NUL")])
def test_invalid_query(api, query, message):
    api.rejected(400, message, "GET", query=query)


# -- the list

def test_pages(empty):
    for i in range(5):
        empty.new(f"n{i}")
    for page, want in ((0, ["n0", "n1"]), (1, ["n2", "n3"]), (2, ["n4"]),
                       (3, [])):
        got = empty.list(page=page, perPage=2)
        assert [k["name"] for k in got["items"]] == want
        assert (got["page"], got["perPage"], got["count"],
                got["totalCount"]) == (page, 2, len(want), 5)


def test_sorting(stack, empty):
    """By bytes; equal values are in the order of the ids."""
    made = [kept(empty.new(n, s)) for n, s in (
        ("b", "event.get"), ("B", "WEBHOOK_CALL"), ("a", "event.get"),
        ("\u00e4", "action.call"), ("a", "WEBHOOK_CALL"))]
    stack.psql("UPDATE creel.credential SET created_at = now() + "
               f"interval '1 day' WHERE id = '{made[1]['id']}'")
    stack.psql("UPDATE creel.credential SET last_used_at = now() "
               f"WHERE id = '{made[3]['id']}'")
    empty.call("PATCH", "/" + made[2]["id"], body={"name": "a2"})
    made[2]["name"] = "a2"
    keys = {
        "name": lambda k: (k["name"].encode(), k["id"]),
        "scope": lambda k: (k["scope"].encode(), k["id"]),
        "id": lambda k: k["id"],
        "creationDate": lambda k: (k is made[1], made.index(k)),
        "lastUpdated": lambda k: (k is made[2], made.index(k)),
        # Unused keys come last.
        "lastUsed": lambda k: (k is not made[3], made.index(k))}
    for field, key in keys.items():
        want = [k["id"] for k in sorted(made, key=key)]
        for direction in ("asc", "desc", ""):
            got = empty.list(sortField=field, sortDirection=direction)
            assert [k["id"] for k in got["items"]] == (
                want[::-1] if direction == "desc" else want), field


@pytest.mark.parametrize("field, glob, want", [
    ("name", "a*", ["A b", "a%"]), ("name", "a%", ["a%"]), ("name", "_", []),
    ("scope", "webhook_call", ["c"]), ("scope", "event.*", ["A b", "a%"]),
    ("scope", "event.get", ["A b"]), ("name", "' OR 1=1 --", [])])
def test_filter(stack, listed, field, glob, want):
    got = listed.list(filterField=field, filter=glob)
    assert [k["name"] for k in got["items"]] == want
    assert (got["filterField"], got["filter"]) == (field, glob)


@pytest.fixture(scope="module")
def listed(stack):
    api = Keys(stack, stack.made("application", "create", "l")["id"])
    api.new("A b", "event.get")
    api.new("a%", "event.body")
    api.new("c")
    return api


# -- creelctl

def test_created_by_creelctl(stack, empty):
    """Several scopes, or a restriction, are shown as they are."""
    app = empty.application
    hook, _ = stack.new_hook(app)
    one = stack.made("key", "create", "--name", "one", "--application", app,
                     "--scope", "WEBHOOK_CALL", "--expires",
                     "2099-12-31T23:59:59Z")
    many = stack.made("key", "create", "--name", "many", "--application", app,
                      "--scope", "event.get", "--scope", "DATASOURCE_DATA_READ",
                      "--hook", hook)
    stack.secrets += [one["key"], many["key"]]
    first, second = empty.list(sortField="creationDate")["items"]
    assert (first["scope"], first["scopes"], first["expirationDate"]) == (
        "WEBHOOK_CALL", ["WEBHOOK_CALL"], "2099-12-31T23:59:59.000Z")
    assert not {"creatorName", "creatorType", "hookIds"} & set(first)
    assert "scope" not in second and second["hookIds"] == [hook]
    assert second["scopes"] == ["event.get", "DATASOURCE_DATA_READ"]
    for made, got in ((one, first), (many, second)):
        assert got["viewable"] is True and got["id"] == made["id"]
        assert empty.again(made)
        assert stack.made("key", "view", made["id"]) == {"key": made["key"]}
        assert stack.creelctl("key", "view", made["id"]).stdout == \
            made["key"] + "\n"
        assert stack.made("key", "show", made["id"])["sealed"] is True
    made = empty.new(scope="event.get")
    assert stack.made("key", "view", made["id"]) == {"key": made["key"]}
    text = stack.creelctl("key", "create", "--name", "x", "--application",
                          app).stdout
    stack.secrets.append(SECRET.search(text)[0])
    assert "creelctl key view shows it again" in text
    assert "cannot be shown again" not in text
    assert stack.made("user", "create", "--email", "b@example.org",
                      "--application", app)["secretKey"]
    assert stack.psql("SELECT count(*) FROM creel.credential WHERE kind <> "
                      "'key' AND sealed_secret IS NOT NULL") == "0"


@pytest.mark.parametrize("status, args", [
    (66, ["view", UNKNOWN]), (66, ["view", "x"]), (64, ["view"]),
    (64, ["reseal", "x"]), (64, ["view", UNKNOWN, UNKNOWN]),
    (64, ["create", "--application", "A", "--name", "n", "--scope",
          "WEBHOOK"])])
def test_creelctl_rejects(stack, status, args):
    p = stack.creelctl("key", *[stack.application if a == "A" else a
                                for a in args], check=False)
    assert p.returncode == status, p.stderr
    assert p.stderr.startswith("creelctl: ") and not p.stdout


# -- log and dump

def lines(stack, key):
    return [line for line in stack.logs().splitlines()
            if f"key={key['id']} application=" in line]


def test_log(stack, api):
    made = api.new()
    assert lines(stack, made) == []
    assert api.again(made)
    line, = lines(stack, made)
    assert f"key={made['id']} application={stack.application} shown=yes " \
        "principal=jwt:local:somebody remote=127.0.0.1 error=-" in line
    viewer = stack.made("key", "create", "--name", "v", "--scope",
                        "apiKey.view", "--scope", "action.call",
                        "--application", stack.application)
    stack.secrets.append(viewer["key"])
    api.view(made, token=viewer["key"])
    assert f"shown=yes principal=key:{viewer['id']} remote=127.0.0.1" in \
        lines(stack, made)[1]
    stack.made("key", "view", made["id"])
    assert re.search(r"creelctl key=.* shown=yes uid=\d+ error=-$",
                     lines(stack, made)[2])
    stack.psql("UPDATE creel.credential SET sealed_secret = NULL "
               f"WHERE id = '{made['id']}'")
    api.rejected(409, NEVER, "GET", f"/{made['id']}/secret")
    assert "shown=no principal=jwt:local:somebody remote=127.0.0.1 " \
        f'error="{NEVER}"' in lines(stack, made)[3]
    p = stack.creelctl("key", "view", made["id"], check=False)
    assert p.returncode == 73 and NEVER in p.stderr
    assert "shown=no uid=" in lines(stack, made)[4]
    # Without the scope only the request is logged.
    api.rejected(403, None, "GET", f"/{made['id']}/secret",
                token=stack.new_token("all.Application"))
    wait_for(lambda: re.search(r"route=\S+/api-keys/:apiKey/secret .*"
             r"principal=jwt:local:somebody remote=127\.0\.0\.1 status=403",
             stack.logs()), "the line")
    text = stack.logs()
    assert not [s for s in stack.secrets if s in text]


def view_with(stack, tmp_path, made, **options):
    """Runs creelctl key view with these options instead of the stack's."""
    text = stack.conf.read_text()
    for name, value in options.items():
        text = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
    conf = tmp_path / "creel.conf"
    conf.write_text(text)
    return run(BUILD / "creelctl", "-f", conf, "key", "view", made["id"],
               check=False)


@pytest.mark.parametrize("status, log", [
    (78, "/dev/null/x"), (75, "/dev/full"), (78, "FOLDER/none")])
def test_log_is_required(stack, api, tmp_path, status, log):
    """A disclosure that cannot be logged fails."""
    made = api.new()
    p = view_with(stack, tmp_path, made,
                  log=log.replace("FOLDER", str(tmp_path)))
    assert p.returncode == status and made["key"] not in p.stdout + p.stderr
    assert p.stderr.startswith("creelctl: ") and p.stderr.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_log_at_any_level(stack, api, tmp_path):
    made = api.new()
    p = view_with(stack, tmp_path, made, log_level="error")
    assert p.stdout == made["key"] + "\n"
    line, = lines(stack, made)
    assert re.search(r" audit creelctl key=.* shown=yes uid=\d+ error=-$", line)
    p = view_with(stack, tmp_path, made, log="stderr", log_level="error")
    assert p.stdout == made["key"] + "\n"
    assert "shown=yes uid=" in p.stderr and len(lines(stack, made)) == 1


def test_worker_logs_at_any_level(make_stack, tmp_path):
    s = make_stack(key_file=write_keys(tmp_path / "keys", new_seal()),
                   log_level="error")
    api = Keys(s)
    made = api.new()
    assert api.again(made)
    line, = lines(s, made)
    assert " audit request id=" in line and "shown=yes" in line


def test_worker_requires_its_log(make_stack, tmp_path):
    s = make_stack(key_file=write_keys(tmp_path / "keys", new_seal()),
                   log="/dev/full")
    api = Keys(s)
    made = api.new()
    a = secret(api, made)
    assert a.status == 503 and made["key"].encode() not in a.body
    assert made["id"] in {k["id"] for k in api.list()["items"]}


def test_dump(stack, api):
    """A dump of the database has no key in clear, in no encoding."""
    made = [api.new(), stack.made("key", "create", "--name", "k",
                                  "--application", stack.application)]
    text = run(stack.cluster.bin / "pg_dump", "-h", stack.cluster.host, "-U",
               "creel_owner", stack.database).stdout
    for key in made:
        assert key["id"] in text
        assert key["key"] not in text
        assert key["key"].encode().hex() not in text
        assert key["key"][8:].encode().hex() not in text


def secret(api, made):
    path = f"/applications/{api.application}/api-keys/{made['id']}/secret"
    return send(api.url, "GET", path, [("Authorization",
                                        f"Bearer {api.token}")])


def test_moved(stack, api):
    """A sealed key that is copied to another row cannot be opened."""
    a, b = api.new(), api.new()
    other = Keys(stack, stack.other_application)
    stack.psql("UPDATE creel.credential SET sealed_secret = (SELECT "
               "sealed_secret FROM creel.credential WHERE id = "
               f"'{a['id']}') WHERE id = '{b['id']}'")
    got = secret(api, b)
    assert got.status == 503 and b"ck_" not in got.body
    assert f"key {b['id']}: the sealed secret is damaged or from another row" \
        in stack.logs()
    p = stack.creelctl("key", "view", b["id"], check=False)
    assert p.returncode == 70 and "damaged" in p.stderr
    # The same id, but another application.
    stack.psql("UPDATE creel.credential SET application_id = "
               f"'{stack.other_application}' WHERE id = '{a['id']}'")
    assert secret(other, a).status == 503
    # It can be opened, but is not the row's key.
    c = api.new()
    assert api.again(c)
    stack.psql("UPDATE creel.credential SET secret_sha256 = "
               f"sha256('x') WHERE id = '{c['id']}'")
    assert secret(api, c).status == 503
    assert (f"key {c['id']}: the sealed key does not match the stored hash"
            in stack.logs())
    for made in (a, b, c):
        stack.psql(f"DELETE FROM creel.credential WHERE id = '{made['id']}'")


# -- key_file

def test_no_file(make_stack, cluster):
    s = make_stack()
    api = Keys(s)
    made = api.new()
    assert made["viewable"] is False
    api.rejected(409, NO_FILE, "GET", f"/{made['id']}/secret")
    api.rejected(404, "API Key was not found", "GET", f"/{UNKNOWN}/secret")
    p = s.creelctl("key", "view", made["id"], check=False)
    assert p.returncode == 73 and NO_FILE in p.stderr
    text = s.creelctl("key", "create", "--name", "n", "--application",
                      s.application).stdout
    assert "it is not stored and cannot be shown again" in text
    p = s.creelctl("key", "reseal", check=False)
    assert p.returncode == 78 and "key_file is not set" in p.stderr
    assert s.psql("SELECT count(*) FROM creel.credential WHERE sealed_secret "
                  "IS NOT NULL") == "0"
    # A key from before the file still cannot be shown.
    s.configure(key_file=write_keys(s.dir / "seal.keys", new_seal()))
    restart(s)
    assert api.call("GET", "/" + made["id"], status=200)[1]["viewable"] is \
        False
    api.rejected(409, NEVER, "GET", f"/{made['id']}/secret")
    assert s.made("key", "show", made["id"])["sealed"] is False
    assert api.again(api.new())
    assert s.made("key", "reseal") == {"resealed": 0, "current": 1,
                                       "closed": 0}
    # Without the file again, sealed keys are not viewable.
    s.configure()
    restart(s)
    assert [k["viewable"] for k in api.list()["items"]] == [False] * len(
        api.list()["items"])


def test_rotation(make_stack, cluster):
    old, new, third = new_seal(), new_seal(), new_seal()
    file = write_keys(cluster.dir / "rotation.keys", old)
    s = make_stack(key_file=file)
    api = Keys(s)
    before = s.made("key", "reseal")["current"]
    assert before > 0
    made = [api.new(f"k{i}") for i in range(3)]
    write_keys(file, new, old)
    # A worker uses the old file until it is restarted.
    assert all(api.again(k) for k in made)
    restart(s)
    made.append(api.new("k3"))
    assert all(api.again(k) for k in made)
    counts = s.made("key", "reseal")
    assert counts == {"resealed": before + 3, "current": 1, "closed": 0}
    assert s.made("key", "reseal") == {"resealed": 0, "current": before + 4,
                                       "closed": 0}
    assert s.creelctl("key", "reseal").stdout == (
        f"0 sealed, {before + 4} were sealed with the first key "
        "already, 0 cannot be opened\n")
    assert all(api.again(k) for k in made)
    write_keys(file, new)
    restart(s)
    assert all(api.again(k) for k in made)
    assert all(k["viewable"] for k in api.list()["items"])
    # Some are sealed with a lost key.
    write_keys(file, third)
    restart(s)
    made.append(api.new("k4"))
    for k in made[:4]:
        api.rejected(409, LOST, "GET", f"/{k['id']}/secret")
    assert [k["viewable"] for k in api.list(filterField="name",
            filter="k*", sortField="name")["items"]
            if k["name"] != "k"] == [False] * 4 + [True]
    p = s.creelctl("--json", "key", "reseal", check=False)
    assert p.returncode == 78
    assert json.loads(p.stdout) == {"resealed": 0, "current": 1,
                                    "closed": before + 4}
    assert f"key {made[0]['id']} of application {s.application}: it was " \
        "sealed with a key that is no longer in key_file" in s.logs()
    # The API keys themselves stay valid.
    assert s.post().status < 300
    assert not [k for k in (old, new, third) if k in s.logs()]


def test_reseal_under_load(make_stack, cluster):
    """More than a page of keys, while others are created and deleted."""
    old, new = new_seal(), new_seal()
    file = write_keys(cluster.dir / "load.keys", old)
    s = make_stack(key_file=file)
    api = Keys(s)
    made = [api.new() for _ in range(20)]
    # Copies of a row; under other ids they cannot be opened.
    s.psql("INSERT INTO creel.credential (application_id, id, name, prefix, "
           "secret_sha256, sealed_secret, scopes) SELECT application_id, "
           "lpad(to_hex(n), 24, '0'), 'copy', prefix, secret_sha256, "
           "sealed_secret, scopes FROM creel.credential, "
           f"generate_series(1, 2500) n WHERE id = '{made[0]['id']}'")
    write_keys(file, new, old)
    restart(s)
    stop = threading.Event()
    late, failed = [], []

    def work():
        try:
            mine = Keys(s, token=api.token)
            while not stop.is_set():
                late.append(mine.new("late"))
                gone = mine.new("gone")
                mine.call("DELETE", "/" + gone["id"], status=200)
        except Exception as e:  # noqa: BLE001
            failed.append(e)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    try:
        wait_for(lambda: len(late) > 5 or failed, "keys that are made")
        got = [s.creelctl("--json", "key", "reseal", check=False)
               for _ in range(2)]
    finally:
        stop.set()
        for t in threads:
            t.join()
    assert not failed, failed
    first, second = [json.loads(p.stdout) for p in got]
    assert [p.returncode for p in got] == [78, 78]
    assert (first["closed"], second["closed"]) == (2500, 2500)
    assert first["resealed"] >= 20 and second["resealed"] == 0
    write_keys(file, new)
    restart(s)
    assert all(api.again(k) for k in made + late)


@pytest.mark.parametrize("keys, mode, says", [
    ([new_seal()], 0o640, "must be accessible to its owner only"),
    ([new_seal()], 0o604, "must be accessible to its owner only"),
    ([], 0o600, "no key in the file"),
    (["ab" * 31], 0o600, ":2: a key must be 64 hex digits"),
    (None, 0o600, "No such file or directory")])
def test_invalid_key_file(stack, tmp_path, keys, mode, says):
    """Reported at the start and by check, without the file's contents."""
    file = tmp_path / "seal.keys"
    if keys is not None:
        write_keys(file, *keys, mode=mode)
    conf = tmp_path / "creel.conf"
    conf.write_text(re.sub(r"(?m)^key_file = .*$", f"key_file = {file}",
                           stack.conf.read_text()))
    for args in (["--check"], ["--socket", tmp_path / "s"]):
        p = run(stack.fcgi, "-f", conf, *args, check=False)
        assert p.returncode == 78
    text = stack.logs()
    assert f"key_file: {file}" in text and says in text
    p = run(BUILD / "creelctl", "-f", conf, "check", check=False)
    assert p.returncode == 78
    assert re.search(f"WRONG .*key_file: {re.escape(str(file))}.*"
                     + re.escape(says), p.stdout)
    for args in (["create", "--name", "n", "--application",
                  stack.application], ["reseal"]):
        q = run(BUILD / "creelctl", "-f", conf, "key", *args, check=False)
        assert q.returncode == 78 and says in q.stderr
    for k in keys or []:
        assert k not in text + p.stdout + p.stderr


# -- the statements

def test_run_twice(stack):
    """A statement whose reply was lost is run again with the same values."""
    app, k = stack.other_application, "e" * 24
    values = {"CREATE": f"'{app}','{k}','true','{{}}','{'ab' * 32}','ck_x',"
              "NULL,'n','webhooks.get',NULL,'jwt:x:y'",
              "PATCH": f"'{app}','{k}','true','{{}}','n2','false'"}
    for name in values:
        out = run_twice(stack, f"API_KEY_{name}", values[name], k)
        assert f'with payload "key {"ab" * 32}"' in out
    assert stack.psql("SELECT count(*) FROM creel.address WHERE target_id "
                      f"= '{k}'") == "1"
