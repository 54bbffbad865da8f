# SPDX-License-Identifier: ISC
"""A client cannot grant a scope that it does not hold, on any route: each row
of the route tables is called by a key with nothing but a scope of the row."""
import hashlib
import json
import re
import secrets
import shutil
import types

import pytest

from conftest import ROOT, SOURCE, send
from events import event_id
from quixy_api import make_stack_quixy
from wallboard_api import PAUSE

ROW = re.compile(r'\{\s*"([A-Z]+)",\s*"(/[^"]*)",\s*&\w+,\s*([A-Z_|\s]+?),'
                 r"\s*([A-Z_0-9|\s]+?),")
SECRET = re.compile(r"ck_[A-Za-z0-9_-]{43}")
JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
ACTION = {"name": "n", "steps": [PAUSE]}
FORM = {"name": "n", "fields": [{"name": "a", "type": "text"}]}


def macros(text):
    return dict(re.findall(r"#define (\w+) +((?:.*\\\n)*.*)", text))


def routes():
    """(method, pattern, scopes, is public) of each row."""
    names = dict(re.findall(r'SCOPE\((\w+),\s*"(.*?)"', (
        SOURCE / "src/auth/scope.def").read_text()))
    found = []
    for path in sorted(SOURCE.glob("src/*/*.c")):
        text = path.read_text()
        for table in re.findall(r"const struct route \w+\[\] = \{(.*?)\n\};",
                                text, re.S):
            for method, pattern, auth, scopes in ROW.findall(table):
                scopes = macros(text).get(scopes, scopes)
                found.append((method, pattern, [
                    names[s] for s in re.findall(r"SCOPE_(\w+)", scopes)],
                    auth in ("AUTH_NONE", "AUTH_ADDRESS", "AUTH_PATH")))
    return found


ROUTES = routes()
A = "/applications/:application"

# A body for each row that takes one, with which it creates, enables or changes
# as much as it can.  Rows that are not here have none.
BODIES = {
    f"POST {A}/devices": {"name": "n", "enabled": True},
    f"PATCH {A}/devices/:device": {"enabled": True},
    f"POST {A}/devices/:device/key": None,
    f"POST {A}/device-groups": {"name": "n"},
    f"PATCH {A}/device-groups/:group": {"name": "n"},
    f"POST {A}/device-groups/:group/devices": {"add": []},
    "POST /devices/me/receipts": [],
    "POST /hooks/incoming/:guid": {},
    "POST /webhook/app/incoming-data": {},
    "POST /webhook/app/:key/incoming-data": {},
    "POST /public-api/integration/webhooks": {},
    f"POST {A}/webhooks/:webhook/replies/:reply": {},
    f"POST {A}/events/:event/retry": None,
    f"POST {A}/actions": ACTION,
    f"PATCH {A}/actions/:action": {"enabled": True},
    f"POST {A}/api-keys": {"name": "n", "scope": "datasource.get",
                           "enabled": True},
    f"PATCH {A}/api-keys/:apiKey": {"enabled": True},
    "POST /applications": {"name": "n"},
    f"PATCH {A}": {"name": "n"},
    f"PUT {A}/quotas": {},
    "PUT /organizations/:organization/quotas": {},
    f"POST {A}/forms": FORM,
    f"PATCH {A}/forms/:form": {"enabled": True},
    f"POST {A}/tokens": {"name": "n", "scope": ["datasource.get"],
                         "status": "active"},
    f"PATCH {A}/tokens/:token": {"status": "active"},
    f"POST {A}/users": {"email": "new@example.org",
                        "integrationAccess": True},
    f"PATCH {A}/users/:user": {"integrationAccess": True},
    f"POST {A}/users/:user/key": None,
    f"POST {A}/webhooks": {"name": "n"},
    f"PATCH {A}/webhooks/:webhook": {"enabled": True},
}
QUERIES = {f"GET {A}/actions/:action/url": "?apiKeyId={apiKey}"}

# The rows that create, enable or show a credential, which the test must see
# do so for a client with all scopes.
GRANTS = {
    f"POST {A}/devices", f"PATCH {A}/devices/:device",
    f"POST {A}/devices/:device/key", f"GET {A}/actions/:action/url",
    f"POST {A}/api-keys", f"PATCH {A}/api-keys/:apiKey",
    f"GET {A}/api-keys/:apiKey/secret", f"POST {A}/tokens",
    f"PATCH {A}/tokens/:token", f"POST {A}/users", f"PATCH {A}/users/:user",
    f"POST {A}/users/:user/key"}


@pytest.fixture(scope="module")
def stack(make_stack, tmp_path_factory):
    file = tmp_path_factory.mktemp("grants") / "keys"
    file.write_text(secrets.token_hex(32) + "\n")
    file.chmod(0o600)
    if ROOT:
        shutil.chown(file, "www-data")
    s = make_stack_quixy(make_stack, key_file=file)
    organization = s.made("organization", "create", "o")["id"]
    s.everything = s.new_token("all.Organization", "quotas.put",
                               args=["--organization", organization])
    return s


def new(stack, path, **body):
    r = send(stack.url, "POST", path, [
        ("Authorization", "Bearer " + stack.everything),
        ("Content-Type", "application/json")], json.dumps(body).encode())
    assert r.status == 201, r.body
    return json.loads(r.body)


def fresh(stack):
    """The objects that paths name, in a new application; its credentials are
    disabled."""
    app = new(stack, "/applications", name="a")["id"]
    path = f"/applications/{app}/"
    user = new(stack, path + "users", email="u@example.org",
               integrationAccess=False)
    return types.SimpleNamespace(
        application=app, user=user["id"],
        device=new(stack, path + "devices", name="n", enabled=False)["id"],
        group=new(stack, path + "device-groups", name="n")["id"],
        apiKey=new(stack, path + "api-keys", name="n", scope="action.call",
                   enabled=False)["id"],
        token=new(stack, path + "tokens", name="n", status="inactive",
                  scope=["webhooks.get", "event.get"])["id"],
        action=new(stack, path + "actions", **ACTION)["id"],
        form=new(stack, path + "forms", **FORM)["id"],
        webhook=new(stack, path + "webhooks", name="n")["id"],
        organization=app, guid=stack.datasource,
        event=event_id(), id=event_id(), key="k",
        reply="r")


def key_with(stack, ids, scope):
    return new(stack, f"/applications/{ids.application}/api-keys", name="k",
               scope=scope)["key"]


def credentials(stack, app):
    """{id: (scopes, secret)} of the enabled ones of an application."""
    rows = stack.psql(
        "SELECT id, array_to_string(scopes, ' '), encode(secret_sha256, 'hex')"
        f" FROM creel.credential WHERE enabled AND application_id = '{app}'")
    return {r.split("|")[0]: tuple(r.split("|")[1:])
            for r in rows.split("\n") if r}


def call(stack, row, ids, credential):
    """Calls a row; returns the response, and the scopes of the credentials
    that were created, enabled, given a new secret or shown."""
    method, pattern = row.split(" ")
    assert method in ("GET", "DELETE", "ANY", "OPTIONS") or row in BODIES, \
        f"BODIES: no body for {row}"
    path = re.sub(r":(\w+)", lambda m: getattr(ids, m[1]), pattern)
    path = path.replace("*", "") + QUERIES.get(row, "").format(**vars(ids))
    body = BODIES.get(row)
    data = None if body is None else json.dumps(body).encode()
    headers = [("Authorization", f"Bearer {credential}")]
    if "integration" in path:
        headers = [("x-webhook-apikey", credential)]
    if data:
        headers.append(("Content-Type", "application/json"))
    before = credentials(stack, ids.application)
    r = send(stack.url, "POST" if method == "ANY" else method, path, headers,
             data)
    after = credentials(stack, ids.application)
    given = [s for id, s in after.items() if before.get(id) != s]
    text = r.body.decode(errors="replace")
    shown = [hashlib.sha256(k.encode()).hexdigest()
             for k in SECRET.findall(text)]
    every = stack.psql("SELECT encode(secret_sha256, 'hex'), "
                       "array_to_string(scopes, ' ') FROM creel.credential")
    known = dict(line.split("|") for line in every.split("\n"))
    scopes = [s for s, _ in given] + [known[h] for h in shown]
    return r, {s for names in scopes for s in names.split()}, JWT.findall(text)


@pytest.mark.parametrize("row, scopes", [
    (f"{m} {p}", s) for m, p, s, public in ROUTES if not public])
def test_row(stack, row, scopes):
    """No row gives a client more than it has."""
    assert scopes, "a row that needs a credential needs a scope"
    for scope in scopes:
        ids = fresh(stack)
        key = key_with(stack, ids, scope)
        r, granted, tokens = call(stack, row, ids, key)
        assert not tokens
        assert granted <= {scope}, (r.status, r.body)
        if row in GRANTS:
            assert r.status == 403 and b"cannot grant the scope" in r.body


@pytest.mark.parametrize("row", sorted(GRANTS))
def test_row_with_the_scopes(stack, row):
    """With the scopes the same call succeeds, so the test above sees it."""
    ids = fresh(stack)
    token = stack.new_token("all.Organization", application=ids.application)
    if row == f"GET {A}/actions/:action/url":
        stack.psql("UPDATE creel.credential SET enabled = true "
                   f"WHERE id = '{ids.apiKey}'")
    r, granted, _ = call(stack, row, ids, token)
    assert r.status in (200, 201), r.body
    assert granted


@pytest.mark.parametrize("row", sorted(GRANTS))
def test_row_with_all_scopes_but_one(stack, row):
    """Each of the scopes is required, also to grant several at once."""
    ids = fresh(stack)
    if row == f"GET {A}/actions/:action/url":
        stack.psql("UPDATE creel.credential SET enabled = true "
                   f"WHERE id = '{ids.apiKey}'")
    full = stack.new_token("all.Organization", application=ids.application)
    _, granted, _ = call(stack, row, ids, full)
    names = re.findall(r'^SCOPE\(\w+,\s*"(.*?)"', (
        SOURCE / "src/auth/scope.def").read_text(), re.M)
    for missing in granted:
        ids = fresh(stack)
        token = stack.new_token(*[n for n in names if n != missing],
                                application=ids.application)
        r, granted, _ = call(stack, row, ids, token)
        assert r.status == 403 and not granted, r.body
        assert f"cannot grant the scope {missing}:".encode() in r.body


def test_rows_are_known():
    """The table of bodies has no row that does not exist."""
    rows = {f"{m} {p}" for m, p, _, _ in ROUTES}
    assert set(BODIES) | GRANTS <= rows
    assert len(rows) > 60


def test_public_rows(stack):
    """The rows without a credential create tokens for the Secret Key of a user
    alone, with its scopes."""
    public = {f"{m} {p}" for m, p, _, is_public in ROUTES if is_public}
    assert public == {
        "ANY /webhooks/:token/*", "POST /webhook/token", "POST /oauth/token",
        "OPTIONS /webhooks/:token/*", "GET /metrics"}
    user = stack.made("user", "create", "--application", stack.application,
                      "--email", "t@example.org")
    secret = SECRET.search(json.dumps(user))[0]
    for scope, status in (("form.post", 200), ("event.get form.post", 200),
                          ("event.body", 400), ("event.*", 400),
                          ("all.Application", 400), ("no.such", 400)):
        body = (f"grant_type=client_credentials&client_id=t@example.org"
                f"&client_secret={secret}&scope={scope}").replace(" ", "+")
        r = send(stack.url, "POST", "/oauth/token", [
            ("Content-Type", "application/x-www-form-urlencoded")],
                 body.encode())
        assert r.status == status, r.body
