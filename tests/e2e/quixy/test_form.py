# SPDX-License-Identifier: ISC
"""Forms: the REST resource, webhook details, creelctl form and its views."""
# route: GET /applications/:application/forms
# route: POST /applications/:application/forms
# route: GET /applications/:application/forms/:form
# route: PATCH /applications/:application/forms/:form
# route: DELETE /applications/:application/forms/:form
# route: GET /applications/:application/forms/:form/webhook
import concurrent.futures
import json
import re
import urllib.parse

import pytest

from events import add_event
from losant_api import DATE, DEFAULTS, HEADERS, ID, UNKNOWN, Api, links
from resource_checks import NOT_JSON, refuses_body, run_twice

KEY = re.compile(r"[A-Za-z0-9_-]{24}")
ALWAYS = {"id", "formId", "applicationId", "creationDate", "lastUpdated",
          "name", "fields", "appUsage", "lenient", "timeZone", "enabled",
          "appKey", "_type"}
TEXT = [{"name": "email_subject", "type": "text"}]
# The page's own, and one of each type.
PAGE = [{"name": "email_subject", "type": "text", "required": True},
        {"name": "email_body", "type": "text", "maxLength": 20000},
        {"name": "received_date", "type": "date-time"}]
ALL = [{"name": "a text", "type": "text", "minLength": 2, "maxLength": 5},
       {"name": "n\u00fcmber", "type": "number", "minimum": 0.10,
        "maximum": 1000, "integer": True},
       {"name": "yes", "type": "boolean", "required": True},
       {"name": "day", "type": "date"},
       {"name": "moment", "type": "date-time"},
       {"name": "mail", "type": "email"},
       {"name": "one", "type": "choice", "choices": ["x", "y z"]},
       {"name": "many", "type": "list", "maxItems": 3},
       {"name": "thing", "type": "object"}]


def forms(stack, application=None, token=None):
    return Api(stack, application, token, resource="forms")


@pytest.fixture(scope="module")
def api(stack):
    a = forms(stack)
    new = a.new
    a.new = lambda name="f", **p: new(name, **{"fields": TEXT, **p})
    return a


@pytest.fixture
def empty(stack):
    """An application without forms."""
    return forms(stack, stack.made("application", "create", "a")["id"])


@pytest.fixture(scope="module")
def one(api):
    """A form that no test changes."""
    return api.new("one")


# -- the REST resource

def test_requests_of_a_client(stack, front, empty):
    """Through each web server."""
    app = empty.application
    empty.url = front.url

    def call(method, path="", query=DEFAULTS, **k):
        return empty.call(method, path, query=query, headers=HEADERS, **k)[1]

    first = call("POST", body={"name": "Alerts", "fields": PAGE}, status=201)
    assert set(first) == ALWAYS | {"_links"}
    assert ID.fullmatch(first["id"]) and first["formId"] == first["id"]
    assert KEY.fullmatch(first["appKey"])
    assert DATE.fullmatch(first["creationDate"])
    assert first["lastUpdated"] == first["creationDate"]
    assert {k: first[k] for k in ("applicationId", "name", "fields",
            "appUsage", "enabled", "_type", "_links")} == {
        "applicationId": app, "name": "Alerts", "fields": PAGE,
        "appUsage": [], "enabled": True, "_type": "form",
        "_links": links(app, "forms", first["id"])}
    second = call("POST", status=201, body={
        "name": "z\u00e4", "description": "d", "fields": ALL,
        "appUsage": ["Mobile", "Webhook"], "enabled": False})
    assert set(second) == set(first) | {"description"}
    assert (second["fields"], second["appUsage"], second["enabled"]) == (
        ALL, ["Mobile", "Webhook"], False)
    assert second["appKey"] != first["appKey"]
    assert call("GET", status=200) == {
        "count": 2, "items": [first, second], "applicationId": app,
        "perPage": 100, "page": 0, "sortField": "name",
        "sortDirection": "asc", "totalCount": 2, "_type": "forms",
        "_links": links(app, "forms")}
    assert call("GET", status=200, query="sortField=creationDate"
                "&sortDirection=desc&perPage=1&filterField=name"
                "&filter=*") == {
        "count": 1, "items": [{k: v for k, v in second.items()
                               if k != "_links"}], "applicationId": app,
        "perPage": 1, "page": 0, "sortField": "creationDate",
        "sortDirection": "desc", "filterField": "name", "filter": "*",
        "totalCount": 2, "_type": "forms"}
    path = "/" + first["id"]
    assert call("GET", path.upper(), status=200) == first
    changed = call("PATCH", path, status=200, body={
        "fields": TEXT, "appUsage": ["Webhook"]})
    assert changed == {**first, "fields": TEXT, "appUsage": ["Webhook"],
                       "lastUpdated": changed["lastUpdated"]}
    assert changed["lastUpdated"] > first["lastUpdated"]
    assert call("DELETE", path, body="{}", status=200) == {"success": True}
    for method in ("GET", "PATCH", "DELETE"):
        assert call(method, path, body="{}", status=404) == {
            "type": "NotFound", "message": "Form was not found"}


def test_response_headers(api):
    for call in (("GET",), ("GET", "/" + UNKNOWN), ("PUT",),
                 ("GET", f"/{UNKNOWN}/webhook")):
        api.call(*call)
        h = api.raw.headers
        assert h["Cache-Control"] == "no-cache, no-store, must-revalidate"
        assert h["Access-Control-Allow-Origin"] == "*"


def test_deleting(stack, api):
    made = api.new()
    rows = (f"SELECT count(*) FROM creel.address WHERE kind = 'form' AND "
            f"handle = '{made['appKey']}' AND target_id = '{made['id']}'")
    assert stack.psql(rows) == "1"
    api.call("DELETE", "/" + made["id"], status=200)
    assert stack.psql(rows) == "0"


def test_other_kinds_are_not_found(stack, api):
    w = Api(stack).new()
    for id in (w["id"], stack.hook):
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", "")):
            api.rejected(404, "Form was not found", method, f"/{id}{path}",
                        body={})
        api.rejected(404, "Webhook was not found", "GET", f"/{id}/webhook")
    form = api.new()["id"]
    for method in ("GET", "PATCH", "DELETE"):
        Api(stack).rejected(404, "Webhook was not found", method, "/" + form,
                           body={})


# -- rights

SCOPES = [("GET", "", "forms.get"), ("POST", "", "forms.post"),
          ("GET", "/{id}", "form.get"), ("GET", "/{id}/webhook", "form.get"),
          ("PATCH", "/{id}", "form.patch"), ("DELETE", "/{id}", "form.delete")]


@pytest.mark.parametrize("method, path, scope", SCOPES)
def test_scopes(stack, api, method, path, scope):
    made = api.new(appUsage=["Webhook"])
    path = path.format(id=made["id"])
    body = {"name": "f", "fields": TEXT}
    others = {s for _, _, s in SCOPES} - {scope}
    wrong = stack.new_token(*others, "form.post", "webhooks.get",
                            "webhook.get", "users.get")
    forms(stack, token=wrong).rejected(403, None, method, path, body=body)
    status = forms(stack, token=stack.new_token(scope)).call(
        method, path, body=body)[0]
    assert status in (200, 201)


def test_foreign_form(stack, api, one):
    """The response is that for an unknown form."""
    other = forms(stack, stack.other_application)
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", "")):
        other.rejected(404, "Form was not found", method,
                      f"/{one['id']}{path}", body={})
    other.rejected(404, "Webhook was not found", "GET", f"/{one['id']}/webhook")
    other.application = stack.application
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/" + one["id"]),
                         ("GET", f"/{one['id']}/webhook")):
        other.rejected(404, "Application was not found", method, path,
                      body={"name": "f", "fields": TEXT})


def test_restricted_key(stack, api):
    mine = api.new("mine", appUsage=["Webhook"])
    hers = api.new("hers", appUsage=["Webhook"])
    key = forms(stack, token=stack.new_key("form.*", "forms.*", args=[
        "--hook", mine["id"]]))
    assert key.names() == ["mine"] and key.list()["totalCount"] == 1
    key.call("GET", "/" + mine["id"], status=200)
    key.call("GET", f"/{mine['id']}/webhook", status=200)
    for method in ("GET", "PATCH", "DELETE"):
        key.rejected(404, "Form was not found", method, "/" + hers["id"],
                    body={})
    key.rejected(404, "Webhook was not found", "GET", f"/{hers['id']}/webhook")
    key.rejected(403, None, "POST", body={"name": "f", "fields": TEXT})


# -- properties

TEXTS = {"name": 255, "description": 32767}
F = {"name": "f", "type": "text"}
WRONG = [
    ({"fields": [F]}, "name is required"),
    ({"name": "f"}, "fields is required"),
    *[({"name": "f", "fields": [F], f: v}, f"{f} is the wrong type")
      for f in (*TEXTS, "appUsage", "enabled", "fields")
      for v in (None, 1, {}, "x") if not (f in TEXTS and v == "x")],
    ({"name": "", "fields": [F]}, "name has less length than allowed"),
    *[({"name": "f", "fields": [F], f: c * (n + 1)},
       f"{f} has longer length than allowed")
      for f, n in TEXTS.items() for c in "x\u00e4"],
    *[({"name": "f", "fields": v}, f"fields{m}") for v, m in (
        ([], " has less items than allowed"),
        ([F] * 201, " has more items than allowed"),
        ([1], "[0] is the wrong type"), ([F, None], "[1] is the wrong type"),
        ([{}], "[0].name is required"),
        ([{"name": "f"}], "[0].type is required"),
        ([{"name": "f", "type": "Text"}], "[0].type must be an enum value"),
        ([F, F], "[1].name must be unique"),
        ([F, {"name": "", "type": "text"}],
         "[1].name has less length than allowed"),
        ([{"name": "a\nb", "type": "text"}],
         "[0].name has a control character"),
        ([{**F, "required": "yes"}], "[0].required is the wrong type"),
        ([{**F, "minimum": 1}], "[0] has additional properties"),
        ([{**F, "label": "x"}], "[0] has additional properties"),
        ([{"name": "c", "type": "choice"}], "[0].choices is required"),
        ([{"name": "c", "type": "number", "minimum": 2, "maximum": 1}],
         "[0].maximum is less than minimum"))],
    *[({"name": "f", "fields": [F], "appUsage": v}, f"appUsage {m}")
      for v, m in ((["webhook"], "must be an enum value"),
                   ([""], "must be an enum value"),
                   (["Web", "Desktop"], "must be an enum value"),
                   (["Web", "Web"], "must be unique"),
                   ([1], "is the wrong type"))],
    *[({"name": "f", "fields": [F], f: v}, "body has additional properties")
      for f, v in (("id", UNKNOWN), ("appKey", "k"), ("token", "t"),
                   ("Name", "t"), ("settings", {}), ("__proto__", {}))],
    *[(v, "body is the wrong type") for v in ([], "x", 1, True, None)],
]


@pytest.mark.parametrize("body, message", WRONG,
                         ids=[str(i) for i in range(len(WRONG))])
def test_wrong_property(api, one, body, message):
    api.rejected(400, message, "POST", body=json.dumps(body))
    if "is required" not in message or "[" in message:
        if isinstance(body, dict):
            body = {k: v for k, v in body.items()
                    if (k, v) not in (("name", "f"), ("fields", [F]))}
        api.rejected(400, message, "PATCH", "/" + one["id"],
                    body=json.dumps(body))
        assert api.call("GET", "/" + one["id"])[1] == one


@pytest.mark.parametrize("body", NOT_JSON)
def test_not_json(api, body):
    refuses_body(api, 400, "Invalid JSON body", body)


def test_too_large(api):
    api.rejected(413, None, "POST", body=b" " * (256 << 10) + b"{}")


def test_all_properties(api):
    fields = [{"name": f"{i:03}" + "\u00e4" * 252, "type": "choice",
               "choices": ["\U0001f600" * 50, "'", '"', "\\", "</script>"]}
              for i in range(200)]
    made = api.new("\U0001f600" * 255, description="\u00e4" * 32767,
                   fields=fields, appUsage=["Web", "Webhook", "Mobile"],
                   enabled=False)
    assert made["fields"] == fields
    assert api.call("GET", "/" + made["id"], status=200)[1] == made
    d = api.call("GET", f"/{made['id']}/webhook", status=200)[1]
    assert d["jsonStructure"] == {f["name"]: f["choices"][0] for f in fields}
    got = api.call("PATCH", "/" + made["id"], status=200, body={
        "description": "", "appUsage": [], "enabled": True})[1]
    assert "description" not in got
    assert (got["appUsage"], got["enabled"]) == ([], True)


def test_numbers_are_kept(api):
    """As they were written, beyond the precision of a double."""
    limits = '"minimum":-1234567890.12345678901234567890,"maximum":1e18'
    made = api.call("POST", status=201, body='{"name":"n","fields":[{"name":'
                    '"n","type":"number",' + limits + "}]}")[1]
    assert b"-1234567890.12345678901234567890" in api.raw.body
    assert b"1" + b"0" * 18 in api.raw.body
    # A response's properties may be sent back.
    api.call("PATCH", "/" + made["id"], status=200, body='{"fields":' +
             api.raw.body.decode().split('"fields":')[1].split(
                 ',"appUsage"')[0] + "}")


def test_patch_nothing(api, one):
    for body in ({}, {"name": "one"}, {"enabled": True}, {"fields": TEXT}):
        got = api.call("PATCH", "/" + one["id"], body=body, status=200)[1]
        assert {k: v for k, v in got.items() if k != "appUsage"} == \
            {k: v for k, v in one.items() if k != "appUsage"}


@pytest.mark.parametrize("query, message", [
    ("sortField=appKey", "sortField must be an enum value"),
    ("filterField=fields", "filterField must be an enum value"),
    ("page=-1", "page is less than minimum"),
    ("perPage=x", "perPage is the wrong type"),
    ("_links=1", "_links must be an enum value")])
def test_wrong_query(api, query, message):
    api.rejected(400, message, "GET", query=query)
    if query.startswith("_links"):
        api.rejected(400, message, "GET", f"/{UNKNOWN}/webhook", query=query)


def test_pages(empty):
    names = ["b", "B", "a", "\u00e4", "a%"]
    for n in names:
        empty.new(n, fields=TEXT)
    assert empty.names() == sorted(names, key=str.encode)
    for size in (1, 2, 3):
        got = [empty.names(sortDirection="desc", page=i, perPage=size)
               for i in range(6)]
        assert sum(got, []) == sorted(names, key=str.encode)[::-1]
        assert all(len(g) <= size for g in got)
    assert empty.names(filterField="name", filter="A*") == ["a", "a%"]
    assert empty.names(filterField="name", filter="a%") == ["a%"]


# -- webhook details

def test_webhook_details(stack, front, api):
    """With the URL of the request."""
    made = api.new("d", fields=PAGE, appUsage=["Webhook"])
    there = forms(stack)
    there.url = front.url
    host = urllib.parse.urlsplit(front.url).netloc
    d = there.call("GET", f"/{made['id']}/webhook", status=200)[1]
    key = made["appKey"]
    assert list(d.items()) == [
        ("requestType", "POST"),
        ("apiUrl", f"http://{host}/webhook/app/{key}/incoming-data"),
        ("headers", {"Content-Type": "application/json",
                     "Authorization": "Bearer <Your_Bearer_Token>"}),
        ("jsonStructure", {"email_subject": "email_subject",
                           "email_body": "email_body",
                           "received_date": "2025-07-22T10:35:00Z"}),
        ("statusCheckUrl",
         f"http://{host}/webhook/app/status/{{request_id}}"),
        ("historyUrl", f"http://{host}/webhook/app/{key}/history")]
    assert list(d["jsonStructure"]) == [f["name"] for f in PAGE]


@pytest.mark.parametrize("usage", [[], ["Web"], ["Web", "Mobile"]])
def test_no_webhook_details(api, usage):
    made = api.new(appUsage=usage)
    path = "/" + made["id"]
    api.rejected(404, "Webhook was not found", "GET", path + "/webhook")
    api.call("PATCH", path, body={"appUsage": ["Webhook"]}, status=200)
    api.call("GET", path + "/webhook", status=200)
    api.call("PATCH", path, body={"appUsage": usage}, status=200)
    api.rejected(404, "Webhook was not found", "GET", path + "/webhook")


def test_public_url(make_stack):
    s = make_stack(public_url="https://hooks.example.org/x//")
    api = forms(s)
    made = api.new(fields=TEXT, appUsage=["Webhook"])
    d = api.call("GET", f"/{made['id']}/webhook", status=200)[1]
    url = f"https://hooks.example.org/x/webhook/app/{made['appKey']}"
    assert d["apiUrl"] == url + "/incoming-data"
    assert s.made("form", "details", made["id"]) == d
    text = s.creelctl("form", "details", made["id"]).stdout
    assert url + "/history" in text and "public_url" not in text


# -- statements

def test_run_twice(stack):
    """A statement whose reply was lost is run again with the same values."""
    app, f = stack.other_application, "e" * 24
    values = {"HOOK_CREATE": f"'{app}','{f}','true','key {f}','n',NULL,NULL,"
              "'{\"fields\":[]}','form'",
              "FORM_PATCH": f"'{app}','{f}',NULL,'true','n2',NULL,NULL,"
              "'{}'"}
    for name in values:
        out = run_twice(stack, name, values[name], f)
        assert f'with payload "form key {f}"' in out


# -- creelctl

def details(stack, *args):
    return stack.creelctl("form", "details", *args).stdout


def test_creelctl(stack, empty):
    app = empty.application
    made = stack.made("form", "create", "--application", app, "--name", "f",
                      "--field", "a:b:text:required", "--field", "n:number",
                      "--usage", "Webhook", "--usage", "Web",
                      "--description", "d")
    assert KEY.fullmatch(made["appKey"]) and ID.fullmatch(made["id"])
    path = f"/webhook/app/{made['appKey']}/"
    assert made["path"] == path + "incoming-data"
    got = empty.call("GET", "/" + made["id"], status=200)[1]
    fields = [{"name": "a:b", "type": "text", "required": True},
              {"name": "n", "type": "number"}]
    assert (got["fields"], got["appUsage"], got["description"]) == (
        fields, ["Webhook", "Web"], "d")
    assert made["fields"] == fields and made["view"] is None
    for name in (made["id"], made["appKey"]):
        assert stack.made("form", "show", name) == made
    text = stack.creelctl("form", "show", made["id"]).stdout
    assert "a:b:text:required n:number" in text
    assert stack.made("form", "list", "--application", app) == [made]
    assert made["appKey"] in stack.creelctl("form", "list").stdout
    assert stack.made("hook", "show", made["id"])["path"] == made["path"]
    text = details(stack, made["appKey"])
    for line in ("Request Type              POST",
                 f"API URL                   {path}incoming-data",
                 "Headers                   Content-Type: application/json",
                 "                          Authorization: Bearer "
                 "<Your_Bearer_Token>",
                 "Webhook Status Check URL  /webhook/app/status/{request_id}",
                 f"History                   {path}history",
                 'JSON Structure\n{\n  "a:b": "a:b",\n  "n": 0\n}\n',
                 "public_url in creel.conf"):
        assert line in text
    stack.creelctl("form", "change", made["id"], "--usage", "none", "--name",
                   "g", "--fields", json.dumps(ALL))
    now = stack.made("form", "show", made["id"])
    assert (now["name"], now["fields"], now["appUsage"], now["path"],
            now["description"]) == ("g", ALL, [], None, "d")
    assert now["updatedAt"] > made["updatedAt"]
    p = stack.creelctl("form", "details", made["id"], check=False)
    assert p.returncode == 66 and "does not include Webhook" in p.stderr
    for verb, want in (("disable", False), ("enable", True)):
        stack.creelctl("form", verb, made["appKey"])
        assert empty.call("GET", "/" + made["id"])[1]["enabled"] is want
    text = stack.creelctl("form", "create", "--application", app, "--name",
                          "t", "--field", "a:text").stdout
    assert re.fullmatch(r"id      [0-9a-f]{24}\nappKey  \S{24}\n", text)
    stack.creelctl("form", "delete", made["id"])
    assert empty.names() == ["t"]
    made = stack.made("hook", "create", "--application", app, "--name", "h",
                      "--kind", "form", "--settings",
                      json.dumps({"fields": TEXT}))
    assert KEY.fullmatch(made["handle"]) and empty.names() == ["h", "t"]


def test_creelctl_details_json(stack, api):
    made = api.new(fields=ALL, appUsage=["Webhook"])
    d = stack.made("form", "details", made["id"])
    theirs = api.call("GET", f"/{made['id']}/webhook")[1]
    assert d["apiUrl"] == urllib.parse.urlsplit(theirs["apiUrl"]).path
    assert d["jsonStructure"] == theirs["jsonStructure"]


CREATE = ["create", "--application", "A", "--name", "n"]


@pytest.mark.parametrize("status, args, text", [
    (64, ["create", "--name", "n", "--field", "a:text"], "--application"),
    (64, CREATE, "--field: required"),
    (64, [*CREATE, "--field", "a"], 'must be NAME:TYPE[:required], not "a"'),
    (64, [*CREATE, "--field", "a:required"], ""),
    (65, [*CREATE, "--field", ":text"], "fields[0].name has less length"),
    (64, [*CREATE, "--field", "a:b:txt:required"],
     "--field: the type must be one of text number boolean date date-time "
     'email choice list object, not "txt"'),
    (65, [*CREATE, "--field", "a:choice"], "fields[0].choices is required"),
    (65, [*CREATE, "--field", "a:text", "--field", "a:text"],
     "fields[1].name must be unique"),
    (64, [*CREATE, "--field", "a:text", "--fields", "[]"], "exclude"),
    (65, [*CREATE, "--fields", "[]"], "less items"),
    (65, [*CREATE, "--fields", "["], "JSON"),
    (65, [*CREATE, "--fields", '[],"x":1'], ""),
    (65, [*CREATE, "--field", "a:text", "--usage", "webhook"], "enum value"),
    (65, [*CREATE, "--field", "a:text", "--usage", "Web", "--usage", "none"],
     "enum value"),
    (66, ["create", "--application", UNKNOWN, "--name", "n", "--field",
          "a:text"], "no application"),
    (64, ["create", "--application", "A", "--name", "", "--field", "a:text"],
     "--name"),
    (65, ["change", "F", "--fields", "[1]"], "fields[0] is the wrong type"),
    (64, ["change", "F", "--name", "x" * 256], "--name"),
    (64, ["view", "F", "--name", ""], "--name"),
    (64, ["view", "F", "--name", "\u00e4" * 32], "--name"),
    *[(66, [verb, name], 'no form "') for name in (UNKNOWN, "HOOK")
      for verb in ("show", "change", "enable", "disable", "delete",
                   "details", "view")]])
def test_creelctl_rejects(stack, one, status, args, text):
    names = {"A": stack.application, "F": one["id"], "HOOK": stack.hook}
    p = stack.creelctl("form", *[names.get(a, a) for a in args], check=False)
    assert p.returncode == status, p.stderr
    assert p.stderr.startswith("creelctl: ") and text in p.stderr
    assert stack.made("hook", "show", stack.hook)["enabled"] is True


# -- views

def view(stack, form, *args):
    return stack.creelctl("form", "view", form, *args).stdout.strip()


def record(stack, api, form, parsed, status="success", principal="key:x"):
    """Stores an event of a form as its door does."""
    id = add_event(stack, hook=form, application=api.application,
                   status=status)
    text = json.dumps(parsed, ensure_ascii=False).replace("'", "''")
    stack.psql(f"UPDATE creel.event SET parsed = '{text}', principal = "
               f"'{principal}' WHERE id = '{id}'")
    return id


def rows(stack, name, columns="*"):
    return json.loads(stack.psql(
        "SET TimeZone = 'UTC'; SELECT coalesce(json_agg(r), '[]') FROM "
        f"(SELECT {columns} FROM {name} ORDER BY event_id) r"))


def test_view(stack, empty):
    form = empty.new("All of it!", fields=ALL)["id"]
    name = view(stack, form)
    assert name == "creel_form.all_of_it"
    assert stack.made("form", "show", form)["view"] == name
    types = stack.psql("SELECT attname, format_type(atttypid, atttypmod) FROM "
                       f"pg_attribute WHERE attrelid = '{name}'::regclass "
                       "ORDER BY attnum").split("\n")
    assert types == [
        "event_id|uuid", "received_at|timestamp with time zone",
        "user_email|text", "a text|text", "n\u00fcmber|numeric",
        "yes|boolean", "day|date", "moment|timestamp with time zone",
        "mail|text", "one|text", "many|json", "thing|json"]
    whole = {"a text": "it's", "n\u00fcmber": 12, "yes": True,
             "day": "2024-02-29", "moment": "2025-07-22T12:35:00+02:00",
             "mail": "a@b", "one": "y z", "many": [1, None],
             "thing": {"k": "v"}}
    none = dict.fromkeys(whole)
    first = record(stack, empty, form, whole, principal="user:a@b.example")
    second = record(stack, empty, form, none)
    record(stack, empty, form, whole, status="failed")
    other = empty.new("other", fields=ALL)["id"]
    record(stack, empty, other, whole)
    got = rows(stack, name)
    assert [r.pop("event_id") for r in got] == [first, second]
    assert all(r.pop("received_at") for r in got)
    assert got == [{"user_email": "a@b.example", **whole,
                    "moment": "2025-07-22T10:35:00+00:00"},
                   {"user_email": None, **none}]


DATES = ["2025-07-22", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31",
         "2025-12-31"]
NO_DATES = ["2025-02-29", "1900-02-29", "2025-04-31", "2025-13-01",
            "2025-00-01", "2025-01-00", "0000-01-01", "2025-1-1", "now",
            "infinity", "2025-07-22 ", "2025-07-22\n", "22.07.2025", "x" * 99,
            "\u0662\u0660\u0662\u0665-07-22", "", "'"]
MOMENTS = {"2025-07-22T10:35:00Z": "2025-07-22T10:35:00+00:00",
           "2025-07-22t10:35:00.5z": "2025-07-22T10:35:00.5+00:00",
           "2025-07-22T10:35:00.123456789-15:59":
               "2025-07-23T02:34:00.123457+00:00",
           "2016-12-31T23:59:60Z": "2017-01-01T00:00:00+00:00",
           "2016-12-31T23:59:60.000Z": "2017-01-01T00:00:00+00:00",
           "9999-12-31T23:59:59.999999999-15:59": None,
           "0001-01-01T00:00:00+15:59": None}
NO_MOMENTS = [*NO_DATES, "2025-07-22", "2025-07-22T10:35:00",
              "2025-02-29T10:35:00Z", "2025-07-22T24:00:00Z",
              "2025-07-22T10:60:00Z", "2025-07-22T10:35:61Z",
              "2025-07-22T10:35:60.5Z", "2025-07-22T10:35:00+16:00",
              "2025-07-22T10:35:00+1:00", "2025-07-22T10:35Z",
              "2025-07-22T10:35:00.Z", "2025-07-22T10:35:00.1234567890Z",
              "2025-07-22T10:35:00 UTC", "2025-07-22 10:35:00Z"]


def test_view_after_a_type_change(stack, empty):
    """Values of a former text field that do not fit its new type are null."""
    form = empty.new("dates", fields=[
        {"name": "d", "type": "date"}, {"name": "m", "type": "date-time"}])
    form = form["id"]
    name = view(stack, form)
    for value in [*DATES, *NO_MOMENTS, *MOMENTS]:
        record(stack, empty, form, {"d": value, "m": value})
    got = rows(stack, name, "event_id, d::text, m")
    for value, r in zip([*DATES, *NO_MOMENTS, *MOMENTS], got):
        want = value if value in DATES or value == "2025-07-22" else None
        assert r["d"] == want, value
        if value not in MOMENTS:
            assert r["m"] is None, value
        elif MOMENTS[value]:
            assert r["m"] == MOMENTS[value], value
        else:
            assert r["m"], value


def test_view_follows_the_form(stack, empty):
    """Each former type with a value, and each type after it."""
    values = {"text": "12", "number": 12.50, "boolean": True,
              "date": "2025-07-22", "date-time": "2025-07-22T10:35:00Z",
              "email": "a@b", "choice": "x", "list": [1], "object": {"a": 1}}
    texts = ("text", "date", "date-time", "email", "choice")
    form = empty.new("f", fields=TEXT)["id"]
    for v in [*values.values(), None]:
        record(stack, empty, form, {"v": v})
    record(stack, empty, form, {"other": 1})
    for kind in values:
        field = {"name": "v", "type": kind}
        if kind == "choice":
            field["choices"] = ["x"]
        empty.call("PATCH", "/" + form, body={"fields": [field]}, status=200)
        name = view(stack, form)
        got = [r["v"] for r in rows(stack, name, "event_id, v")]
        if kind in ("text", "email", "choice"):
            want = [v if k in texts else None for k, v in values.items()]
            if kind == "text":
                want[1:3] = ["12.5", "true"]
        elif kind == "date-time":
            want = [None] * 4 + ["2025-07-22T10:35:00+00:00"] + [None] * 4
        else:
            want = [v if k == kind else None for k, v in values.items()]
        assert got == [*want, None, None], kind
        assert name == "creel_form.f"


def test_views_created_at_once(stack, empty):
    """Forms with the same name get a view each; grants stay."""
    forms = [empty.new("racer", fields=TEXT)["id"] for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda f: view(stack, f), forms))
    assert len(set(names)) == 8
    stack.psql("GRANT USAGE ON SCHEMA creel_form TO creel_worker; "
               f"GRANT SELECT ON {names[0]} TO creel_worker")
    empty.call("PATCH", "/" + forms[0],
               body={"fields": [{"name": "other", "type": "number"}]},
               status=200)
    assert view(stack, forms[0]) == names[0]
    assert stack.psql(f"SELECT other FROM {names[0]}", "creel_worker") == ""
    assert "security_barrier" in stack.psql(
        "SELECT reloptions FROM pg_class WHERE oid = "
        f"'{names[0]}'::regclass")


def test_view_names(stack, empty):
    """Any name of a field or form results in a view."""
    long = "\u00e4" * 255
    names = ["event_id", "received_at", "User_email", "user_email", 'a"b',
             "a'b", "%I", "$1", "ctid", "select", "--", long, long[:-1] + "z",
             "x" * 62 + "\u00e4", "x" * 62 + "\u00f6", "event_id_2", "\\"]
    form = empty.new("'; DROP TABLE x; --", fields=[
        {"name": n, "type": "number"} for n in names])["id"]
    name = view(stack, form)
    assert name == "creel_form.drop_table_x"
    record(stack, empty, form, {n: i for i, n in enumerate(names)})
    row = rows(stack, name)[0]
    assert list(row.values())[3:] == list(range(len(names)))
    assert list(row)[3:9] == ["event_id_2", "received_at_2", "User_email",
                              "user_email_2", 'a"b', "a'b"]
    assert all(len(n.encode()) <= 63 for n in row)
    # A form with the same name, a name without letters, a long name.
    forms = [empty.new(n, fields=TEXT)["id"] for n in (
        "drop table x", "!!!", "\u00c4" * 255, "form")]
    assert [view(stack, f) for f in forms] == [
        "creel_form.drop_table_x_2", "creel_form.form",
        'creel_form."' + "\u00e4" * 31 + '"', "creel_form.form_2"]


def test_view_name_option(stack, empty):
    form, other = (empty.new(n, fields=TEXT)["id"] for n in "ab")
    assert view(stack, form, "--name", 'My "View"') == \
        'creel_form."My ""View"""'
    assert view(stack, other) == "creel_form.b"
    stack.psql('GRANT SELECT ON creel_form."My ""View""" TO creel_worker')
    # Grants stay when the view is renamed, and when it is replaced.
    assert view(stack, form, "--name", "mine") == "creel_form.mine"
    empty.call("PATCH", "/" + form, status=200, body={
        "fields": [*TEXT, {"name": "more", "type": "date"}]})
    assert view(stack, form) == "creel_form.mine"
    assert "more" in stack.psql("SELECT pg_get_viewdef('creel_form.mine')")
    assert stack.psql("SELECT has_table_privilege('creel_worker', "
                      "'creel_form.mine', 'SELECT')") == "t"
    for name in ("b", "mine"):
        p = stack.creelctl("form", "view", other, "--name", name, check=False)
        if name == "mine":
            assert p.returncode == 73 and "in use" in p.stderr
    assert stack.psql("SELECT string_agg(name, ' ' ORDER BY name) FROM "
                      "creel.form_view WHERE application_id = "
                      f"'{empty.application}'") == "b mine"
    # A view that was dropped is created again.
    stack.psql("DROP VIEW creel_form.b")
    assert view(stack, other) == "creel_form.b"


@pytest.mark.parametrize("how", ["rest", "creelctl", "application"])
def test_view_deleted_with_the_form(stack, empty, how):
    form = empty.new("gone " + how, fields=TEXT)["id"]
    name = view(stack, form)
    there = f"SELECT to_regclass('{name}') IS NULL"
    assert stack.psql(there) == "f"
    if how == "rest":
        empty.call("DELETE", "/" + form, status=200)
    elif how == "creelctl":
        stack.creelctl("form", "delete", form)
    else:
        stack.creelctl("application", "delete", empty.application, "--force")
    assert stack.psql(there) == "t"
    assert stack.psql("SELECT count(*) FROM creel.form_view WHERE hook_id = "
                      f"'{form}'") == "0"


def test_view_with_dependents(stack, empty):
    """It stays when the form is deleted, and is not changed in a way that
    would break them."""
    form = empty.new("base", fields=TEXT)["id"]
    name = view(stack, form)
    stack.psql(f"CREATE VIEW public.report AS SELECT * FROM {name}")
    empty.call("PATCH", "/" + form, status=200, body={
        "fields": [{"name": "x", "type": "number"}]})
    p = stack.creelctl("form", "view", form, check=False)
    assert p.returncode == 73 and "depend" in p.stderr, p.stderr
    empty.call("DELETE", "/" + form, status=200)
    assert stack.psql("SELECT count(*) FROM public.report") == "0"


def test_view_reads_the_index(stack, empty):
    form = empty.new("big", fields=TEXT)["id"]
    plan = stack.psql(f"SET enable_seqscan = off; EXPLAIN SELECT * FROM "
                      f"{view(stack, form)}")
    assert "hook_id" in plan and "Index" in plan
