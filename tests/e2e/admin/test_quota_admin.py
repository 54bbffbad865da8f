# SPDX-License-Identifier: ISC
"""
Quotas as administrators and tenants see them: who may set which, what is wrong
with a value, and what an application uses.
"""
import json
import re

import pytest

from conftest import SOURCE, send, wait_for
from losant_api import UNKNOWN
from metrics_api import ask

NAMES = re.findall(r'^QUOTA\(\w+, "(\w+)"', (
    SOURCE / "src/base/quota.def").read_text(), re.M)


class Organization:
    def __init__(self, stack):
        self.stack = stack
        self.id = stack.made("organization", "create", "o")["id"]
        self.application = stack.made("application", "create", "a",
                                      "--organization", self.id)["id"]

    def token(self, *scopes):
        return self.stack.creelctl(
            "jwt", "--issuer", "local", "--subject", "s", "--organization",
            self.id, *(a for s in scopes for a in ("--scope", s))
        ).stdout.strip()

    def call(self, method, path, token, body=None):
        headers = [("Authorization", f"Bearer {token}")]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
            body = json.dumps(body).encode()
        a = send(self.stack.url, method, path, headers, body)
        assert a.status < 500, a.body
        return a.status, json.loads(a.body)


@pytest.fixture(scope="module")
def organization(stack):
    return Organization(stack)


@pytest.fixture(scope="module")
def admin(organization):
    return organization.token("quotas.put", "all.Organization")


def test_names_agree(stack):
    """The programs and the schema know the same quotas."""
    assert stack.psql("SELECT array_to_string(creel.quota_names(), ' ')") == \
        " ".join(NAMES)


@pytest.mark.parametrize("value", [
    "[]", "1", "null", '{"calls": 1}', '{"hooks": -1}', '{"hooks": 1.5}',
    '{"hooks": "1"}', '{"hooks": null}', '{"hooks": 9007199254740992}',
    '{"callsPerSecond": 0}', '{"callsPerSecond": 1, "burst": 0}'])
def test_schema_rejects_others(stack, organization, value):
    """SQL by hand cannot store what the programs do not understand."""
    for table, id in ("application", organization.application), \
            ("organization", organization.id):
        p = stack.psql(f"UPDATE creel.{table} SET quotas = '{value}'"
                       f" WHERE id = '{id}'", check=False)
        assert "violates check constraint" in p.stderr


def test_set_and_show(stack, organization):
    """An administrator sets, changes and removes quotas, and sees them in the
    lists."""
    for of, id in ("application", organization.application), \
            ("organization", organization.id):
        assert stack.made(of, "quota", id) == {}
        assert stack.made(of, "quota", id, "--set", "callsPerSecond=20",
                          "--set", "hooks=7") == \
            {"callsPerSecond": 20, "hooks": 7}
        assert stack.made(of, "quota", id, "--set", "callsPerSecond=none",
                          "--set", "devices=0") == {"hooks": 7, "devices": 0}
        assert stack.made(of, "show", id)["quotas"] == \
            {"hooks": 7, "devices": 0}
        row, = [a for a in stack.made(of, "list") if a["id"] == id]
        assert row["quotas"] == {"hooks": 7, "devices": 0}
        assert stack.made(of, "quota", id, "--set", "hooks=none", "--set",
                          "devices=none") == {}


def test_wrong_values(stack, organization):
    """A wrong name or value says what is right, and changes nothing."""
    for text, said in {
            "hook=1": "one of callsPerSecond, burst, callsPerDay, storedBytes,"
                      " hooks, devices",
            "callsPerSecond=0": "callsPerSecond: must be a whole number from 1"
                                " to 1000000",
            "storedBytes=1e9": "storedBytes: must be a whole number from 0 to"
                               " 9007199254740991"}.items():
        p = stack.creelctl("application", "quota", organization.application,
                           "--set", "devices=1", "--set", text, check=False)
        assert p.returncode == 64 and said in p.stderr, p.stderr
    for of in "application", "organization":
        p = stack.creelctl(of, "quota", UNKNOWN, check=False)
        assert p.returncode == 66 and UNKNOWN in p.stderr
    assert stack.made("application", "quota", organization.application) == {}


# route: PUT /applications/:application/quotas
# route: PUT /organizations/:organization/quotas
def test_put(organization, admin):
    """The body replaces all quotas; a wrong one changes nothing."""
    for path in f"/applications/{organization.application}/quotas", \
            f"/organizations/{organization.id}/quotas":
        def put(body):
            return organization.call("PUT", path, admin, body)

        assert put({"hooks": 5, "burst": 9}) == (200, {"hooks": 5, "burst": 9})
        for wrong in {"hooks": None}, {"hooks": -1}, {"hooks": "5"}, \
                {"hooks": 1.5}, {"calls": 1}, [], {"callsPerSecond": 0}:
            status, answer = put(wrong)
            assert status == 400 and answer["type"] == "Validation", wrong
        assert put({"burst": 9}) == (200, {"burst": 9})
        assert put({}) == (200, {})


def test_tenants_cannot_raise_their_own(stack, organization):
    """No right that tenants have today sets a quota: all groups, a wildcard of
    others, and an application's token."""
    tokens = [organization.token("all.Organization"),
              organization.token("all.User", "application.*",
                                 "applications.*"),
              stack.new_token("all.Application",
                              application=organization.application)]
    for token in tokens:
        assert organization.call(
            "PUT", f"/applications/{organization.application}/quotas", token,
            {})[0] == 403
    assert organization.call(
        "PUT", f"/organizations/{organization.id}/quotas", tokens[0],
        {})[0] == 403
    assert organization.call(
        "PATCH", f"/applications/{organization.application}", tokens[0],
        {"quotas": {}})[0] == 400
    p = stack.creelctl("token", "create", "--name", "t", "--application",
                       organization.application, "--scope", "quotas.put",
                       check=False)
    assert p.returncode == 64, p.stderr


def test_quotas_of_others(stack, organization, admin):
    """Organizations and applications of others look like none."""
    other = Organization(stack)
    for path in f"/applications/{other.application}", \
            f"/organizations/{other.id}", f"/applications/{UNKNOWN}", \
            f"/organizations/{UNKNOWN}", "/organizations/x":
        for method, leaf, body in ("GET", "usage", None), ("PUT", "quotas", {}):
            status, answer = organization.call(
                method, f"{path}/{leaf}", admin, body)
            assert status == 404 and answer["type"] == "NotFound"


# route: GET /applications/:application/usage
# route: GET /organizations/:organization/usage
def test_usage(stack, organization, admin):
    """Calls show within seconds, by application and by organization, and so do
    the refused ones, also in the metrics."""
    id = organization.application
    _, datasource = stack.new_hook(id)
    key = stack.new_key(application=id)
    before = len(stack.logs())
    stack.creelctl("application", "quota", id, "--set", "callsPerDay=3")
    wait_for(lambda: f'quotas of {id}: {{"callsPerDay": 3}}' in
             stack.logs()[before:], "the quota")
    statuses = [stack.post(datasource=datasource, ApiKey=key).status
                for _ in range(5)]
    assert statuses == [200] * 3 + [429] * 2

    def usage():
        return stack.made("usage", "--application", id)[0]
    wait_for(lambda: usage()["refused"] == 2, "the report")
    wanted = {"calls": 3, "refused": 2, "events": 3, "hooks": 1, "devices": 0,
              "storedBytes": usage()["storedBytes"], "day": usage()["day"],
              "quotas": {"callsPerDay": 3}}
    assert wanted["storedBytes"] > 0
    assert {k: usage()[k] for k in wanted} == wanted
    assert stack.made("usage", "--organization", organization.id) == [usage()]
    assert organization.call("GET", f"/applications/{id}/usage", admin) == (
        200, {"applicationId": id, **wanted, "_type": "usage"})
    status, answer = organization.call(
        "GET", f"/organizations/{organization.id}/usage", admin)
    assert status == 200 and answer == {
        "organizationId": organization.id, "applications": 1, **wanted,
        "quotas": {}, "_type": "usage"}
    assert b'creel_quota_refused_total{quota="callsPerDay"} 2' in \
        ask(stack).body
    assert "creelctl: no application" in stack.creelctl(
        "usage", "--application", UNKNOWN, check=False).stderr
