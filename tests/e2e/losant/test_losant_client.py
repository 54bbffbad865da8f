# SPDX-License-Identifier: ISC
"""Losant's own clients: their requests as recorded, byte for byte, and the
clients themselves from npm.

TEST_LOSANT    folder with client.mjs of tests/e2e/losant/npm and the packages
               that its package.json names; without it the clients' tests are
               skipped
TEST_LOSANT_MODULES
               which of them, or paths of others (default: both)
"""
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import urllib.parse

import pytest

from conftest import program

FOLDER = os.environ.get("TEST_LOSANT")
MODULES = os.environ.get("TEST_LOSANT_MODULES",
                         "losant-rest losant-rest-2.3").split()

# From Losant's own examples.
APPLICATION = "575ec8687ae143cd83dc4a97"
WEBHOOK = "575ed78e7ae143cd83dc4aab"
FIRST, SECOND = "500000000000000000000003", "500000000000000000000004"
LIST = f"/applications/{APPLICATION}/webhooks"
DEFAULTS = "_actions=false&_links=true&_embedded=true"


# -- requests as recorded from version 4.2.0

def recorded(stack, method, target, body=None, token=None, domain=None):
    """A recorded request; only host and token are the test's."""
    host = urllib.parse.urlsplit(stack.url).netloc
    head = [f"{method} {target} HTTP/1.1", "Accept: application/json"]
    if body is not None:
        head.append("Content-Type: application/json")
    if domain:
        head.append(f"losantdomain: {domain}")
    head.append("Accept-Version: ^1.30.0")
    if token:
        head.append(f"Authorization: Bearer {token}")
    head.append("User-Agent: axios/1.21.1")
    if body is not None:
        head.append(f"Content-Length: {len(body)}")
    head += ["Accept-Encoding: gzip, compress, deflate, br", f"Host: {host}",
             "Connection: keep-alive", "", ""]
    return "\r\n".join(head).encode() + (body or b"")


class Wire:
    """One kept connection, like the client's agent."""

    def __init__(self, url):
        u = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((u.hostname, u.port), 30)

    def ask(self, request):
        """Returns (status, headers, body) of the response."""
        self.socket.sendall(request)
        r = http.client.HTTPResponse(self.socket)
        r.begin()
        return r.status, r.headers, r.read()


@pytest.fixture(scope="module")
def example(stack):
    """Losant's example application, with the example webhook in it."""
    stack.psql(f"""
        INSERT INTO creel.application (id, organization_id, name)
        SELECT '{APPLICATION}', organization_id, 'Example'
        FROM creel.application WHERE id = '{stack.application}';
        INSERT INTO creel.hook (application_id, id, kind, handle, name,
            settings, created_at, updated_at)
        VALUES ('{APPLICATION}', '{WEBHOOK}', 'webhook', 'the_webhook_token',
            'My Webhook', '{{"responseCode": 200, "isWebsocket": false}}',
            '2016-06-13T04:00:00Z', '2016-06-13T04:00:00Z')""")
    return stack.new_token("all.Application", application=APPLICATION)


def test_recorded_bytes(stack, front, example):
    wire = Wire(front.url)

    def ask(method, path="", query=DEFAULTS, body=None, token=example, **k):
        status, headers, answer = wire.ask(recorded(
            stack, method, f"{LIST}{path}?{query}", body, token, **k))
        assert headers["Content-Type"] == "application/json"
        assert headers["Cache-Control"] == \
            "no-cache, no-store, must-revalidate"
        assert headers["Pragma"] == "no-cache"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Access-Control-Allow-Origin"] == "*"
        return status, answer

    status, body = ask("POST", body=b'{"name":"My New Webhook"}')
    assert status == 201
    mine = json.loads(body)
    assert re.fullmatch(
        r'\{"id":"([0-9a-f]{24})","webhookId":"\1",'
        rf'"applicationId":"{APPLICATION}",'
        r'"creationDate":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)",'
        r'"lastUpdated":"\2","name":"My New Webhook",'
        r'"token":"[A-Za-z0-9_-]{40}","responseCode":200,'
        r'"isWebsocket":false,"enabled":true,"_type":"webhook","_links":\{'
        rf'"application":\{{"href":"/applications/{APPLICATION}"\}},'
        rf'"webhooks":\{{"href":"{LIST}"\}},'
        rf'"self":\{{"href":"{LIST}/\1"\}}\}}\}}', body.decode())
    long = ('{"name":"zweiter Häken","description":"d","responseCode":201,'
            '"verificationType":"none","waitForReply":false}').encode()
    assert len(long) == 109
    status, body = ask("POST", body=long)
    assert status == 201 and '"name":"zweiter Häken"'.encode() in body
    other = json.loads(body)["id"]

    # The response is Losant's example, in its order.
    head = (f'{{"id":"{WEBHOOK}","webhookId":"{WEBHOOK}",'
            f'"applicationId":"{APPLICATION}",'
            '"creationDate":"2016-06-13T04:00:00.000Z",'
            '"lastUpdated":"2016-06-13T04:00:00.000Z",'
            '"name":"My Webhook","token":"the_webhook_token",'
            '"responseCode":200,"isWebsocket":false').encode()
    plain = "_actions=false&_links=false&_embedded=false"
    assert ask("GET", "/" + WEBHOOK, plain) == (
        200, head + b',"enabled":true,"_type":"webhook"}')
    status, body = ask("GET")
    assert status == 200 and body.startswith(b'{"count":3,"items":[{"id":')
    assert body.endswith((
        f'],"applicationId":"{APPLICATION}","perPage":100,"page":0,'
        '"sortField":"name","sortDirection":"asc","totalCount":3,'
        '"_type":"webhooks","_links":{'
        f'"application":{{"href":"/applications/{APPLICATION}"}},'
        f'"self":{{"href":"{LIST}"}}}}}}').encode())
    assert ask("GET", query="_actions=true&_links=false&_embedded=false"
               "&sortField=creationDate&sortDirection=desc&page=0&perPage=10"
               "&filterField=name&filter=my%2Aweb%20hook") == (200, (
        f'{{"count":0,"items":[],"applicationId":"{APPLICATION}",'
        '"perPage":10,"page":0,"sortField":"creationDate",'
        '"sortDirection":"desc","filterField":"name",'
        '"filter":"my*web hook","totalCount":0,"_type":"webhooks"}').encode())

    not_found = (404, b'{"type":"NotFound","message":"Webhook was not found"}')
    assert ask("GET", "/" + FIRST) == not_found
    change = b'{"name":"My Updated Webhook","responseCode":201}'
    assert len(change) == 48
    assert ask("PATCH", "/" + FIRST, body=change) == not_found
    status, body = ask("PATCH", "/" + mine["id"], body=change)
    assert status == 200
    assert b'"name":"My Updated Webhook"' in body
    assert b'"responseCode":201' in body
    assert ask("DELETE", "/" + FIRST, body=b"{}") == not_found
    success = (200, b'{"success":true}')
    assert ask("DELETE", "/" + mine["id"], body=b"{}") == success
    workflows = DEFAULTS + "&includeWorkflows=true"
    assert ask("DELETE", "/" + SECOND, workflows, b"{}",
               domain="example.com") == not_found
    assert ask("DELETE", "/" + other, workflows, b"{}",
               domain="example.com") == success
    assert ask("GET", token=None) == (
        401, b'{"type":"Unauthorized","message":"Unauthorized"}')
    # The oldest client sends this when a parameter is missing.
    status, _, body = wire.ask(recorded(
        stack, "GET", f"/applications//webhooks?{DEFAULTS}", None, example))
    assert (status, body) == (405, b'{"type":"MethodNotAllowed",'
                              b'"message":"GET is not allowed"}')


# -- the clients themselves

class Refused(Exception):
    pass


class Client:
    def __init__(self, module, stack, token):
        self.stack = stack
        self.process = subprocess.Popen(
            [program("node"), pathlib.Path(FOLDER) / "client.mjs", module,
             stack.url, token], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)

    def call(self, name, options=None, **parameters):
        """Returns the client's result; raises Refused with the client's
        error."""
        self.process.stdin.write(json.dumps(
            [name, parameters, options or {}]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def rejected(self, name, options=None, **parameters):
        """(statusCode, type, message) of the client's error."""
        with pytest.raises(Refused) as e:
            self.call(name, options, **parameters)
        error = e.value.args[0]
        # An error that is not of the API has other properties.
        assert set(error) == {"statusCode", "type", "message"}, error
        return error["statusCode"], error["type"], error["message"]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0


@pytest.fixture(scope="module", params=MODULES)
def client(request, stack):
    if not FOLDER:
        pytest.skip("TEST_LOSANT is not set")
    c = Client(request.param, stack, stack.new_token("all.Application"))
    yield c
    c.close()


def test_client_webhooks(stack, client):
    where = {"applicationId": stack.application}
    made = client.call("webhooks.post", **where, webhook={
        "name": "zweiter Häken", "responseCode": 201, "description": "d"})
    assert made["name"] == "zweiter Häken" and made["_type"] == "webhook"
    one = {**where, "webhookId": made["id"]}
    assert client.call("webhook.get", **one) == made
    listed = client.call("webhooks.get", **where, filterField="name",
                         filter="zweiter*", sortField="creationDate",
                         sortDirection="desc", page=0, perPage=10)
    assert (listed["items"], listed["totalCount"]) == ([made], 1)
    assert "_links" not in client.call("webhook.get", **one, _links=False)
    changed = client.call("webhook.patch", **one,
                          webhook={"name": "My Updated Webhook"})
    assert changed["name"] == "My Updated Webhook"
    assert changed["responseCode"] == 201
    assert client.call("webhook.patch", **one, webhook={})["id"] == made["id"]
    assert client.call("webhook.delete", **one, includeWorkflows="true",
                       losantdomain="example.com") == {"success": True}
    assert client.rejected("webhook.get", **one) == (
        404, "NotFound", "Webhook was not found")


def test_client_errors(stack, client):
    where = {"applicationId": stack.application}
    assert client.rejected("webhooks.post", **where, webhook={}) == (
        400, "Validation", "name is required")
    assert client.rejected("webhooks.get", **where, sortField="x") == (
        400, "Validation", "sortField must be an enum value")
    assert client.rejected("webhooks.get",
                          applicationId=stack.other_application) == (
        404, "NotFound", "Application was not found")
    for token in ("", "test.jwt.token"):
        assert client.rejected("webhooks.get", {"accessToken": token},
                              **where) == (
            401, "Unauthorized", "Unauthorized")
    token = stack.new_token("webhook.get")
    assert client.rejected("webhooks.get", {"accessToken": token},
                          **where)[:2] == (403, "Forbidden")


@pytest.mark.parametrize("size", [300 << 10, 9 << 20])
def test_client_too_large(stack, client, size):
    """Too large for Creel; too large for nginx."""
    assert client.rejected("webhooks.post", applicationId=stack.application,
                          webhook={"name": "w", "description": "x" * size}
                          )[:2] == (413, "RequestTooLarge")
