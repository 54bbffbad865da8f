# SPDX-License-Identifier: ISC
"""Losant's REST resource of webhooks, as its clients use it."""
# route: GET /applications/:application/webhooks
# route: POST /applications/:application/webhooks
# route: GET /applications/:application/webhooks/:webhook
# route: PATCH /applications/:application/webhooks/:webhook
# route: DELETE /applications/:application/webhooks/:webhook
import itertools
import json

import pytest

from losant_api import (ALWAYS, DEFAULTS, HEADERS, UNKNOWN, Api,  # noqa: F401
                        api, empty, is_webhook, links)
from resource_checks import NOT_JSON, refuses_body

TEXTS = {"description": 32767, "verificationCode": 32767,
         "basicAuthUsername": 255, "basicAuthPassword": 255}
ENUMS = {"verificationType": "facebook fitbit none twilio alexa".split(),
         "castBuffersAs": "array binary utf8 base64 hex".split()}
FLAGS = ["waitForReply", "isWebsocket", "annotateMultipart", "enabled"]


# -- recorded requests

def test_recorded_requests(stack, front, empty):
    """Through each web server."""
    app = empty.application
    empty.url = front.url

    def call(method, path="", query=DEFAULTS, more=(), **k):
        return empty.call(method, path, query=query,
                          headers=[*HEADERS, *more], **k)[1]

    first = call("POST", body='{"name":"My New Webhook"}', status=201)
    assert is_webhook(first, app, _links=links(app, "webhooks",
                                               first["id"]))
    assert (first["name"], first["responseCode"], first["isWebsocket"],
            first["enabled"]) == ("My New Webhook", 200, False, True)
    assert first["creationDate"] == first["lastUpdated"]
    body = ('{"name":"zweiter Häken","description":"d","responseCode":201,'
            '"verificationType":"none","waitForReply":false}')
    second = call("POST", body=body, status=201, more=[
        ("Content-Type", "application/json;charset=utf-8")])
    assert is_webhook(second, app, description="d", verificationType="none",
                      waitForReply=False,
                      _links=links(app, "webhooks", second["id"]))
    assert second["name"] == "zweiter Häken"
    all_of_them = call("GET", status=200)
    assert all_of_them == {
        "count": 2, "items": [first, second], "applicationId": app,
        "perPage": 100, "page": 0, "sortField": "name",
        "sortDirection": "asc", "totalCount": 2, "_type": "webhooks",
        "_links": links(app, "webhooks")}
    assert list(all_of_them)[:3] == ["count", "items", "applicationId"]
    assert call("GET", status=200, query="_actions=true&_links=false"
                "&_embedded=false&sortField=creationDate&sortDirection=desc"
                "&page=0&perPage=10&filterField=name"
                "&filter=my%2Anew%20web%2A") == {
        "count": 1, "items": [{k: v for k, v in first.items()
                               if k != "_links"}],
        "applicationId": app, "perPage": 10, "page": 0,
        "sortField": "creationDate", "sortDirection": "desc",
        "filterField": "name", "filter": "my*new web*", "totalCount": 1,
        "_type": "webhooks"}
    path = "/" + first["id"]
    assert call("GET", path, status=200) == first
    changed = call("PATCH", path, status=200,
                   body='{"name":"My Updated Webhook","responseCode":201}')
    assert changed == {**first, "name": "My Updated Webhook",
                       "responseCode": 201,
                       "lastUpdated": changed["lastUpdated"]}
    assert changed["lastUpdated"] > first["lastUpdated"]
    assert call("DELETE", path, body="{}", status=200) == {"success": True}
    assert call("DELETE", "/" + second["id"], body="{}", status=200,
                query=DEFAULTS + "&includeWorkflows=true",
                more=[("losantdomain", "example.com")]) == {"success": True}
    assert call("GET", path, status=404) == {
        "type": "NotFound", "message": "Webhook was not found"}
    assert call("DELETE", path, body="{}", status=404)
    assert call("GET", status=200)["items"] == []


def test_response_headers(api):
    for call in (("GET",), ("GET", "/" + UNKNOWN), ("PUT",)):
        api.call(*call)
        h = api.raw.headers
        assert h["Cache-Control"] == "no-cache, no-store, must-revalidate"
        assert h["Pragma"] == "no-cache"
        assert h["Access-Control-Allow-Origin"] == "*"
        assert h["X-Content-Type-Options"] == "nosniff"
    api.call("POST", body={"name": "h"}, status=201)
    assert api.raw.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("value, with_links", [
    ("true", True), ("True", True), ("false", False), ("False", False),
    ("", False)])
def test_decoration(api, value, with_links):
    w = api.new()
    got = api.call("GET", "/" + w["id"].upper(), query=f"_links={value}",
                   status=200)[1]
    assert got.get("_links") == (
        links(api.application, "webhooks", w["id"]) if with_links else None)
    upper = f"/applications/{api.application.upper()}/webhooks"
    got = api.call("GET", upper, query=f"_links={value}&perPage=1",
                   status=200)[1]
    assert got["_type"] == "webhooks" and ("_links" in got) == with_links
    assert ("_links" in got["items"][0]) == with_links
    if with_links:
        assert got["_links"] == links(api.application, "webhooks")


# -- properties

WRONG = [
    ({}, "name is required"),
    ({"name": ""}, "name has less length than allowed"),
    ({"name": "ä" * 256}, "name has longer length than allowed"),
    *[({"name": v}, "name is the wrong type")
      for v in (None, 1, True, [], {}, ["x"])],
    *[({"name": "w", f: v}, f"{f} is the wrong type")
      for f in [*TEXTS, *ENUMS] for v in (None, 1, False, [], {})],
    *[({"name": "w", f: "\U0001f600" * (n + 1)},
       f"{f} has longer length than allowed") for f, n in TEXTS.items()
      if n < 1000],
    *[({"name": "w", f: "x" * (n + 1)},
       f"{f} has longer length than allowed") for f, n in TEXTS.items()],
    *[({"name": "w", f: v}, f"{f} must be an enum value")
      for f, words in ENUMS.items()
      for v in ("", "x", words[0].upper(), words[0] + " " + words[1])],
    *[({"name": "w", f: v}, f"{f} is the wrong type")
      for f in FLAGS for v in (None, 0, 1, "true", "", [], {})],
    *[({"name": "w", "responseCode": v}, "responseCode is the wrong type")
      for v in (None, "200", True, 200.5, [], {})],
    ({"name": "w", "responseCode": 99}, "responseCode is less than minimum"),
    ({"name": "w", "responseCode": -1}, "responseCode is less than minimum"),
    ({"name": "w", "responseCode": 600}, "responseCode is more than maximum"),
    *[({"name": "w", f: v}, "body has additional properties")
      for f, v in (("id", UNKNOWN), ("token", "t"), ("webhookId", UNKNOWN),
                   ("applicationId", UNKNOWN), ("creationDate", "x"),
                   ("Name", "w"), ("", 1), ("__proto__", {}), ("_type", ""),
                   ("x'; DROP TABLE creel.hook; --", 1))],
    *[(v, "body is the wrong type") for v in ([], "x", 1, True, None)],
]


@pytest.mark.parametrize("body, message", WRONG,
                         ids=[str(i) for i in range(len(WRONG))])
def test_wrong_property(api, body, message):
    api.rejected(400, message, "POST", body=json.dumps(body))
    w = api.stack.psql("SELECT id FROM creel.hook WHERE kind = 'webhook' "
                       f"AND application_id = '{api.application}' LIMIT 1") \
        or api.new()["id"]
    if message != "name is required":
        if isinstance(body, dict) and body.get("name") == "w":
            del body["name"]
        api.rejected(400, message, "PATCH", "/" + w, body=json.dumps(body))


@pytest.mark.parametrize("body", NOT_JSON)
def test_not_json(api, body):
    refuses_body(api, 400, "Invalid JSON body", body)


def test_too_large(api):
    api.rejected(413, None, "POST", body=b" " * (256 << 10) + b"{}")


def test_large_body(make_stack):
    """256 KiB are enough, even if the configured limit is larger."""
    s = make_stack(losant_body_limit="1m")
    Api(s).rejected(413, "body: must be at most 262144 bytes", "POST",
                   body=b" " * (256 << 10) + b"{}")


ALL = {"description": "ä" * 32767, "responseCode": 599,
       "verificationType": "alexa", "verificationCode": "{{code}}",
       "waitForReply": True, "basicAuthUsername": "u" * 255,
       "basicAuthPassword": "\U0001f600" * 255, "isWebsocket": True,
       "castBuffersAs": "hex", "annotateMultipart": True, "enabled": False}


def test_all_properties(api):
    w = api.new("\U0001f600" * 255, **ALL)
    more = {k: v for k, v in ALL.items() if k not in ALWAYS}
    assert is_webhook(w, api.application, **more)
    assert {k: w[k] for k in ALL} == ALL
    assert api.call("GET", "/" + w["id"], status=200)[1] == w
    for f, words in ENUMS.items():
        for word in words:
            got = api.call("PATCH", "/" + w["id"], body={f: word}, status=200)
            assert got[1][f] == word
    got = api.call("PATCH", "/" + w["id"], status=200, body={
        "waitForReply": False, "verificationCode": "", "enabled": True})[1]
    assert (got["waitForReply"], got["verificationCode"],
            got["enabled"]) == (False, "", True)
    for code, text in ((100, "1e2"), (201, "201.0"), (599, "599")):
        got = api.call("PATCH", "/" + w["id"], status=200,
                       body='{"responseCode":%s}' % text)[1]
        assert got["responseCode"] == code
        assert b'"responseCode":%d,' % code in api.raw.body


@pytest.mark.parametrize("name", [
    "x'; DROP TABLE creel.hook; --", '"', "\\", "a\nb\tc", "\u2028", "é",
    "e\u0301", "</script>", " ", "%s%n", "$1"])
def test_text_comes_back(api, name):
    w = api.new(name, description=name, basicAuthPassword=name)
    assert (w["name"], w["description"], w["basicAuthPassword"]) == (name,) * 3
    assert name in api.names(perPage=1000)


def test_lone_surrogate(api):
    """An invalid character is replaced, or rejected."""
    status, _ = api.call("POST", body=b'{"name":"\\ud800"}')
    assert status in (201, 400)


def test_patch_nothing(api):
    w = api.new(description="d", responseCode=201)
    for body in ({}, {"name": "w"}, {"responseCode": 201, "enabled": True},
                 {"isWebsocket": False}):
        got = api.call("PATCH", "/" + w["id"], body=body, status=200)[1]
        got.pop("isWebsocket")
        assert got == {k: v for k, v in w.items() if k != "isWebsocket"}


def test_websocket_never_changes(api):
    for made, other in ((None, True), (False, True), (True, False)):
        w = api.new(**({} if made is None else {"isWebsocket": made}))
        api.rejected(400, "isWebsocket cannot be changed", "PATCH",
                    "/" + w["id"], body={"isWebsocket": other, "name": "x"})
        got = api.call("PATCH", "/" + w["id"], status=200,
                       body={"isWebsocket": bool(made), "name": "y"})[1]
        assert (got["name"], got["isWebsocket"]) == ("y", bool(made))


def test_names_may_be_equal(empty):
    assert empty.new("n")["id"] != empty.new("n")["id"]
    assert empty.list()["totalCount"] == 2


# -- the list

def test_pages(empty):
    names = [f"n{i}" for i in range(7)]
    for n in names:
        empty.new(n)
    for page, want in ((0, names[:3]), (1, names[3:6]), (2, names[6:]),
                       (3, []), (2147483647, [])):
        got = empty.list(page=page, perPage=3)
        assert [w["name"] for w in got["items"]] == want
        assert (got["page"], got["perPage"], got["count"],
                got["totalCount"]) == (page, 3, len(want), 7)
    # Read from either end, each page is the same.
    for field, down in itertools.product(("name", "creationDate"),
                                         (False, True)):
        want = names[::-1] if down else names
        for per in range(1, 9):
            got = [[w["name"] for w in empty.list(
                page=page, perPage=per, sortField=field,
                sortDirection="desc" if down else "asc", **query)["items"]]
                for page in range(9) for query in (
                    {}, {"filterField": "name", "filter": "n*"})]
            assert got[::2] == got[1::2] == [
                want[i * per:(i + 1) * per] for i in range(9)]
    for given, used in ((0, 1), (-5, 1), (1000, 1000), (1001, 1000),
                        ("9" * 400, 1000), ("-" + "9" * 400, 1), ("007", 7),
                        ("", 100)):
        assert empty.list(perPage=given)["perPage"] == used


def test_sorting(stack, empty):
    """By bytes; equal values are in the order of the ids."""
    made = [empty.new(n) for n in ("b", "B", "a", "ä", "a", "Z", "b")]
    # Created last, but its id is not the greatest.
    stack.psql("UPDATE creel.hook SET created_at = now() + interval '1 day' "
               f"WHERE id = '{made[1]['id']}'")
    made[1] = empty.call("GET", "/" + made[1]["id"])[1]
    empty.call("PATCH", "/" + made[2]["id"], body={"description": "x"})
    keys = {
        "name": lambda w: (w["name"].encode(), w["id"]),
        "id": lambda w: w["id"],
        "creationDate": lambda w: (w is made[1], made.index(w)),
        "lastUpdated": lambda w: (w is made[2], made.index(w))}
    for field, key in keys.items():
        want = [w["id"] for w in sorted(made, key=key)]
        for direction in ("asc", "ASC", "desc", "DESC", ""):
            got = empty.list(sortField=field, sortDirection=direction)
            down = direction.lower() == "desc"
            assert [w["id"] for w in got["items"]] == (
                want[::-1] if down else want), (field, direction)
            assert got["sortField"] == field
            assert got["sortDirection"] == ("desc" if down else "asc")
    assert "filter" not in got and "filterField" not in got


def test_ties(stack, empty):
    for _ in range(9):
        empty.new("same")
    stack.psql("UPDATE creel.hook SET created_at = now(), updated_at = now()"
               f" WHERE application_id = '{empty.application}'")
    ids = sorted(w["id"] for w in empty.list()["items"])
    for field in ("name", "creationDate", "lastUpdated", "id"):
        for direction, want in (("asc", ids), ("desc", ids[::-1])):
            assert [empty.list(sortField=field, sortDirection=direction,
                               page=i, perPage=1)["items"][0]["id"]
                    for i in range(9)] == want
            # The order must not depend on an index.
            assert stack.psql(
                "SET enable_indexscan = off; SET enable_bitmapscan = off; "
                f"SELECT id FROM creel.hook_page('{empty.application}', "
                f"'webhook', '{field}', '{direction}', 0, 9, NULL, NULL)"
            ).split() == want


NAMES = ["My Webhook", "my webhook 2", "100%", "100x", "a_b", "axb", "back\\s",
         "back/s", "sta*r", "q?", "qx", "[ab]", "a", "(x|y)+", "ÄPFEL", "'"]


@pytest.fixture(scope="module")
def named(stack):
    api = Api(stack, stack.made("application", "create", "names")["id"])
    for n in NAMES:
        api.new(n)
    return api


@pytest.mark.parametrize("glob, want", [
    ("my*webhook", ["My Webhook"]), ("MY*", ["My Webhook", "my webhook 2"]),
    ("*", NAMES), ("**", NAMES), ("webhook", []), ("*webhook", ["My Webhook"]),
    ("100%", ["100%"]), ("%", []), ("a_b", ["a_b"]), ("_", []),
    ("back\\s", ["back\\s"]), ("\\", []), ("*\\*", ["back\\s"]),
    ("sta*r", ["sta*r"]), ("q?", ["q?"]), ("[ab]", ["[ab]"]), ("A", ["a"]),
    ("(x|y)+", ["(x|y)+"]), (".*", []), ("^a$", []), ("äpf*", ["ÄPFEL"]),
    ("'", ["'"]), ("' OR 1=1 --", []), ("*a*a*a*a*a*a*a*a*a*b", [])])
def test_filter(named, glob, want):
    got = named.list(filterField="name", filter=glob, perPage=2)
    assert got["totalCount"] == len(want)
    assert (got["filterField"], got["filter"]) == ("name", glob)
    assert sorted(named.names(filterField="name", filter=glob)) == sorted(want)


def test_no_filter(named):
    for query in ({"filter": "x"}, {"filterField": "name"}, {"filter": ""},
                  {"filterField": "", "filter": "x"},
                  {"filterField": "name", "filter": ""}):
        assert named.list(**query)["totalCount"] == len(NAMES), query


@pytest.mark.parametrize("query, message", [
    *[(f"{n}={v}", f"{n} must be an enum value") for n, v in (
        ("sortField", "token"), ("sortField", "Name"), ("sortField", "id,name"),
        ("sortField", "name;DROP%20TABLE%20creel.hook"), ("sortField", "id%20"),
        ("sortDirection", "up"), ("sortDirection", "Desc"),
        ("sortDirection", "asc%2C1"), ("filterField", "id"),
        ("filterField", "name%20id"), ("_links", "1"), ("_actions", "yes"),
        ("_embedded", "null"))],
    *[(f"{n}={v}", f"{n} is the wrong type") for n in ("page", "perPage")
      for v in ("x", "1.5", "1e3", "%2B1", "-", "--1", "0x10", "%201", "1+",
                "%D9%A1", "NaN")],
    ("page=-1", "page is less than minimum"),
    ("page=2147483648", "page is more than maximum"),
    ("page=" + "9" * 400, "page is more than maximum"),
    ("page=-" + "9" * 400, "page is less than minimum"),
    ("filterField=name&filter=%FF", "filter is the wrong type"),
    ("filter=a%00b", "query: must not contain NUL")])
def test_wrong_query(api, query, message):
    api.rejected(400, message, "GET", query=query)


def test_query_is_not_a_pattern(api):
    for query in ("&&&", "=", "%", "page", "a=b&page=0&page=x", "[]=1"):
        api.call("GET", query=query, status=200)
