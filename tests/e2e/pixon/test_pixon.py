# SPDX-License-Identifier: ISC
"""The Pixon door and the events behind it, through each web server."""
# route: POST /hooks/incoming/:guid
# route: GET /hooks/incoming/:guid
# route: GET /events/:id
import http.client
import json
import socket
import types
import uuid

import pytest

from conftest import send, wait_for

JSON = {"Content_Type": "application/json"}


@pytest.fixture(scope="module")
def post(stack, front):
    """Calls the data source through the front."""
    return lambda body=b"{}", **k: stack.post(body, url=front.url, **k)


def is_empty(answer):
    return answer.body == b"" and answer.headers["Content-Type"] is None


def is_problem(answer, status):
    problem = json.loads(answer.body)
    return (answer.status == problem["status"] == status and
            answer.headers["Content-Type"] == "application/problem+json" and
            problem["type"] and problem["title"])


def stores(stack, n, call):
    """Returns the response of call(), which must add n events."""
    before = stack.events()
    answer = call()
    assert stack.events() == before + n
    return answer


def test_accepted(stack, front, post):
    body = '{"line":1,\n "text":"\\u0000 äöü"} '.encode()
    a = stores(stack, 1, lambda: post(body))
    assert a.status == 200 and is_empty(a)
    assert a.headers["Content-Length"] == "0" or front.kind == "apache-cgi"
    event = a.headers["Creel-Event"]
    assert uuid.UUID(event).version == 7
    row = stack.psql("SELECT encode(body, 'hex'), application_id, hook_id,"
                     " status, method, path, content_type FROM creel.event"
                     f" WHERE id = '{event}'")
    assert row == "|".join([body.hex(), stack.application, stack.hook,
                            "success", "POST", stack.path(),
                            "application/json"])


def test_secrets_are_not_stored(stack, post):
    a = post(Authorization=f"Bearer {stack.token}", Cookie="c=1", X_Other="yes")
    headers = json.loads(stack.psql(
        "SELECT headers FROM creel.event"
        f" WHERE id = '{a.headers['Creel-Event']}'"))
    assert headers["x-other"] == "yes"
    assert not {"apikey", "cookie"} & set(headers)
    assert headers["authorization"] == "*****REDACTED*****"


def test_key_in_disguise_is_not_stored(stack, front):
    """The body is stored byte for byte all the same."""
    key, stars = stack.api_key, "*****REDACTED*****"
    body = b'{"k": "%s"}' % key.encode()
    a = send(front.url, "POST", stack.path() + f"?a=ck%5F{key[3:]}&k={key}", [
        ("ApiKey", key), ("Content-Type", f"application/json; x={key}"),
        ("Referer", f"https://h/x?apiKey={key}"), ("X-Two", key),
        ("X-Two", "ck_" + key[3:-1])], body)
    assert a.status == 200
    of = f"FROM creel.event WHERE id = '{a.headers['Creel-Event']}'"
    headers = json.loads(stack.psql(f"SELECT headers {of}"))
    assert headers["referer"] == f"https://h/x?apiKey={stars}"
    assert stars in headers["x-two"]
    assert stack.psql(f"SELECT content_type {of}") == \
        f"application/json; x={stars}"
    assert stack.psql(f"SELECT query {of}").endswith(f"&k={stars}")
    assert stack.psql(f"SELECT convert_from(body, 'UTF8') {of}") == \
        body.decode()
    assert key not in stack.psql(
        f"SELECT to_jsonb(event) - 'body' {of}")


@pytest.mark.parametrize("headers, status", [
    ({"ApiKey": "key"}, 200),
    ({"apikey": "key"}, 200),
    ({"Authentication": "Bearer token"}, 200),
    ({"Authentication": "token"}, 200),
    ({"Authentication": "bEaReR token"}, 200),
    ({"Authentication": "key"}, 200),
    ({"Authorization": "Bearer token"}, 200),
    ({"Authorization": "bearer key"}, 200),
    ({"Authorization": "token"}, 401),
    ({"Authorization": "Basic token"}, 401),
    ({"ApiKey": "token"}, 401),
    ({"ApiKey": "key", "Authentication": "nonsense"}, 200),
    ({"ApiKey": "ck_wrong", "Authentication": "token"}, 200),
    ({"ApiKey": "ck_wrong", "Authorization": "Bearer a.b.c"}, 401),
    ({"ApiKey": ""}, 401),
    ({}, 401),
])
def test_credentials(stack, front, headers, status):
    known = {"key": stack.api_key, "token": stack.token}
    pairs = [(n, " ".join(known.get(w, w) for w in v.split(" ")))
             for n, v in headers.items()]
    a = stores(stack, status == 200, lambda: send(
        front.url, "POST", stack.path(),
        [("Content-Type", "application/json"), *pairs], b"{}"))
    assert a.status == status and is_empty(a)
    if status == 401:
        assert a.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["ApiKey", "Authentication", "Authorization"])
def test_credential_sent_twice(stack, front, name):
    value = stack.api_key if name == "ApiKey" else f"Bearer {stack.token}"
    a = stores(stack, 0, lambda: send(
        front.url, "POST", stack.path(), [(name, value)] * 2, b"{}"))
    # Apache joins the two headers, nginx rejects two Authorizations.
    assert a.status in (400, 401)


@pytest.mark.parametrize("name", ["Authentication", "Authorization"])
def test_another_credential_sent_twice(stack, front, name):
    """A valid key does not help."""
    values = [(name, f"Bearer {stack.token}"), (name, "Bearer other")]
    a = stores(stack, 0, lambda: send(
        front.url, "POST", stack.path(),
        [("ApiKey", stack.api_key), *values], b"{}"))
    assert a.status in (400, 401)


def test_rights(stack, post):
    """401 without the right, 404 for unknown and foreign data sources."""
    def rejected(status, **options):
        a = stores(stack, 0, lambda: post(**options))
        assert a.status == status and is_empty(a)

    hook, other = stack.new_hook()
    restricted = stack.new_key(args=["--hook", hook])
    rejected(401, ApiKey=restricted)
    assert post(ApiKey=restricted, datasource=other).status == 200
    rejected(401, ApiKey=stack.reader_key)
    rejected(401, ApiKey=stack.new_key("event.get"))
    rejected(401, ApiKey=None,
            Authentication=stack.new_token("datasource.get"))
    rejected(404, datasource=stack.foreign_datasource)
    rejected(404, datasource=str(uuid.uuid4()))
    rejected(404, datasource="x")
    rejected(401, datasource=str(uuid.uuid4()), ApiKey="ck_wrong")
    # A restricted key cannot probe other applications either.
    rejected(404, datasource=stack.foreign_datasource, ApiKey=restricted)
    stack.creelctl("hook", "disable", hook)
    wait_for(lambda: post(datasource=other).status == 404, "a 404")
    rejected(404, datasource=other)


def test_guid_forms(stack, post):
    g = stack.datasource
    for form in (g.upper(), g.replace("-", ""), "{%s}" % g,
                 "%7b" + g + "%7D", g + "?a=b"):
        assert post(datasource=form).status == 200, form


def test_methods(stack, front, post):
    for method in ("PUT", "PATCH", "DELETE", "FOO", "PROPFIND"):
        a = stores(stack, 0, lambda: post(method=method))
        assert a.status == 405 and is_empty(a), method
        assert a.headers["Allow"] == "POST, GET, HEAD, OPTIONS"
    a = send(front.url, "OPTIONS", stack.path())
    assert a.status == 204 and a.body == b""
    assert a.headers["Allow"] == "POST, GET, HEAD, OPTIONS"
    a = post(method="TRACE", body=None)
    assert a.status == 405 and b"ck_" not in a.body


@pytest.mark.parametrize("type_, status", [
    ("application/json", 200),
    ("APPLICATION/JSON; Charset=\"UTF-8\"", 200),
    ("application/vnd.some+json", 200),
    (None, 200),
    ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415),
    ("application/json; charset=utf-16", 200),
    ("json", 415),
])
def test_media_types(stack, post, type_, status):
    a = stores(stack, status == 200, lambda: post(Content_Type=type_))
    assert is_empty(a) if status == 200 else is_problem(a, status)


def test_content_encoding(stack, post):
    assert is_problem(stores(stack, 0, lambda: post(Content_Encoding="br")),
                      415)
    assert is_problem(stores(stack, 0, lambda: post(Content_Encoding="gzip")),
                      400)


@pytest.mark.parametrize("size, status", [
    (1 << 20, 200), ((1 << 20) + 1, 413), (8 << 20, 413), (9 << 20, 413)])
def test_sizes(stack, post, size, status):
    body = b'{"a":"' + b"x" * (size - 8) + b'"}'
    a = stores(stack, status == 200, lambda: post(body))
    assert is_empty(a) if status == 200 else is_problem(a, status)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"1", b"null", b'{"a":NaN}'])
def test_not_an_object(stack, post, body):
    assert is_problem(stores(stack, 0, lambda: post(body)), 400)


def test_arrays(stack, post):
    _, guid = stack.new_hook(None, "--settings", '{"acceptArrays":true}')
    assert post(b"[1]", datasource=guid).status == 200
    assert post(b"1", datasource=guid).status == 400


def test_current_value(stack, front, post):
    _, guid = stack.new_hook()

    def get(*headers, method="GET", key=stack.reader_key):
        return send(front.url, method, stack.path(guid),
                    [("ApiKey", key), *headers])

    a = get()
    assert a.status == 204 and a.body == b""
    body = b' {"v": 1, "v": 2, "\\u0000": 1e400, "x": "\xc3\xa4"}\n'
    event = post(body, datasource=guid,
                 Content_Type="application/a+json").headers["Creel-Event"]
    a = get()
    assert a.status == 200 and a.body == body
    assert a.headers["Content-Type"] == "application/a+json"
    assert a.headers["ETag"] == f'"{event}"'
    assert "private" in a.headers["Cache-Control"]
    head = get(method="HEAD")
    assert head.status == 200 and head.body == b""
    # Apache drops the length that it cannot check.
    assert head.headers["Content-Length"] == str(len(body)) or \
        front.kind in ("apache-proxy", "apache-cgi")
    assert head.headers["ETag"] == a.headers["ETag"]
    for tags in (f'"{event}"', f'W/"{event}"', f'"x", "{event}"', "*"):
        a = get(("If-None-Match", tags))
        assert a.status == 304 and a.body == b"", tags
    post(b"{}", datasource=guid)
    a = get(("If-None-Match", f'"{event}"'))
    assert a.status == 200 and a.body == b"{}"
    # The right to post does not include reading.
    a = get(key=stack.api_key)
    assert a.status == 401 and a.body == b""


def test_event_status(stack, front, post):
    event = post(b'{"a": 1}').headers["Creel-Event"]

    def get(key, id_=event):
        return stack.get(f"/events/{id_}", key, front.url)

    def not_found(a):
        return a.status == 404 and json.loads(a.body)["type"] == "NotFound" \
            and a.headers["Content-Type"] == "application/json"

    a = get(stack.reader_key)
    e = json.loads(a.body)
    assert a.status == 200 and a.headers["Content-Type"] == "application/json"
    assert (e["id"], e["status"], e["hookId"], e["applicationId"]) == \
        (event, "success", stack.hook, stack.application)
    assert e["body"] == {"a": 1}
    assert get(stack.reader_key, event.upper()).status == 200

    def has_no_body(a):
        return a.status == 200 and not {"body", "headers", "query"} & set(
            json.loads(a.body))

    # Without the right to bodies; and the poster, for its own event.
    assert has_no_body(get(stack.new_key("event.get")))
    assert has_no_body(get(stack.api_key))
    assert not_found(get(stack.new_key("datasource.post")))
    foreign = stack.new_key("event.get", "event.body",
                            application=stack.other_application)
    assert not_found(get(foreign))
    hook, _ = stack.new_hook()
    assert not_found(get(stack.new_key("event.get", args=["--hook", hook])))
    assert not_found(get(stack.reader_key, str(uuid.uuid4())))
    assert not_found(get(stack.reader_key, "x"))
    a = get(stack.new_key("datasource.get"))
    assert a.status == 403 and json.loads(a.body)["type"] == "Forbidden"
    a = get("ck_wrong")
    assert a.status == 401 and json.loads(a.body)["type"] == "Unauthorized"


def test_other_paths(stack, front):
    """Creel's own paths respond in its dialects; all others are the host's."""
    a = send(front.url, "GET", "/events/")
    assert a.status == 404 and json.loads(a.body)["type"] == "NotFound"
    a = send(front.url, "POST", "/events/x", body=b"{}")
    assert a.status == 405 and a.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert json.loads(a.body)["type"] == "MethodNotAllowed"
    a = send(front.url, "GET", "/hooks/outgoing/x")
    assert a.status == 404 and a.body == b""
    for path in ("/", "/hooks", "/eventsx/"):
        a = send(front.url, "GET", path)
        assert a.status in (403, 404) and a.body.startswith(b"<"), path


# Types of errors of the web servers at Creel's own paths.
TYPES = {400: "Validation", 414: "UriTooLong", 417: "ExpectationFailed",
         501: "NotImplemented", 505: "HttpVersionNotSupported"}


def test_web_servers_own_errors(stack, front):
    """Errors of the web server itself are in the door's dialect."""
    long = "x" * 40000
    for path, dialect in ((stack.path(), "problem"), ("/events/x", "creel")):
        many = [send(front.url, "GET", path, [("X-Long", long)]),
                send(front.url, "GET", path + "/" + long)]
        for a, status in zip(many, (400, 414)):
            assert a.status == status, a.body
            if dialect == "problem":
                assert is_problem(a, status)
            else:
                assert json.loads(a.body)["type"] == TYPES[status]
    for path in ("/", "/hooksx"):
        a = send(front.url, "GET", path, [("X-Long", long)])
        assert a.status == 400 and a.body.startswith(b"<"), path


# Rejected by the head alone: version, header, status.
HEADS = {
    "nginx": [("1.1", "Transfer-Encoding: gzip", 501),
              ("9.9", "Accept: */*", 505)],
    "apache": [("1.1", "Transfer-Encoding: gzip", 400),
               ("1.1", "Expect: something", 417)],
}


def test_rejected_by_the_head(stack, front):
    def ask(path, version, header):
        with socket.create_connection(("127.0.0.1", front.port)) as s:
            s.settimeout(60)
            s.sendall(f"POST {path} HTTP/{version}\r\nHost: x\r\n{header}\r\n"
                      "Connection: close\r\n\r\n".encode())
            r = http.client.HTTPResponse(s)
            r.begin()
            return types.SimpleNamespace(status=r.status, headers=r.headers,
                                         body=r.read())

    for version, header, status in HEADS[front.kind.split("-")[0]]:
        assert is_problem(ask(stack.path(), version, header), status), header
        a = ask("/events/x", version, header)
        assert a.status == status
        assert json.loads(a.body)["type"] == TYPES[status]
        a = ask("/", version, header)
        assert a.status == status and a.body.startswith(b"<"), header
