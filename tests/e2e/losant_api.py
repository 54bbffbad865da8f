# SPDX-License-Identifier: ISC
"""Losant's REST resources as its clients use them."""
import contextlib
import json
import re
import signal
import urllib.parse

import pytest

from conftest import send, stop_process

DEFAULTS = "_actions=false&_links=true&_embedded=true"
HEADERS = [("Accept", "application/json"), ("Accept-Version", "^1.30.0"),
           ("User-Agent", "axios/1.21.1"),
           ("Accept-Encoding", "gzip, compress, deflate, br"),
           ("Connection", "keep-alive")]
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ID = re.compile(r"[0-9a-f]{24}")
UNKNOWN = "0123456789abcdef01234567"
ALWAYS = {"id", "webhookId", "applicationId", "creationDate", "lastUpdated",
          "name", "token", "responseCode", "isWebsocket", "enabled", "_type"}


class Api:
    """One of an application's REST resources, webhooks by default, as a client
    with one token sees it."""

    def __init__(self, stack, application=None, token=None, url=None,
                 resource="webhooks"):
        self.stack = stack
        self.resource = resource
        self.url = url or stack.url
        self.application = application or stack.application
        self.token = token or stack.new_token("all.Application",
                                              application=self.application)

    def call(self, method, path="", body=None, query="", headers=(),
             token=None, status=None):
        """Returns (status, body). path: appended to the list's path, unless it
        is a whole path. Every response must be JSON."""
        if not path.startswith("/applications"):
            path = f"/applications/{self.application}/{self.resource}{path}"
        if query:
            path += "?" + query
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        token = self.token if token is None else token
        if token:
            headers = [("Authorization", f"Bearer {token}"), *headers]
        if body is not None and not any(
                n == "Content-Type" for n, _ in headers):
            headers = [("Content-Type", "application/json"), *headers]
        a = self.raw = send(self.url, method, path, headers, body)
        assert a.status < 500, a.body
        assert a.headers["Content-Type"] == "application/json", a.body
        answer = json.loads(a.body)
        if a.status >= 400:
            assert list(answer) == ["type", "message"]
            assert all(isinstance(v, str) and v for v in answer.values())
        if status is not None:
            assert a.status == status, a.body
        return a.status, answer

    def rejected(self, status, message, *args, **options):
        got = self.call(*args, **options)
        kind = {400: "Validation", 401: "Unauthorized", 403: "Forbidden",
                404: "NotFound", 405: "MethodNotAllowed", 409: "Conflict",
                413: "RequestTooLarge"}[status]
        if message is None:
            message = got[1]["message"]
        assert got == (status, {"type": kind, "message": message})

    def new(self, name="w", **properties):
        return self.call("POST", body={"name": name, **properties},
                         status=201)[1]

    def list(self, **query):
        return self.call("GET", query=urllib.parse.urlencode(query),
                         status=200)[1]

    def names(self, **query):
        return [w["name"] for w in self.list(**query)["items"]]


@contextlib.contextmanager
def only(worker, others):
    """Meanwhile only this worker responds."""
    for w in others:
        stop_process(w.pid)
    try:
        yield
    finally:
        for w in others:
            w.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def api(stack):
    return Api(stack)


@pytest.fixture
def empty(stack):
    """An application without webhooks."""
    return Api(stack, stack.made("application", "create", "a")["id"])


def is_webhook(w, application, **more):
    assert set(w) == ALWAYS | set(more)
    assert ID.fullmatch(w["id"]) and w["webhookId"] == w["id"]
    assert w["applicationId"] == application and w["_type"] == "webhook"
    assert DATE.fullmatch(w["creationDate"])
    assert DATE.fullmatch(w["lastUpdated"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{40}", w["token"])
    for name, value in more.items():
        assert w[name] == value
    return True


def links(application, resource, one=None, name=None):
    """The _links of a list, or of one of its members. name: the list's name in
    them, if it is not the resource's."""
    app = f"/applications/{application}"
    members = {"href": f"{app}/{resource}"}
    if one is None:
        return {"application": {"href": app}, "self": members}
    return {"application": {"href": app}, name or resource: members,
            "self": {"href": f"{app}/{resource}/{one}"}}


def each_worker(workers):
    """Lets each worker in turn respond alone."""
    for w in workers:
        with only(w, [o for o in workers if o is not w]):
            yield w
