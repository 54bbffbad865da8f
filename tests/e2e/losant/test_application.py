# SPDX-License-Identifier: ISC
"""Losant's REST resource of applications, as its clients use it."""
# route: GET /applications
# route: POST /applications
# route: GET /applications/:application
# route: PATCH /applications/:application
# route: DELETE /applications/:application
import concurrent.futures
import json
import threading

import pytest

from conftest import send, wait_for
from losant_api import DATE, DEFAULTS, HEADERS, ID, UNKNOWN, Api, each_worker
from resource_checks import NOT_JSON, refuses_body, run_twice
from transactions import Transaction

ALWAYS = {"id", "applicationId", "creationDate", "lastUpdated", "ownerId",
          "ownerType", "organizationName", "name", "_type"}


class Tenants(Api):
    """An organization's applications as a client with one of its tokens sees
    them."""

    def __init__(self, stack, *scopes, url=None):
        self.organization = stack.made("organization", "create", "Org")["id"]
        super().__init__(stack, "none", new_token(
            stack, self.organization, *(scopes or ["all.Organization"])), url)

    def call(self, method, path="", *args, **options):
        return super().call(method, f"/applications{path}", *args, **options)


def new_token(stack, organization, *scopes):
    args = [a for s in scopes for a in ("--scope", s)]
    return stack.creelctl("jwt", "--issuer", "local", "--subject", "s",
                          "--organization", organization,
                          *args).stdout.strip()


@pytest.fixture(scope="module")
def api(stack):
    return Tenants(stack)


@pytest.fixture
def empty(stack):
    """An organization without applications."""
    return Tenants(stack)


def links(application=None):
    if application is None:
        return {"self": {"href": "/applications"}}
    app = f"/applications/{application}"
    return {"applications": {"href": "/applications"},
            "applicationApiTokens": {"href": f"{app}/tokens"},
            "webhooks": {"href": f"{app}/webhooks"}, "self": {"href": app}}


# -- recorded requests

def test_requests_of_the_client(stack, front, empty):
    """Through each web server."""
    empty.url = front.url

    def call(method, path="", query=DEFAULTS, **k):
        return empty.call(method, path, query=query, headers=HEADERS, **k)[1]

    assert call("GET", status=200) == {
        "count": 0, "items": [], "perPage": 100, "page": 0,
        "sortField": "name", "sortDirection": "asc", "totalCount": 0,
        "_type": "applications", "_links": links()}
    first = call("POST", status=201, body='{"name":"My New Application",'
                 '"description":"Description of my new application"}')
    assert set(first) == ALWAYS | {"description", "_links"}
    assert ID.fullmatch(first["id"]) and first["applicationId"] == first["id"]
    assert DATE.fullmatch(first["creationDate"])
    assert first["lastUpdated"] == first["creationDate"]
    assert {k: first[k] for k in ("name", "description", "ownerId",
            "ownerType", "organizationName", "_type")} == {
        "name": "My New Application", "ownerType": "organization",
        "description": "Description of my new application",
        "ownerId": empty.organization, "organizationName": "Org",
        "_type": "application"}
    assert first["_links"] == links(first["id"])
    second = call("POST", status=201, body={
        "name": "\u00e4", "orgId": empty.organization.upper()})
    got = call("GET", status=200)
    assert got["items"] == [first, second] and got["totalCount"] == 2
    assert call("GET", status=200, query="_actions=true&_links=false"
                "&_embedded=false&sortField=creationDate&sortDirection=desc"
                "&page=0&perPage=10&filterField=name&filter=my%20%2A"
                f"&orgId={empty.organization}&summaryExclude=keyCount") == {
        "count": 1, "items": [{k: v for k, v in first.items()
                               if k != "_links"}],
        "perPage": 10, "page": 0, "sortField": "creationDate",
        "sortDirection": "desc", "filterField": "name", "filter": "my *",
        "totalCount": 1, "_type": "applications"}
    path = "/" + first["id"]
    assert call("GET", path, status=200) == first
    changed = call("PATCH", path, status=200, body={
        "name": "My Updated Application", "description": ""})
    assert "description" not in changed
    assert changed["name"] == "My Updated Application"
    assert changed["lastUpdated"] > first["lastUpdated"]
    assert call("DELETE", path, body="{}", status=200) == {"success": True}
    assert call("GET", path, status=404) == {
        "type": "NotFound", "message": "Application was not found"}
    assert call("DELETE", path, body="{}", status=404)


def test_path_prefix(front):
    """The samples pass on the path without a slash behind it, also if the web
    server rejects the request itself, but no path that only begins alike."""
    a = send(front.url, "GET", "/applications?x=" + "x" * 40000)
    assert a.status == 414 and set(json.loads(a.body)) == {"type", "message"}
    for path in ("/applicationsX", "/x/applications", "/applications.json"):
        a = send(front.url, "GET", path)
        assert a.status in (403, 404) and b"message" not in a.body


def test_life(stack, empty):
    """From an empty organization to a called webhook, over HTTP alone."""
    app = empty.new("life")["id"]
    token = Api(stack, app, empty.token, resource="tokens").new()["token"]
    hook = Api(stack, app, token).new("w")
    assert send(stack.url, "POST", f"/webhooks/{hook['token']}", [],
                b"{}").status == 200
    got = Api(stack, app, token).call(
        "GET", f"/applications/{app}/events", token=token)
    assert got[0] == 200 and got[1]["count"] == 1
    empty.call("DELETE", "/" + app, status=200)
    wait_for(lambda: send(stack.url, "POST", f"/webhooks/{hook['token']}", [],
                          b"{}").status == 404, "the trigger to be gone")
    wait_for(lambda: Api(stack, app, token).call("GET")[0] == 401,
             "the token to be gone")


def test_delete_cascades(stack, empty):
    """Hooks, credentials, replies and idempotency keys are deleted; events
    stay until they expire."""
    app = empty.new()["id"]
    Api(stack, app, empty.token).new("w")
    Api(stack, app, empty.token, resource="tokens").new()
    stack.new_key(application=app)
    device = stack.made("device", "create", "--application", app, "--name",
                        "d", "--tag", "t")["id"]
    stack.made("group", "create", "--application", app, "--name", "g",
               "--device", device)
    tables = ["hook", "credential", "address", "row_count", "dedupe",
              "reply", "device", "device_member",
              "device_group", "receipt", "event"]
    event = "'01900000-0000-7000-8000-000000000001'"
    stack.psql(
        f"INSERT INTO creel.dedupe VALUES ('{app}', '{UNKNOWN}', '', 'k', '', "
        f"{event}, false);"
        "INSERT INTO creel.reply (application_id, event_id, id, status, "
        f"headers, body) VALUES ('{app}', {event}, {event}, 200, '', '');"
        "INSERT INTO creel.receipt (application_id, event_id, device_id, "
        f"step, status) VALUES ('{app}', {event}, '{device}', 1, 'done'); "
        "INSERT INTO creel.event (application_id, id, hook_id, received_at, "
        "method, path, query, headers, body, principal, remote_address, "
        f"status) SELECT '{app}', {event}, '{UNKNOWN}', now(), 'POST', '/', "
        "'', '{}', '', '', '', 'success'")

    def rows():
        return {t: int(stack.psql(f"SELECT count(*) FROM creel.{t} WHERE "
                                  f"application_id = '{app}'"))
                for t in tables}
    assert min(rows().values()) > 0
    empty.call("DELETE", "/" + app, status=200)
    assert rows() == {t: int(t == "event") for t in tables}


def test_response_headers(api):
    for call in (("GET",), ("GET", "/" + UNKNOWN), ("PUT",)):
        api.call(*call)
        h = api.raw.headers
        assert h["Cache-Control"] == "no-cache, no-store, must-revalidate"
        assert h["Access-Control-Allow-Origin"] == "*"


# -- several workers

def test_changes_on_every_worker(make_stack):
    """A token reaches a new application at once, and a deleted one no longer,
    although both workers have a cache entry for an hour."""
    s = make_stack(threads=2, cache_ttl=3600)
    workers = [s.worker, s.start_worker()]
    wait_for(lambda: s.logs().count("listening for changes") >= 2,
             "the listeners")
    api = Tenants(s)

    try:
        for _ in each_worker(workers):
            assert api.list()["totalCount"] == 0
            api.rejected(404, "Application was not found", "GET",
                        "/" + UNKNOWN)
        app = api.new()["id"]
        # Without waiting: misses are looked up.
        for _ in each_worker(workers):
            api.call("GET", "/" + app, status=200)
            assert api.list()["totalCount"] == 1
            Api(s, app, api.token).call("GET", status=200)
        hook = Api(s, app, api.token).new("w")["token"]
        for _ in each_worker(workers):
            assert send(s.url, "POST", f"/webhooks/{hook}", [],
                        b"{}").status == 200
        api.call("DELETE", "/" + app, status=200)
        for _ in each_worker(workers):
            api.rejected(404, "Application was not found", "GET", "/" + app)
            Api(s, app, api.token).rejected(404, "Application was not found",
                                           "POST", body={"name": "w"})
            wait_for(lambda: send(s.url, "POST", f"/webhooks/{hook}", [],
                                  b"{}").status == 404, "the trigger to go")
    finally:
        s.stop_worker(worker=workers[0])


def test_without_a_listener(make_stack):
    """Changes also work for a worker without notifications."""
    s = make_stack(threads=2, cache_ttl=3600,
                   listen_database="host=/nonexistent dbname=x")
    api = Tenants(s)
    assert api.list()["totalCount"] == 0
    api.rejected(404, "Application was not found", "GET", "/" + UNKNOWN)
    app = api.new()["id"]
    assert api.list()["totalCount"] == 1
    api.call("GET", "/" + app, status=200)
    Api(s, app, api.token).new("w")
    foreign = Tenants(s)
    for call in (("GET",), ("PATCH",), ("DELETE",)):
        foreign.rejected(404, "Application was not found", call[0], "/" + app,
                        body="{}")


# -- properties

TEXTS = {"name": 255, "description": 1024}
WRONG = [
    ({}, "name is required"),
    ({"name": ""}, "name has less length than allowed"),
    *[({"name": "a", f: v}, f"{f} is the wrong type")
      for f in TEXTS for v in (None, 1, True, [], {})],
    *[({"name": "a", f: c * (n + 1)}, f"{f} has longer length than allowed")
      for f, n in TEXTS.items() for c in "x\u00e4"],
    # Losant's properties that Creel does not support are rejected, too.
    *[({"name": "a", f: v}, "body has additional properties")
      for f, v in (("id", UNKNOWN), ("applicationId", UNKNOWN),
                   ("ownerId", UNKNOWN), ("ownerType", "organization"),
                   ("organizationName", "x"), ("Name", "a"), ("globals", []),
                   ("endpointSlug", "slug"), ("blobUrlTTL", 3600),
                   ("archiveConfig", {}), ("appliedTemplateIds", []),
                   ("applicationTemplateId", UNKNOWN), ("quotas", {}))],
    *[(v, "body is the wrong type") for v in ([], "x", 1, True, None)],
]


@pytest.fixture(scope="module")
def one(api):
    """An application that no test changes."""
    return api.new("one")


@pytest.mark.parametrize("body, message", WRONG,
                         ids=[str(i) for i in range(len(WRONG))])
def test_wrong_property(api, one, body, message):
    before = api.list()["totalCount"]
    api.rejected(400, message, "POST", body=json.dumps(body))
    assert api.list()["totalCount"] == before
    if message != "name is required":
        if isinstance(body, dict) and body.get("name") == "a":
            del body["name"]
        api.rejected(400, message, "PATCH", "/" + one["id"],
                    body=json.dumps(body))
        assert api.call("GET", "/" + one["id"], query="_links=false")[1] == one


@pytest.mark.parametrize("org, status, message", [
    (None, 400, "orgId is the wrong type"), (1, 400, "orgId is the wrong type"),
    ("", 400, "orgId has less length than allowed"),
    (UNKNOWN[:23], 400, "orgId has less length than allowed"),
    (UNKNOWN + "0", 400, "orgId has longer length than allowed"),
    ("g" * 24, 400, "orgId pattern mismatch"),
    (UNKNOWN, 403, "the credential belongs to another organization")])
def test_wrong_organization(api, one, org, status, message):
    api.rejected(status, message, "POST", body={"name": "a", "orgId": org})
    api.rejected(400, "body has additional properties", "PATCH",
                "/" + one["id"], body={"orgId": org})


@pytest.mark.parametrize("body", NOT_JSON)
def test_not_json(api, one, body):
    refuses_body(api, 400, "Invalid JSON body", body, "/" + one["id"])


def test_limits(api):
    a = api.new("\U0001f600" * 255, description="\u00e4" * 1024)
    assert api.call("GET", "/" + a["id"].upper(), query="_links=false",
                    status=200)[1] == a
    api.rejected(413, None, "POST", body=b" " * (256 << 10) + b"{}")
    for body in ({}, {"name": a["name"]}, {"description": a["description"]}):
        assert api.call("PATCH", "/" + a["id"], body=body,
                        status=200)[1] == a


# -- rights

def test_application_claims(stack):
    """A token without an organization sees the applications that it reaches,
    and cannot create one."""
    token = stack.new_token("all.Organization")
    api = Api(stack, token=token)
    got = api.call("GET", "/applications", status=200)[1]
    assert [a["id"] for a in got["items"]] == [stack.application]
    assert not {"ownerId", "ownerType", "organizationName"} & set(
        got["items"][0])
    own = f"/applications/{stack.application}"
    assert api.call("GET", own, status=200)[1] == got["items"][0]
    assert api.call("PATCH", own, body={"name": "first"},
                    status=200)[1]["name"] == "first"
    for body in ({"name": "a"}, {"name": "a", "orgId": UNKNOWN}, "{"):
        api.rejected(403, "the credential belongs to no organization", "POST",
                    "/applications", body=body)


def test_application_token(stack, api):
    a, b = api.new("a"), api.new("b")
    made = Api(stack, a["id"], api.token, resource="tokens").new()["token"]
    mine = Api(stack, token=made)
    path = f"/applications/{a['id']}"
    assert mine.call("GET", path, status=200)[1]["name"] == "a"
    mine.call("PATCH", path, body={"description": "x"}, status=200)
    for method in ("GET", "PATCH", "DELETE"):
        mine.rejected(404, "Application was not found", method,
                     f"/applications/{b['id']}", body="{}")
    for method in ("GET", "POST"):
        mine.rejected(403, None, method, "/applications", body={"name": "a"})
    mine.call("DELETE", path, status=200)
    api.rejected(404, "Application was not found", "GET", "/" + a["id"])
    key = stack.new_key("applications.*", "application.get",
                        application=b["id"])
    assert [x["id"] for x in mine.call("GET", "/applications", token=key,
                                       status=200)[1]["items"]] == [b["id"]]
    mine.rejected(403, "the credential belongs to no organization", "POST",
                 "/applications", body={"name": "a"}, token=key)


def test_restricted_key(stack, api):
    """A credential that is restricted to some hooks cannot change
    applications."""
    key = stack.new_key("all.Application", args=["--hook", stack.hook])
    path = f"/applications/{stack.application}"
    one = Api(stack, token=key)
    one.call("GET", path, status=200)
    for method in ("PATCH", "DELETE"):
        one.rejected(403, "the credential is restricted to some hooks", method,
                    path, body='{"name":"x"}')


OPERATIONS = {
    "applications.get": ("GET", ""), "applications.post": ("POST", ""),
    "application.get": ("GET", "/A"), "application.patch": ("PATCH", "/A"),
    "application.delete": ("DELETE", "/A")}
READS = {"applications.get", "application.get"}
ONE = {"application.get", "application.patch", "application.delete"}
CLI = {"application.get", "application.patch"}


@pytest.mark.parametrize("scope, may", [
    *[(s, {s}) for s in OPERATIONS],
    ("application.*", ONE), ("applications.*", set(OPERATIONS) - ONE),
    *[(f"all.{g}{b}", set(OPERATIONS)) for g in ("Organization", "User")
      for b in ("", ".bounded")],
    ("all.Application", ONE), ("all.Application.bounded", ONE),
    ("all.Application.read", {"application.get"}),
    ("all.Organization.read", READS), ("all.User.read", READS),
    ("all.Application.cli", CLI), ("all.User.cli", CLI | {"applications.get"}),
    ("webhook.* webhooks.* applicationApiToken.* applicationApiTokens.*",
     set())])
def test_scopes(stack, api, scope, may):
    token = new_token(stack, api.organization, *scope.split(" "))
    for name, (method, path) in OPERATIONS.items():
        path = path.replace("A", api.new()["id"])
        if name in may:
            assert api.call(method, path, body='{"name":"a"}',
                            token=token)[0] in (200, 201)
        else:
            api.rejected(403, None, method, path, body='{"name":"a"}',
                        token=token)


@pytest.mark.parametrize("application", [
    "foreign", "first", UNKNOWN, UNKNOWN[:23], UNKNOWN + "0", "x", "g" * 24,
    "null", "'", "%25"])
def test_no_such_application(stack, api, application):
    if application == "foreign":
        application = Tenants(stack).new("theirs")["id"]
    elif application == "first":
        application = stack.application
    for method in ("GET", "PATCH", "DELETE"):
        api.rejected(404, "Application was not found", method,
                    "/" + application, body='{"name":"mine"}')


def test_foreign_organization(stack, api):
    other = Tenants(stack)
    other.new("theirs")
    assert other.names() == ["theirs"]
    assert "theirs" not in api.names(perPage=1000)


@pytest.mark.parametrize("organization", [UNKNOWN, "f" * 24])
def test_no_such_organization(stack, api, organization):
    token = new_token(stack, organization, "all.Organization")
    assert api.call("GET", token=token, status=200)[1]["items"] == []
    api.rejected(403, "the credential belongs to no organization", "POST",
                body={"name": "a"}, token=token)


def test_both_claims(stack, empty):
    """An organization's applications and one more."""
    token = stack.creelctl(
        "jwt", "--issuer", "local", "--subject", "s", "--organization",
        empty.organization, "--application", stack.application, "--scope",
        "all.Organization").stdout.strip()
    mine = empty.new("mine")
    got = empty.call("GET", query="sortField=ownerId", token=token,
                     status=200)[1]
    assert {a["id"] for a in got["items"]} == {mine["id"], stack.application}
    for query, want in ((f"orgId={empty.organization}", [mine["id"]]),
                        ("orgId=", [stack.application]),
                        (f"orgId={UNKNOWN}", [])):
        got = empty.call("GET", query=query, token=token, status=200)[1]
        assert [a["id"] for a in got["items"]] == want
        assert got["totalCount"] == len(want)


def test_invalid_credentials(api):
    for token in ("test.jwt.token", "ck_wrong", ""):
        for method, path in (("GET", ""), ("POST", ""), ("GET", "/x")):
            api.rejected(401, "Unauthorized", method, path, token=token,
                        body="{")


@pytest.mark.parametrize("method, path", [
    ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/A"), ("PUT", "/A"),
    ("GET", "//"), ("GET", "/A//"), ("GET", "/A/readme")])
def test_not_allowed(api, method, path):
    api.rejected(405, f"{method} is not allowed", method,
                path.replace("A", UNKNOWN), body="{}")


def test_head_and_options(api, one):
    for path, methods in (("", "GET, HEAD, POST, OPTIONS"),
                          ("/" + one["id"],
                           "GET, HEAD, PATCH, DELETE, OPTIONS")):
        a = send(api.url, "OPTIONS", "/applications" + path)
        assert (a.status, a.headers["Allow"]) == (204, methods)
        a = send(api.url, "HEAD", "/applications" + path, [
            ("Authorization", f"Bearer {api.token}")])
        assert a.status == 200 and a.body == b""


# -- the list

def test_pages_and_sorting(stack, empty):
    made = [empty.new(n) for n in ("b", "B", "a", "\u00e4", "a")]
    stack.psql("UPDATE creel.application SET created_at = now() + "
               f"interval '1 day' WHERE id = '{made[1]['id']}'")
    empty.call("PATCH", "/" + made[2]["id"], body={"description": "x"})
    keys = {
        "name": lambda a: (a["name"].encode(), a["id"]),
        "id": lambda a: a["id"],
        "ownerId": lambda a: a["id"],
        "creationDate": lambda a: (a is made[1], made.index(a)),
        "lastUpdated": lambda a: (a is made[2], made.index(a))}
    for field, key in keys.items():
        want = [a["id"] for a in sorted(made, key=key)]
        for direction in ("asc", "DESC"):
            down = direction == "DESC"
            pages = [empty.list(sortField=field, sortDirection=direction,
                                perPage=2, page=i) for i in range(4)]
            assert [a["id"] for p in pages for a in p["items"]] == (
                want[::-1] if down else want), (field, direction)
            assert [p["count"] for p in pages] == [2, 2, 1, 0]
            assert {p["totalCount"] for p in pages} == {5}


@pytest.mark.parametrize("query, message", [
    *[(f"{n}={v}", f"{n} must be an enum value") for n, v in (
        ("sortField", "description"),
        ("sortField", "name;DROP%20TABLE%20creel.application"),
        ("sortDirection", "up"), ("filterField", "id"), ("_links", "1"))],
    *[(f"{n}={v}", f"{n} is the wrong type") for n in ("page", "perPage")
      for v in ("x", "1.5", "%2B1")],
    *[(f"orgId={v}", "orgId pattern mismatch")
      for v in ("x", UNKNOWN[:23], UNKNOWN + "0", "g" * 24, "'")],
    ("page=-1", "page is less than minimum"),
    ("filterField=name&filter=%FF", "filter is the wrong type"),
    ("orgId=%00", "query: must not contain NUL")])
def test_wrong_query(api, query, message):
    api.rejected(400, message, "GET", query=query)


# -- concurrency

def deadlocks(stack):
    return stack.cluster.log.read_text(errors="replace").count("deadlock")


def waiting(stack):
    return int(stack.psql("SELECT count(*) FROM pg_locks WHERE NOT granted"))


@pytest.mark.parametrize("by", ["HTTP", "creelctl"])
@pytest.mark.parametrize("table, resource, noun", [
    ("hook", "webhooks", "hook"), ("credential", "tokens", "token")])
def test_no_deadlock(stack, empty, table, resource, noun, by):
    """A webhook or token and its application are deleted at the same time. The
    first delete holds its row, and needs the application's row, until the
    second one waits."""
    before = deadlocks(stack)
    app = empty.new()["id"]
    members = Api(stack, app, empty.token, resource=resource)
    member = members.new()["id"]
    delete = {
        "HTTP": (lambda: members.call("DELETE", "/" + member, status=200),
                 lambda: empty.call("DELETE", "/" + app, status=200)),
        "creelctl": (lambda: stack.creelctl(noun, "delete", member),
                     lambda: stack.creelctl("application", "delete", app,
                                            "--force"))}[by]
    # A new count of hooks refers to the application.
    stack.psql(f"DELETE FROM creel.row_count WHERE application_id = '{app}';"
               "CREATE FUNCTION creel.test_wait() RETURNS trigger LANGUAGE "
               "plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(77);"
               " RETURN NULL; END $$; CREATE TRIGGER test_wait AFTER DELETE "
               f"ON creel.{table} FOR EACH ROW EXECUTE FUNCTION "
               "creel.test_wait()")
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            with Transaction(stack, "SELECT pg_advisory_xact_lock(77)"):
                one = pool.submit(delete[0])
                wait_for(lambda: waiting(stack) == 1, "the first to wait")
                two = pool.submit(delete[1])
                wait_for(lambda: waiting(stack) == 2, "the second to wait")
                assert stack.psql(
                    "SELECT relation::regclass FROM pg_locks WHERE"
                    " locktype = 'tuple'") == "creel.application"
            one.result()
            two.result()
    finally:
        stack.psql("DROP FUNCTION creel.test_wait CASCADE")
    assert deadlocks(stack) == before


def test_delete_under_load(stack, empty):
    """Meanwhile its webhooks and tokens are created, deleted and called."""
    before = deadlocks(stack)
    gone = {"type": "NotFound", "message": "Application was not found"}

    def work(app, resource, ready, ended):
        """Runs until the application is gone, or the test has failed; Api.call
        fails on a 5xx."""
        api = Api(stack, app, empty.token, resource=resource)
        made = []
        while not ended.is_set():
            status, got = api.call("POST", body={"name": "w"})
            if status == 404:
                assert got == gone
                return
            made.append(got["id"])
            if resource == "webhooks":
                assert send(stack.url, "POST", f"/webhooks/{got['token']}",
                            [("Idempotency-Key", "k")],
                            b"{}").status in (200, 404)
            if len(made) % 2 == 0:
                status, got = api.call("DELETE", "/" + made[-1])
                assert status == 200 or got == gone
            ready.append(1)

    for _ in range(6):
        app = empty.new()["id"]
        ready, ended = [], threading.Event()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            all_of_them = [pool.submit(work, app, r, ready, ended)
                           for r in ["webhooks", "tokens"] * 3]
            try:
                wait_for(lambda: len(ready) > 12, "webhooks and tokens")
                assert Api.call(empty, "DELETE", f"/applications/{app}") == (
                    200, {"success": True})
                for x in all_of_them:
                    x.result()
            finally:
                ended.set()
        for table in ("hook", "credential", "address", "row_count"):
            assert stack.psql(f"SELECT count(*) FROM creel.{table} WHERE "
                              f"application_id = '{app}'") == "0"
    assert deadlocks(stack) == before


def test_two_deletes_at_once(stack, empty):
    for _ in range(5):
        app = empty.new()["id"]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            got = [x.result()[0] for x in [
                pool.submit(Api.call, empty, "DELETE", f"/applications/{app}")
                for _ in range(4)]]
        assert sorted(got) == [200, 404, 404, 404]


def test_run_twice(stack, empty):
    """A statement whose reply was lost is run again with the same values."""
    app = "d" * 24
    values = {"CREATE": f"'{empty.organization}','{app}','true','n',NULL",
              "PATCH": f"'{app}','true','n2','d'"}
    for name in values:
        run_twice(stack, f"APPLICATION_{name}", values[name], app)


def test_many_hooks(stack, empty):
    """An application with many hooks is deleted within the statement
    timeout."""
    app = empty.new()["id"]
    stack.psql("INSERT INTO creel.hook (application_id, id, kind, handle, name)"
               f" SELECT '{app}', lpad(to_hex(i), 24, '0'), 'webhook', "
               "'many' || i, 'n' FROM generate_series(1, 5000) i; "
               "INSERT INTO creel.address SELECT 'webhook', 'many' || i, "
               f"'{app}', lpad(to_hex(i), 24, '0') "
               "FROM generate_series(1, 5000) i")
    empty.call("DELETE", "/" + app, status=200)
    assert stack.psql("SELECT count(*) FROM creel.hook WHERE application_id "
                      f"= '{app}'") == "0"
