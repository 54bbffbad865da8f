# SPDX-License-Identifier: ISC
"""Users: the REST resource and creelctl user."""
# route: GET /applications/:application/users
# route: POST /applications/:application/users
# route: GET /applications/:application/users/:user
# route: PATCH /applications/:application/users/:user
# route: DELETE /applications/:application/users/:user
# route: POST /applications/:application/users/:user/key
import concurrent.futures
import hashlib
import json
import re

import pytest

from conftest import SOURCE
from losant_api import DATE, DEFAULTS, HEADERS, ID, UNKNOWN, Api, links
from resource_checks import is_not_shown, leaves_no_trace, run_twice

SECRET = re.compile(r"ck_[A-Za-z0-9_-]{43}")
ALWAYS = {"id", "userId", "applicationId", "creationDate", "lastUpdated",
          "email", "integrationAccess", "_type"}
TEXT = [{"name": "t", "type": "text"}]


class Users(Api):
    def __init__(self, stack, application=None, token=None):
        application = application or stack.application
        super().__init__(stack, application, token or stack.new_token(
            "all.Organization", application=application), resource="users")

    def new(self, email="u@example.org", **properties):
        return self.call("POST", body={"email": email, **properties},
                         status=201)[1]


def kept(user):
    """The members that later responses have."""
    return {k: v for k, v in user.items() if k != "secretKey"}


@pytest.fixture
def api(stack):
    """An application without users."""
    return Users(stack, stack.made("application", "create", "a")["id"])


def new_form(stack, application):
    return Api(stack, application, resource="forms").new(fields=TEXT)["id"]


def found(stack, secret):
    """The (scopes, hooks) that a worker finds for a Secret Key; None if it is
    invalid."""
    sha = hashlib.sha256(secret.encode()).hexdigest()
    sql = (SOURCE / "sql/query/KEY_FIND.sql").read_text()
    row = stack.psql(f"PREPARE q AS {sql};\nEXECUTE q('{sha}')",
                     "creel_worker").split("|")
    return (row[2], row[3]) if len(row) > 1 and row[2] else None


# -- the REST resource

def test_requests_of_a_client(stack, front, api):
    """Through each web server."""
    app = api.application
    api.url = front.url
    form = new_form(stack, app)

    def call(method, path="", query=DEFAULTS, **k):
        return api.call(method, path, query=query, headers=HEADERS, **k)[1]

    first = call("POST", body={"email": "A.User@example.org"}, status=201)
    assert set(first) == ALWAYS | {"secretKey", "_links"}
    assert SECRET.fullmatch(first["secretKey"])
    assert ID.fullmatch(first["id"]) and first["userId"] == first["id"]
    assert DATE.fullmatch(first["creationDate"])
    assert first["lastUpdated"] == first["creationDate"]
    assert {k: first[k] for k in ("applicationId", "email", "_type",
                                  "integrationAccess", "_links")} == {
        "applicationId": app, "email": "A.User@example.org", "_type": "user",
        "integrationAccess": True, "_links": links(app, "users", first["id"])}
    second = call("POST", status=201, body={
        "email": "b@example.org", "integrationAccess": False,
        "formIds": [form.upper()]})
    assert set(second) == set(first) | {"formIds"}
    assert (second["formIds"], second["integrationAccess"]) == ([form], False)
    stack.psql("UPDATE creel.credential SET last_used_at = "
               f"'2026-01-02T03:04:05Z' WHERE id = '{first['id']}'")
    one = {**kept(first), "lastUsed": "2026-01-02T03:04:05.000Z"}
    assert call("GET", status=200) == {
        "count": 2, "items": [one, kept(second)], "applicationId": app,
        "perPage": 100, "page": 0, "sortField": "email",
        "sortDirection": "asc", "totalCount": 2, "_type": "users",
        "_links": links(app, "users")}
    path = "/" + first["id"]
    assert call("GET", path.upper(), status=200) == one
    changed = call("PATCH", path, status=200,
                   body={"integrationAccess": False})
    assert changed == {**one, "integrationAccess": False,
                       "lastUpdated": changed["lastUpdated"]}
    assert changed["lastUpdated"] > one["lastUpdated"]
    fresh = call("POST", path + "/key", status=200)
    assert SECRET.fullmatch(fresh["secretKey"])
    assert fresh["secretKey"] != first["secretKey"]
    assert kept(fresh) == {**changed, "lastUpdated": fresh["lastUpdated"]}
    assert call("DELETE", path, body="{}", status=200) == {"success": True}
    for method, rest in (("GET", ""), ("PATCH", ""), ("DELETE", ""),
                         ("POST", "/key")):
        assert call(method, path + rest, body="{}", status=404) == {
            "type": "NotFound", "message": "User was not found"}


def test_secret_key(stack, api):
    """It is valid as long as the user has it, and stored nowhere."""
    form = new_form(stack, api.application)
    made = api.new(formIds=[form])
    first = made["secretKey"]
    stack.secrets.append(first)
    path = "/" + made["id"]
    assert found(stack, first) == ("form.post event.get", "{" + form + "}")
    second = api.call("POST", path + "/key", status=200)[1]["secretKey"]
    assert found(stack, first) is None
    assert found(stack, second) == ("form.post event.get", "{" + form + "}")
    for access, there in ((False, False), (True, True)):
        api.call("PATCH", path, body={"integrationAccess": access})
        assert (found(stack, second) is not None) == there
    leaves_no_trace(stack, first, second)
    is_not_shown(api, path, second)
    api.call("DELETE", path, status=200)
    assert found(stack, second) is None
    assert stack.psql("SELECT count(*) FROM creel.address WHERE target_id = "
                      f"'{made['id']}'") == "0"


def test_notifications(stack, api):
    """Each change that ends a user's rights is notified."""
    made = api.new()
    sha = hashlib.sha256(made["secretKey"].encode()).hexdigest()
    path = f"'{api.application}','{made['id']}'"
    calls = [("USER_PATCH", f"{path},'false','false'"),
             ("USER_KEY", f"{path},'false','{'ab' * 32}','ck_x'"),
             ("CREDENTIAL_DELETE", f"{path},'user'")]
    sql = "LISTEN creel;\n"
    for name, values in calls:
        text = (SOURCE / f"sql/query/{name}.sql").read_text()
        sql += f"PREPARE q{name} AS {text};\nEXECUTE q{name}({values});\n"
    out = stack.as_worker(api.application, sql)
    assert out.count(f'"key {sha}"') == 2
    assert out.count(f'"key {"ab" * 32}"') == 2


def test_other_credentials_are_not_found(stack, api):
    """Keys, tokens and users are separate resources."""
    user = api.new()["id"]
    tokens = Api(stack, api.application, resource="tokens")
    token = tokens.new()["id"]
    key = stack.made("key", "create", "--application", api.application,
                     "--name", "k")["id"]
    for id in (token, key):
        for method, rest in (("GET", ""), ("PATCH", ""), ("DELETE", ""),
                             ("POST", "/key")):
            api.rejected(404, "User was not found", method, f"/{id}{rest}",
                        body={})
    assert [u["id"] for u in api.list()["items"]] == [user]
    assert [t["id"] for t in tokens.list()["items"]] == [token]
    for method in ("GET", "PATCH", "DELETE"):
        tokens.rejected(404, "API Token was not found", method, "/" + user,
                       body={})


# -- rights

SCOPES = [("GET", "", "users.get"), ("POST", "", "users.post"),
          ("GET", "/{id}", "user.get"), ("PATCH", "/{id}", "user.patch"),
          ("POST", "/{id}/key", "user.patch"),
          ("DELETE", "/{id}", "user.delete")]


@pytest.mark.parametrize("method, path, scope", SCOPES)
def test_scopes(stack, api, method, path, scope):
    path = path.format(id=api.new()["id"])
    body = {"email": "n@example.org"} if not path else {}
    others = {s for _, _, s in SCOPES} - {scope}
    for wrong in (others, ["all.Application"]):
        Users(stack, api.application, stack.new_token(
            *wrong, application=api.application)).rejected(
            403, None, method, path, body=body)
    Users(stack, stack.other_application, stack.new_token(
        scope, application=stack.other_application)).rejected(
        404, "Application was not found", method,
        f"/applications/{api.application}/users{path}", body=body)
    # A Secret Key can do more than user.post and user.patch.
    right = Users(stack, api.application, stack.new_token(
        scope, "form.post", "event.get", application=api.application))
    assert right.call(method, path, body=body)[0] in (200, 201)


def test_scopes_of_tokens(stack):
    tokens = Api(stack, resource="tokens")
    for scope in ("users.get", "user.patch", "user.*", "users.*"):
        tokens.rejected(400, "scope must be an enum value", "POST",
                       body={"name": "t", "scope": [scope]})


def test_restricted_key(stack, api):
    form = new_form(stack, api.application)
    key = stack.new_key("users.*", "user.*", application=api.application,
                        args=["--hook", form])
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/" + UNKNOWN)):
        Users(stack, api.application, key).rejected(
            403, None, method, path, body={"email": "a@b"})


# -- properties

E = {"email": "x@example.org"}
WRONG = [
    ({}, "email is required"),
    *[({"email": v}, "email is the wrong type")
      for v in (None, 1, True, [], {}, ["a@b"])],
    *[({"email": v}, "email: not an e-mail address")
      for v in ("", "a", "a@", "@b", "a@b@c", "a b@c", "a@-b", "a@b..c",
                "\u00e4@b", "a@\u00e4", "a@b\n", "'@b'", "a@b," "c@d",
                "x" * 250 + "@b.de")],
    *[({**E, "integrationAccess": v}, "integrationAccess is the wrong type")
      for v in (None, 1, "true", [])],
    *[({**E, "formIds": v}, "formIds is the wrong type")
      for v in (None, 1, UNKNOWN, {}, [1])],
    ({**E, "formIds": ["x"]}, "formIds has less length than allowed"),
    ({**E, "formIds": [UNKNOWN + "0"]},
     "formIds has longer length than allowed"),
    ({**E, "formIds": ["x" * 24]}, "formIds pattern mismatch"),
    ({**E, "formIds": [UNKNOWN, UNKNOWN]}, "formIds must be unique"),
    ({**E, "formIds": [UNKNOWN]}, "formIds: no such form"),
    *[({**E, f: v}, "body has additional properties")
      for f, v in (("id", UNKNOWN), ("secretKey", "k"), ("enabled", True),
                   ("scope", []), ("name", "n"))],
    *[(v, "body is the wrong type") for v in ([], "x", 1, True, None)],
]


@pytest.mark.parametrize("body, message", WRONG,
                         ids=[str(i) for i in range(len(WRONG))])
def test_wrong_property(api, body, message):
    api.rejected(400, message, "POST", body=json.dumps(body))
    assert api.list()["totalCount"] == 0


@pytest.mark.parametrize("body, message", [
    ({"email": "a@b"}, "body has additional properties"),
    ({"formIds": []}, "body has additional properties"),
    ({"integrationAccess": None}, "integrationAccess is the wrong type"),
    ([], "body is the wrong type")])
def test_wrong_patch(api, body, message):
    made = api.new()
    api.rejected(400, message, "PATCH", "/" + made["id"], body=body)
    for body in ({}, {"integrationAccess": True}):
        assert api.call("PATCH", "/" + made["id"], body=body,
                        status=200)[1] == kept(made)


def test_forms(stack, api):
    """Only forms, and only this application's."""
    mine = [new_form(stack, api.application) for _ in range(2)]
    made = api.new(formIds=mine)
    assert made["formIds"] == mine
    assert found(stack, made["secretKey"])[1] == "{" + ",".join(mine) + "}"
    assert found(stack, api.new("n@b", formIds=[])["secretKey"])[1] == "{}"
    assert found(stack, api.new("o@b")["secretKey"])[1] == ""
    foreign = new_form(stack, stack.other_application)
    webhook = Api(stack, api.application).new()["id"]
    for id in (foreign, webhook):
        api.rejected(400, "formIds: no such form", "POST",
                    body={"email": "p@b", "formIds": [mine[0], id]})


def conflict(api, email):
    status, answer = api.call("POST", body={"email": email})
    assert (status, answer) == (409, {
        "type": "Conflict", "message": "email: already in use"})


def test_email_in_use(stack, api):
    """Within an application; of concurrent requests one succeeds."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: Users(
            stack, api.application, api.token).call(
            "POST", body={"email": "one@example.org"})[0], range(8)))
    assert sorted(codes) == [201] + [409] * 7
    conflict(api, "one@example.org")
    conflict(api, "ONE@example.org")
    assert stack.psql("SELECT count(*) FROM creel.address WHERE application_id"
                      f" = '{api.application}' AND kind = 'key'") == "1"
    app = stack.made("application", "create", "b")["id"]
    Users(stack, app).new("one@example.org")
    api.call("DELETE", "/" + api.list()["items"][0]["id"], status=200)
    api.new("One@example.org")


def test_sorting(stack, api):
    made = [kept(api.new(f"{n}@b")) for n in "bCa"]
    stack.psql("UPDATE creel.credential SET created_at = now() + "
               f"interval '1 day' WHERE id = '{made[0]['id']}'")
    stack.psql("UPDATE creel.credential SET last_used_at = now() "
               f"WHERE id = '{made[2]['id']}'")
    api.call("PATCH", "/" + made[1]["id"], body={"integrationAccess": False})
    # Users without a call come last.
    orders = {"email": "Cab", "id": "bCa", "creationDate": "Cab",
              "lastUpdated": "baC", "lastUsed": "abC", "": "Cab"}
    for field, want in orders.items():
        for direction in ("asc", "desc"):
            got = api.list(sortField=field, sortDirection=direction)
            assert "".join(u["email"][0] for u in got["items"]) == (
                want if direction == "asc" else want[::-1]), field
    assert [u["email"] for u in api.list(filterField="email", filter="C*")[
        "items"]] == ["C@b"]
    assert api.list(perPage=1, page=2)["items"][0]["email"] == "b@b"
    for query, message in (("sortField=name", "sortField must be an enum"),
                           ("filterField=id", "filterField must be an enum"),
                           ("page=x", "page is the wrong type")):
        assert api.call("GET", query=query, status=400)[1][
            "message"].startswith(message)


def test_run_twice(stack, api):
    """A statement whose reply was lost is run again with the same values."""
    app, u = api.application, "e" * 24
    values = {"CREATE": f"'{app}','{u}','true','{'ab' * 32}','ck_x','a@b',"
              "NULL,NULL,'jwt:x:y'",
              "PATCH": f"'{app}','{u}','true','false'",
              "KEY": f"'{app}','{u}','true','{'cd' * 32}','ck_y'"}
    for name in values:
        run_twice(stack, f"USER_{name}", values[name], u)
    assert stack.psql("SELECT handle FROM creel.address WHERE target_id = "
                      f"'{u}'") == "cd" * 32


# -- creelctl

def test_creelctl(stack, api):
    app = api.application
    forms = [new_form(stack, app) for _ in range(2)]
    made = stack.made("user", "create", "--application", app, "--email",
                      "a@example.org", "--form", forms[0], "--form", forms[1])
    assert set(made) == {"id", "secretKey"}
    assert SECRET.fullmatch(made["secretKey"])
    assert found(stack, made["secretKey"]) == (
        "form.post event.get", "{" + ",".join(forms) + "}")
    got = api.call("GET", "/" + made["id"], status=200)[1]
    assert (got["email"], got["formIds"], got["integrationAccess"]) == (
        "a@example.org", forms, True)
    shown = stack.made("user", "show", made["id"])
    assert (shown["name"], shown["hookIds"]) == ("a@example.org", forms)
    assert stack.made("user", "list", "--application", app) == [shown]
    text = stack.creelctl("user", "list", "--application", app).stdout
    assert made["id"] in text and "a@example.org" in text
    assert made["secretKey"] not in text
    assert stack.made("application", "show", app)["users"] == 1
    fresh = stack.made("user", "key", made["id"])
    assert set(fresh) == {"id", "secretKey"} and fresh["id"] == made["id"]
    assert found(stack, made["secretKey"]) is None
    assert found(stack, fresh["secretKey"])
    for verb, access in (("disable", False), ("enable", True)):
        stack.creelctl("user", verb, made["id"])
        assert api.call("GET", "/" + made["id"])[1]["integrationAccess"] is \
            access
    for form in forms:
        stack.creelctl("form", "delete", form)
    assert "users" in stack.creelctl("application", "delete", app,
                                     check=False).stderr
    stack.creelctl("user", "delete", made["id"])
    assert found(stack, fresh["secretKey"]) is None
    text = stack.creelctl("user", "create", "--application", app, "--email",
                          "b@c").stdout
    assert re.match(r"id         [0-9a-f]{24}\nSecret Key ck_\S{43}\n\n"
                    "Keep the Secret Key now", text)
    assert "formIds" not in api.list()["items"][0]


CREATE = ["create", "--application", "A", "--email"]


@pytest.mark.parametrize("status, args, text", [
    (64, ["create", "--email", "a@b"], "--application"),
    (64, CREATE[:3], "--email"),
    (64, [*CREATE, "nobody"], 'must be an e-mail address, not "nobody"'),
    (73, [*CREATE, "THERE@b"], "--email: already in use"),
    (66, [*CREATE, "n@b", "--form", UNKNOWN], "no form"),
    (66, [*CREATE, "n@b", "--form", "HOOK"], "no form"),
    (66, [*CREATE, "n@b", "--form", "FOREIGN"], "no form"),
    (66, ["create", "--application", UNKNOWN, "--email", "a@b"],
     "no application"),
    *[(66, [verb, id], "no user") for id in (UNKNOWN, "KEY")
      for verb in ("show", "enable", "disable", "key", "delete")]])
def test_creelctl_rejects(stack, api, status, args, text):
    names = {"A": api.application, "HOOK": stack.hook,
             "FOREIGN": new_form(stack, stack.other_application),
             "KEY": stack.made("key", "create", "--application",
                               api.application, "--name", "k")["id"]}
    api.new("there@b")
    p = stack.creelctl("user", *[names.get(a, a) for a in args], check=False)
    assert p.returncode == status, p.stderr
    assert p.stderr.startswith("creelctl: ") and text in p.stderr
    assert api.list()["totalCount"] == 1
