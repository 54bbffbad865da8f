# SPDX-License-Identifier: ISC
"""
Invalid input: each kind is rejected with its status, stores nothing, and
leaves the worker running.
"""
import base64
import hashlib
import hmac
import json
import socket
import time
import uuid

import jwt
import pytest

from conftest import send, wait_for


@pytest.fixture(autouse=True)
def worker_stays(stack):
    """After each test the worker is the same, and still serves."""
    pid = stack.worker.pid
    yield
    assert stack.worker.poll() is None and stack.worker.pid == pid
    assert stack.post().status == 200


def rejected(stack, statuses, **options):
    before = stack.events()
    a = stack.post(**options)
    assert a.status in statuses, options
    assert stack.events() == before, options
    return a


# -- credentials

def claims(stack, **changes):
    now = int(time.time())
    c = {"iss": "https://local.example/", "aud": "creel", "sub": "somebody",
         "iat": now, "exp": now + 600, "scope": "datasource.post",
         "applications": [stack.application], **changes}
    return {k: v for k, v in c.items() if v is not ...}


def sign(stack, key="es256", alg="ES256", headers=None, **changes):
    pem = (stack.dir / f"{key}.key").read_text()
    return jwt.encode(claims(stack, **changes), pem, alg, headers)


def b64(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hs256(stack, secret, **changes):
    """PyJWT rightly rejects a public key as a secret."""
    text = b64({"alg": "HS256", "typ": "JWT"}) + "." + b64(
        claims(stack, **changes))
    mac = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return text + "." + b64(mac)


TOKENS = {
    "alg none": lambda s: b64({"alg": "none"}) + "." + b64(claims(s)) + ".",
    "alg NoNe": lambda s: b64({"alg": "NoNe"}) + "." + b64(claims(s)) + ".eA",
    "no signature": lambda s: sign(s).rsplit(".", 1)[0] + ".",
    "public key as secret": lambda s: hs256(
        s, (s.dir / "es256.pub").read_bytes()),
    "RSA public key as secret": lambda s: hs256(
        s, (s.dir / "rs256.pub").read_bytes(), iss="https://other.example/"),
    "another issuer's key": lambda s: sign(s, "rs256", "RS256"),
    "another algorithm": lambda s: sign(s, "rs256", "RS512",
                                        iss="https://other.example/"),
    "unknown issuer": lambda s: sign(s, iss="https://evil.example/"),
    "no issuer": lambda s: sign(s, iss=...),
    "no exp": lambda s: sign(s, exp=...),
    "expired": lambda s: sign(s, exp=int(time.time()) - 120),
    "exp is a string": lambda s: sign(s, exp="9999999999"),
    "exp is huge": lambda s: sign(s, exp=10 ** 30),
    "wrong audience": lambda s: sign(s, aud="another"),
    "no audience": lambda s: sign(s, aud=...),
    "future nbf": lambda s: sign(s, nbf=int(time.time()) + 600),
    "kid pointing elsewhere": lambda s: sign(
        s, headers={"kid": "../../etc/passwd"}),
    "critical extension": lambda s: sign(s, headers={"crit": ["b64"],
                                                     "b64": False}),
    "signature changed": lambda s: sign(s)[:-6] + "AAAAAA",
    "signature padded": lambda s: sign(s) + "=",
    "payload changed": lambda s: ".".join(
        [sign(s).split(".")[0], b64(claims(s, sub="root")),
         sign(s).split(".")[2]]),
    "two parts": lambda s: "a.b",
    "four parts": lambda s: sign(s) + ".x",
    "not base64": lambda s: "!!.!!.!!",
    "no scope": lambda s: sign(s, scope=""),
    "8 KiB and a byte": lambda s: "x" * 7000 + "." + "y" * 1189 + ".zz",
}


def test_valid_token(stack):
    """The token that the others vary is accepted."""
    assert stack.post(ApiKey=None, Authentication=sign(stack)).status == 200
    assert stack.post(ApiKey=None, Authentication=sign(
        stack, "rs256", "RS256", iss="https://other.example/")).status == 200


@pytest.mark.parametrize("kind", TOKENS)
def test_token(stack, kind):
    token = TOKENS[kind](stack)
    rejected(stack, (401,), ApiKey=None, Authentication=token)
    rejected(stack, (401,), ApiKey=None, Authorization=f"Bearer {token}")


def test_token_of_another_application(stack):
    token = sign(stack, applications=[stack.other_application])
    rejected(stack, (404,), ApiKey=None, Authentication=token)


def test_token_of_a_megabyte(stack):
    rejected(stack, (400,), ApiKey=None, Authentication="x" * (1 << 20))


def test_keys(stack):
    good = stack.api_key
    for key in ("", "ck_", good[:-1], good + "A", good[3:], good.upper(),
                "x" * 4000, "ck_" + "A" * 43, "%00", "'; --"):
        rejected(stack, (401,), ApiKey=key)
    k = stack.made("key", "create", "--name", "k", "--application",
                   stack.application)

    def becomes(status):
        wait_for(lambda: stack.post(ApiKey=k["key"]).status == status, status)

    becomes(200)
    stack.creelctl("key", "disable", k["id"])
    becomes(401)
    rejected(stack, (401,), ApiKey=k["key"])
    stack.creelctl("key", "enable", k["id"])
    becomes(200)
    stack.psql("UPDATE creel.credential SET expires_at = now()"
               f" WHERE id = '{k['id']}'")
    becomes(401)
    rejected(stack, (401,), ApiKey=k["key"])
    stack.creelctl("key", "delete", k["id"])
    rejected(stack, (401,), ApiKey=k["key"])


# -- paths

def test_guids(stack):
    g = stack.datasource
    for guid in ("", g[:-1], g + "0", g.replace("-", "", 1), "{" + g, g + "}",
                 "(%s)" % g, "g" * 36, "0" * 32, "-" * 36, g.replace("-", "_"),
                 " " * 36, "%20" + g, g + "%0a", g + "%00",
                 g + "//", g + "/x", g + ";x", "*", "x" * 4000,
                 str(uuid.uuid4()), stack.foreign_datasource):
        rejected(stack, (400, 404), datasource=guid)


def test_paths(stack):
    g = stack.datasource
    for path in (f"//hooks/incoming/{g}", f"/hooks//incoming/{g}",
                 f"/hooks/incoming//{g}", f"/hooks/./incoming/{g}",
                 f"/hooks/x/../incoming/{g}", f"/events/../hooks/incoming/{g}",
                 f"/hooks/incoming/..%2f{g}", f"/hooks%2Fincoming%2F{g}",
                 f"/hooks/incoming%2F{g}", f"/hooks/incoming/%00{g}",
                 f"/hooks/incoming/{g}%00", "/hooks/incoming/%zz",
                 "/hooks/incoming/%", f"/Hooks/Incoming/{g}",
                 f"/hooks/incoming/{g}#x", "/hooks/incoming/%ff%fe",
                 f"/hooks/incoming/{g}%2f", "/hooks/incoming/../../etc/passwd"):
        before = stack.events()
        a = send(stack.url, "POST", path, [("ApiKey", stack.api_key)], b"{}")
        assert a.status in (400, 404), path
        assert stack.events() == before, path


def test_methods(stack):
    for method in ("PUT", "GETT", "A" * 200, "CONNECT", "post", "P\x01ST"):
        rejected(stack, (400, 405), method=method)


# -- bodies

BODIES = {
    "empty": b"", "blanks": b" \n ", "truncated": b'{"a":', "open": b'{"a":"',
    "not JSON": b"hello", "XML": b"<a/>", "number": b"1", "string": b'"x"',
    "true": b"true", "null": b"null", "array": b"[1]",
    "deep": b'{"a":' * 10000 + b"1" + b"}" * 10000,
    "513 deep": b'{"a":' + b"[" * 512 + b"]" * 512 + b"}",
    "deep and open": b"[" * 500000,
    "invalid UTF-8": b'{"a":"\xff"}', "overlong": b'{"a":"\xc0\x80"}',
    "surrogate": b'{"a":"\xed\xa0\x80"}', "latin-1": b'{"a":"\xe4"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "two BOMs": b'\xef\xbb\xbf' * 2 + b'{"a":1}', "BOM": b'\xef\xbb\xbf',
    "raw NUL": b'{"a":"\0"}', "NUL behind": b'{"a":1}\0',
    "raw newline": b'{"a":"\n"}', "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}', "leading zero": b'{"a":01}',
    "bare key": b"{a:1}", "single quotes": b"{'a':1}",
    "comma": b'{"a":1,}', "two": b"{}{}", "comment": b"{}//x",
}


@pytest.mark.parametrize("kind", BODIES)
def test_body(stack, kind):
    rejected(stack, (400,), body=BODIES[kind])


@pytest.mark.parametrize("body", [
    b'{"a":1,"a":2}', b'{"a":"\\u0000","\\u0000":1}', b'{"a":"\\ud800"}',
    b'{"a":' + b"1" * 1000000 + b"}", b'{"a":1e400}', b'{"a":-0}',
    b'{"a":' + b"[" * 511 + b"]" * 511 + b"}", b' \n{} \r\n',
    b'{"a":[' + b"{}," * 330000 + b"{}]}",
], ids=["duplicates", "NUL escapes", "lone surrogate", "1 MB number", "1e400",
        "-0", "512 deep", "blanks around", "1 MB of objects"])
def test_unusual_but_valid(stack, body):
    """Accepted, stored byte for byte, in bounded memory."""
    before = stack.resident()
    a = stack.post(body)
    assert a.status == 200
    assert stack.get(stack.path()).body == body
    assert stack.resident() - before < 64 << 20


def test_over_the_limit_without_a_length(stack):
    chunk = b"%x\r\n" % (1 << 16) + b" " * (1 << 16) + b"\r\n"
    a = rejected(stack, (413,), body=chunk * 17 + b"0\r\n\r\n",
                Transfer_Encoding="chunked")
    assert json.loads(a.body)["status"] == 413


def test_chunked(stack):
    a = stack.post(b"7\r\n{\"a\":1}\r\n0\r\n\r\n", Transfer_Encoding="chunked")
    assert a.status == 200
    assert stack.get(stack.path()).body == b'{"a":1}'


def raw(stack, data, end=False):
    """Sends bytes to the web server; returns the status, or None."""
    with socket.create_connection(("127.0.0.1", stack.fronts[0].port)) as s:
        s.settimeout(60)
        try:
            s.sendall(data)
            if end:
                s.shutdown(socket.SHUT_WR)
            head = s.recv(4096)
        except ConnectionError:
            return None
        return int(head.split()[1]) if head else None


def head(stack, *lines):
    return "\r\n".join([f"POST {stack.path()} HTTP/1.1", "Host: x",
                        f"ApiKey: {stack.api_key}", *lines, "", ""]).encode()


def test_lengths(stack):
    before = stack.events()
    for lines in (["Content-Length: -1"], ["Content-Length: x"],
                  ["Content-Length: 2", "Content-Length: 3"],
                  ["Content-Length: 99999999999999999999"],
                  ["Content-Length: 2", "Transfer-Encoding: gzip"],
                  ["Transfer-Encoding: chunked, chunked"]):
        status = raw(stack, head(stack, *lines) + b"{}")
        assert status is None or 400 <= status < 600, lines
        assert stack.events() == before, lines
    assert raw(stack, head(stack, "Content-Length: 9") + b"{}", True) is None
    assert stack.events() == before


def test_header_floods(stack):
    many = [(f"X-{i}", "y") for i in range(1000)]
    large = [("X-Large", "y" * (1 << 20))]
    folded = [("X-A", "y" * 7000)] * 8
    before = stack.events()
    for headers in (many, large, folded):
        a = send(stack.url, "POST", stack.path(),
                 [("ApiKey", stack.api_key), *headers], b"{}")
        assert a.status in (400, 431)
        assert json.loads(a.body)["status"] == a.status
    assert stack.events() == before


def test_injection(stack):
    """A value that looks like a log line or SQL stays a value."""
    a = stack.post(X_Evil="a\tb'); DROP TABLE creel.event; --",
                   User_Agent="x request id=forged status=200")
    assert a.status == 200
    event = a.headers["Creel-Event"]
    line = wait_for(lambda: [x for x in stack.log.read_text().split("\n")
                             if f"event={event}" in x], "its line")
    assert len(line) == 1 and "forged" not in line[0]
