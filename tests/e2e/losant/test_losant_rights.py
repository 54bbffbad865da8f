# SPDX-License-Identifier: ISC
"""Rights on Losant's webhooks, and responses for unknown resources."""
# route: GET /applications/:application/webhooks
# route: POST /applications/:application/webhooks
# route: GET /applications/:application/webhooks/:webhook
# route: PATCH /applications/:application/webhooks/:webhook
# route: DELETE /applications/:application/webhooks/:webhook

import pytest

from conftest import send
from losant_api import UNKNOWN, Api, api, empty  # noqa: F401
from resource_checks import NO_APPLICATIONS, refuses_application


@pytest.mark.parametrize("webhook", [
    UNKNOWN, UNKNOWN[:23], UNKNOWN + "0", "x", "g" * 24, "%00", "-1", "null",
    "..;", "'", "%25", "1" * 200])
def test_no_such_webhook(api, webhook):
    for method in ("GET", "PATCH", "DELETE"):
        if webhook == "%00":
            assert api.call(method, "/%00", body="{}")[0] in (400, 404)
        else:
            api.rejected(404, "Webhook was not found", method, "/" + webhook,
                        body="{}")


@pytest.mark.parametrize("application", [*NO_APPLICATIONS, "'"])
def test_no_such_application(stack, api, application):
    made = Api(stack, stack.other_application).new()
    refuses_application(api, application, made["id"])


def test_foreign_webhook(stack, api):
    """Another application's webhook under one's own application."""
    other = Api(stack, stack.other_application)
    w = other.new("theirs")
    for method in ("GET", "PATCH", "DELETE"):
        api.rejected(404, "Webhook was not found", method, "/" + w["id"],
                    body='{"name":"mine"}')
    assert other.call("GET", "/" + w["id"], status=200)[1] == w
    assert "theirs" not in api.names(perPage=1000)


def test_other_kinds_are_not_found(stack, api):
    for method in ("GET", "PATCH", "DELETE"):
        api.rejected(404, "Webhook was not found", method, "/" + stack.hook,
                    body='{}')
    assert stack.hook not in [w["id"] for w in api.list(perPage=1000)["items"]]


def test_invalid_credentials(stack, api):
    for token in ("test.jwt.token", "ck_wrong", "x"):
        api.rejected(401, "Unauthorized", "GET", token=token)
        assert api.raw.headers["WWW-Authenticate"] == "Bearer"
    api.rejected(401, "Unauthorized", "GET", token="")
    api.rejected(401, "Unauthorized", "GET",
                 f"/applications/{UNKNOWN}/webhooks", token="")
    api.rejected(401, "Unauthorized", "POST", token="", body="{")


OPERATIONS = {
    "webhooks.get": ("GET", ""), "webhooks.post": ("POST", ""),
    "webhook.get": ("GET", "/W"), "webhook.patch": ("PATCH", "/W"),
    "webhook.delete": ("DELETE", "/W")}
READS = {"webhooks.get", "webhook.get"}
ONE = {"webhook.get", "webhook.patch", "webhook.delete"}


@pytest.mark.parametrize("scope, may", [
    *[(s, {s}) for s in OPERATIONS],
    ("webhook.*", ONE), ("webhooks.*", set(OPERATIONS) - ONE),
    *[(f"all.{g}{b}", set(OPERATIONS)) for g in (
        "Application", "Organization", "User") for b in ("", ".bounded")],
    *[(f"all.{g}.read", READS) for g in (
        "Application", "Organization", "User")],
    ("datasource.* event.*", set())])
def test_scopes(stack, api, scope, may):
    token = stack.new_token(*scope.split(" "))
    for name, (method, path) in OPERATIONS.items():
        path = path.replace("W", api.new()["id"])
        if name in may:
            assert api.call(method, path, body='{"name":"w"}',
                            token=token)[0] in (200, 201)
        else:
            api.rejected(403, None, method, path, body='{"name":"w"}',
                        token=token)


def test_api_key(stack, api):
    key = stack.new_key("webhooks.*")
    api.call("GET", token=key, status=200)
    api.call("GET", token="", headers=[("ApiKey", key)], status=200)
    api.rejected(403, None, "GET", "/" + UNKNOWN, token=key)


def test_organization(stack):
    org = stack.made("organization", "create", "o")["id"]
    mine = [stack.made("application", "create", "a", "--organization",
                       org)["id"] for _ in range(2)]
    token = stack.creelctl("jwt", "--issuer", "local", "--subject", "s",
                           "--organization", org, "--scope",
                           "all.Organization").stdout.strip()
    for application in mine:
        api = Api(stack, application, token)
        w = api.new("theirs")
        assert api.names() == ["theirs"]
        api.call("DELETE", "/" + w["id"], status=200)
    Api(stack, stack.application, token).rejected(
        404, "Application was not found", "GET")


def test_restricted_key(stack, empty):
    """A key that is restricted to some hooks sees no others, and creates
    none."""
    mine, other = empty.new("mine"), empty.new("other")
    token = stack.new_key("webhook.*", "webhooks.*",
                          application=empty.application,
                          args=["--hook", mine["id"]])
    got = empty.call("GET", token=token, status=200)[1]
    assert got["items"] == [mine] and got["totalCount"] == got["count"] == 1
    empty.rejected(403, None, "POST", body={"name": "w"}, token=token)
    for method in ("GET", "PATCH", "DELETE"):
        empty.rejected(404, "Webhook was not found", method,
                      "/" + other["id"], body="{}", token=token)
        empty.call(method, "/" + mine["id"], body="{}", token=token,
                   status=200)
    assert empty.names() == ["other"]


@pytest.mark.parametrize("method, path", [
    ("GET", "/applications//webhooks"), ("GET", "/applications//"),
    ("POST", "/applications/A"), ("POST", "/applications/A/webhooks//"),
    ("GET", "/applications/A/gadgets"), ("PUT", "/applications/A/webhooks"),
    ("PATCH", "/applications/A/webhooks"),
    ("POST", "/applications/A/webhooks/W"),
    ("PUT", "/applications/A/webhooks/W"), ("FOO", "/applications/A/webhooks"),
    ("GET", "/applications/A/webhooks/W/x"),
    ("DELETE", "/applications/A/webhooks")])
def test_not_allowed(api, method, path):
    path = path.replace("A", api.application).replace("W", UNKNOWN)
    for token in (None, ""):
        api.rejected(405, f"{method} is not allowed", method, path,
                    token=token, body="{}")
    assert "OPTIONS" in api.raw.headers["Allow"]


def test_head_and_options(api):
    w = api.new()
    for path, methods in ((f"/applications/{api.application}/webhooks",
                           "GET, HEAD, POST, OPTIONS"),
                          (f"/applications/{api.application}/webhooks/"
                           + w["id"], "GET, HEAD, PATCH, DELETE, OPTIONS")):
        a = send(api.url, "OPTIONS", path)
        assert (a.status, a.headers["Allow"]) == (204, methods)
        a = send(api.url, "HEAD", path, [
            ("Authorization", f"Bearer {api.token}")])
        assert a.status == 200 and a.body == b""
        assert int(a.headers["Content-Length"]) > 100


def test_wrong_escape(api):
    # nginx rejects these itself, with the same JSON.
    api.rejected(400, None, "GET", "/%zz")
    api.rejected(400, None, "GET", "/applications/%zz/webhooks")
