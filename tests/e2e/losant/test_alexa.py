# SPDX-License-Identifier: ISC
"""
Webhooks that verify Alexa's signatures, with certificates made for the tests.
"""
# route: ANY /webhooks/:token/*
import base64
import contextlib
import datetime
import json
import re
import socket
import socketserver
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from conftest import run, send

NAME = "echo-api.amazon.com"
HOST = "s3.amazonaws.com"
URL = f"https://{HOST}/echo.api/"
NOW = datetime.datetime.utcnow()
DAY = datetime.timedelta(days=1)
KEYS = {}


def key(name):
    """Always the same key for a name; "ec..." is not RSA."""
    if name not in KEYS:
        KEYS[name] = ec.generate_private_key(ec.SECP256R1()) \
            if name.startswith("ec") else rsa.generate_private_key(
                65537, 1024 if name.startswith("weak") else 2048)
    return KEYS[name]


def certificate(name, issuer, *dns, ca=False, since=NOW - DAY,
                until=NOW + DAY, digest=hashes.SHA256):
    """A certificate of name's key, signed by issuer's."""
    def naming(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
    b = x509.CertificateBuilder().subject_name(naming(name)) \
        .issuer_name(naming(issuer)).public_key(key(name).public_key()) \
        .serial_number(x509.random_serial_number()) \
        .not_valid_before(since).not_valid_after(until) \
        .add_extension(x509.BasicConstraints(ca, None), True)
    if dns:
        b = b.add_extension(x509.SubjectAlternativeName(
            [x509.DNSName(d) for d in dns]), False)
    return b.sign(key(issuer), digest()).public_bytes(
        serialization.Encoding.PEM).decode()


def private(name):
    return key(name).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


ROOT = certificate("root", "root", ca=True)
MIDDLE = certificate("middle", "root", ca=True)
LEAF = certificate("leaf", "middle", "www.example.org", NAME)


def leaf(name="leaf", issuer="middle", dns=(NAME,), **options):
    return certificate(name, issuer, *dns, **options)


# File name -> (chain, signing key, text of the error; None: valid).
BLOCK = re.sub("CERTIFICATE", "PUBLIC KEY", MIDDLE)
CHAINS = {
    "good.pem": (LEAF + MIDDLE, "leaf", None),
    "with-root.pem": (LEAF + MIDDLE + ROOT, "leaf", None),
    "upper-case.pem": (leaf(dns=(NAME.upper(),)) + MIDDLE, "leaf", None),
    "remarks.pem": (f"s:CN\n{LEAF}i:CN\n{MIDDLE}\nend\n", "leaf", None),
    "of-the-root.pem": (leaf(issuer="root"), "leaf", None),
    "expired.pem": (leaf(until=NOW - DAY / 24) + MIDDLE, "leaf",
                    "trusted: certificate has expired"),
    "early.pem": (leaf(since=NOW + DAY / 2) + MIDDLE, "leaf",
                  "trusted: certificate is not yet valid"),
    "middle-expired.pem": (
        LEAF + certificate("middle", "root", ca=True, until=NOW - DAY / 24),
        "leaf", "trusted: certificate has expired"),
    "other-name.pem": (leaf(dns=("echo.amazon.com",)) + MIDDLE, "leaf",
                       f"certificate is not for {NAME}"),
    "wildcard.pem": (leaf(dns=("*.amazon.com",)) + MIDDLE, "leaf",
                     f"certificate is not for {NAME}"),
    "longer.pem": (leaf(dns=(NAME + ".example.org", "x" + NAME)) + MIDDLE,
                   "leaf", f"certificate is not for {NAME}"),
    "only-subject.pem": (certificate(NAME, "middle") + MIDDLE, NAME,
                         f"certificate is not for {NAME}"),
    "other-root.pem": (leaf(issuer="root2") +
                       certificate("root2", "root2", ca=True), "leaf",
                       "trusted: self-signed certificate"),
    "self-signed.pem": (certificate("leaf", "leaf", NAME), "leaf",
                        "trusted: self-signed certificate"),
    "no-middle.pem": (LEAF, "leaf", "trusted: unable to get local issuer"),
    "no-ca.pem": (leaf("leaf2", "leaf") + LEAF + MIDDLE, "leaf2",
                  "trusted: invalid CA certificate"),
    "wrong-order.pem": (MIDDLE + LEAF, "leaf",
                        f"certificate is not for {NAME}"),
    "weak.pem": (leaf("weak") + MIDDLE, "weak", "trusted: EE certificate key"),
    "sha1.pem": (leaf(digest=hashes.SHA1) + MIDDLE, "leaf",
                 "trusted: CA signature digest algorithm too weak"),
    "ecdsa.pem": (leaf("ec") + MIDDLE, "ec", "key is not RSA"),
    "other-key.pem": (leaf("leaf2") + MIDDLE, "leaf",
                      "signature does not match the body"),
    **{f"{n}.pem": (text, "leaf", "is not 1 to 8 certificates in PEM form")
       for n, text in {
        "empty": "", "text": "hello\n", "key-between": LEAF + BLOCK + MIDDLE,
        "key-behind": LEAF + MIDDLE + BLOCK,
        "cut": LEAF + MIDDLE[:len(MIDDLE) // 2],
        "no-base64": LEAF + MIDDLE.replace("\nMII", "\n!II"),
        "no-der": LEAF + MIDDLE.replace("\nMII", "\nMIJ"),
        "many": LEAF + MIDDLE * 8}.items()},
    "large.pem": (LEAF + MIDDLE + "#" * (64 << 10), "leaf", "is too large"),
}


def stamp(seconds=0, text="%Y-%m-%dT%H:%M:%SZ"):
    now = datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)
    return now.strftime(text)


def body(timestamp=None, before="", **more):
    """A body as Alexa sends it, changed by more."""
    request = {"type": "IntentRequest", "requestId": "amzn1.echo-api.request",
               "timestamp": timestamp or stamp(), "locale": "en-US"}
    text = json.dumps({"version": "1.0", "session": {"new": True}, **more,
                       "request": request})
    return ("{" + before + text[1:]).encode()


def signed(data, name="leaf", digest=hashes.SHA256):
    k = key(name)
    raw = k.sign(data, ec.ECDSA(digest())) if name.startswith("ec") else \
        k.sign(data, padding.PKCS1v15(), digest())
    return base64.b64encode(raw).decode()


class Skill:
    """A webhook for Alexa."""

    def __init__(self, stack):
        self.stack = stack
        made = stack.made("hook", "create", "--kind", "webhook", "--name", "a",
                          "--application", stack.application, "--settings",
                          json.dumps({"verificationType": "alexa"}))
        self.id, self.token = made["id"], made["handle"]

    def call(self, data=None, url=URL + "good.pem", sign="leaf", more=(),
             without=(), front=None, **headers):
        """Returns a valid call, unless changed."""
        data = body() if data is None else data
        pairs = {"Content-Type": "application/json",
                 "Signature": signed(data, sign, hashes.SHA1),
                 "Signature-256": signed(data, sign),
                 "SignatureCertChainUrl": url,
                 **{k.replace("_", "-"): v for k, v in headers.items()}}
        pairs = [(k, v) for k, v in pairs.items() if k not in without]
        return send(front or self.stack.url, "POST",
                    f"/webhooks/{self.token}", [*pairs, *more], data)

    def events(self):
        return int(self.stack.psql("SELECT count(*) FROM creel.event"
                                   f" WHERE hook_id = '{self.id}'"))

    def takes(self, *args, **options):
        before = self.events()
        a = self.call(*args, **options)
        assert (a.status, json.loads(a.body)) == (200, {"success": True})
        assert self.events() == before + 1 and a.headers["Creel-Event"]
        return True

    def refuses(self, why, *args, status=400, **options):
        before = self.events()
        a = self.call(*args, **options)
        answer = json.loads(a.body)
        assert a.status == status and list(answer) == ["error"], a.body
        assert why in answer["error"], a.body
        assert self.events() == before
        return True


@pytest.fixture(scope="module")
def folder(cluster):
    """The chains and the root, readable by workers."""
    d = cluster.dir / "alexa"
    (d / "chains" / "folder.pem").mkdir(parents=True)
    (d / "root.pem").write_text(ROOT)
    (d / "outside.pem").write_text(LEAF + MIDDLE)
    for name, (text, _, _) in CHAINS.items():
        (d / "chains" / name).write_text(text)
    (d / "chains" / ".hidden.pem").write_text(LEAF + MIDDLE)
    (d / "chains" / "link.pem").symlink_to(d / "chains" / "good.pem")
    for path in [d, *d.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return d


@pytest.fixture(scope="module")
def stack(make_stack, folder):
    return make_stack(losant_rate=0, alexa_certificates=folder / "chains",
                      alexa_roots=folder / "root.pem")


@pytest.fixture(scope="module")
def skill(stack):
    return Skill(stack)


# -- certificates

def test_verified(skill, front):
    """Through each web server, with the exact bytes of the body."""
    data = body(before='\r\n\t "x" : "\\ud83d\\ude00\u00e4\\"}",')
    assert skill.takes(data, front=front.url)
    got = skill.stack.psql("SELECT encode(body, 'hex') FROM creel.event WHERE "
                           f"hook_id = '{skill.id}' ORDER BY id DESC LIMIT 1")
    assert bytes.fromhex(got) == data
    assert skill.refuses("signature does not match the body", data + b" ",
                         front=front.url, Signature_256=signed(data))
    for name, n in (("Signature-256", 1), ("Timestamp", 2),
                    ("SignatureCertChainUrl", 1), ("Signature", 1)):
        twice = {"Signature-256": signed(data), "Timestamp": stamp(),
                 "SignatureCertChainUrl": URL + "good.pem",
                 "Signature": signed(data, digest=hashes.SHA1)}[name]
        assert skill.refuses(f"{name.lower()} was sent twice", data,
                             front=front.url, more=[(name, twice)] * n)


@pytest.mark.parametrize("name", CHAINS)
def test_chain(skill, name):
    _, sign, why = CHAINS[name]
    for _ in range(2):
        if why is None:
            assert skill.takes(url=URL + name, sign=sign)
        else:
            assert skill.refuses(why, url=URL + name, sign=sign)


@pytest.mark.parametrize("path", [
    "link.pem", "../echo.api/good.pem", "./good.pem", "x/../good.pem",
    "../../echo.api/good.pem", "sub/good.pem", "x/y/../.././z/../good.pem"])
def test_path(skill, path):
    assert skill.takes(url=URL + path)


@pytest.mark.parametrize("url", [
    f"https://{HOST}:443/echo.api/good.pem",
    f"HTTPS://{HOST.upper()}/echo.api/good.pem"])
def test_url(skill, url):
    assert skill.takes(url=url)


@pytest.mark.parametrize("url", [
    f"http://{HOST}/echo.api/good.pem", f"//{HOST}/echo.api/good.pem",
    f"ftp://{HOST}/echo.api/good.pem", "/echo.api/good.pem", "good.pem",
    f"https://{HOST}.example.org/echo.api/good.pem", "x",
    "https://example.org/echo.api/good.pem", f"https://{HOST}",
    f"https://x.{HOST}/echo.api/good.pem", f"https://{HOST}",
    f"https://{HOST}./echo.api/good.pem", f"https:/{HOST}/echo.api/good.pem",
    *[f"https://{HOST}:{p}/echo.api/good.pem"
      for p in ("444", "", "0443", "4430", "80", "+443", "443:443")],
    *[f"https://{u}@{HOST}/echo.api/good.pem"
      for u in ("", "user", "user:word", "example.org")],
    f"https://{HOST}@example.org/echo.api/good.pem",
    f"https://{HOST}:443@example.org/echo.api/good.pem",
    *[f"https://{HOST}{p}" for p in (
        "/", "/echo.api", "/echo.api/", "/EcHo.aPi/good.pem", "/good.pem",
        "/invalid.path/good.pem", "/echo.api/../good.pem",
        "/echo.api/../outside.pem", "/echo.api/../../outside.pem",
        "/echo.api/x/../../good.pem", "/echo.api/..", "/echo.api/x/..",
        "/echo.api/good.pem/..", "/echo.api/good.pem/.",
        "/echo.api/good.pem/", "//echo.api/good.pem", "/echo.api//good.pem",
        "/echo.api.x/good.pem", "/echo.apigood.pem", "echo.api/good.pem",
        "\\echo.api\\good.pem", "/echo.api/..\\outside.pem",
        "/echo.api/%2e%2e/outside.pem", "/echo.api/..%2Foutside.pem",
        "/echo.api/good.pem%00", "/echo.api/good.pem?x",
        "/echo.api/.hidden.pem",
        "/echo.api/good.pem#x", "/echo.api/good.pem;x", "/echo.api/...",
        "/echo.api/go od.pem", "/echo.api/good.p\u00e9m",
        "/%65cho.api/good.pem",
        "/echo.api/" + "a/" * 130 + "good.pem", "/echo.api/" + "a" * 300)]])
def test_wrong_url(skill, url):
    assert skill.refuses("not a URL of Alexa's certificates",
                         url=url.encode().decode("latin-1"))


@pytest.mark.parametrize("name", ["good", "good.pem.pem", "GOOD.PEM", "x"])
def test_unknown_chain(skill, name):
    assert skill.refuses("chain is not in alexa_certificates", url=URL + name)


def test_chain_is_not_a_file(skill):
    """An error on Creel's side: 503."""
    assert skill.refuses("", url=URL + "folder.pem", status=503)


# -- signatures

def test_signatures(skill):
    data = body()
    sha1 = signed(data, digest=hashes.SHA1)
    assert skill.takes(data, without=["Signature"])
    assert skill.takes(data, without=["Signature-256"])
    why = "signature does not match the body"
    # Signature-256 counts, whatever the other header is.
    assert skill.takes(data, Signature="!")
    assert skill.refuses(why, data, Signature_256=sha1)
    assert skill.refuses(why, data, Signature=signed(data),
                         without=["Signature-256"])
    assert skill.refuses(why, data, sign="leaf2")
    for other in (data[:-1] + b" }", data.replace(b"en-US", b"en-GB"),
                  b" " + data):
        assert skill.refuses(why, other, Signature_256=signed(data))
    assert skill.refuses("Signature-256 or Signature is missing", data,
                         without=["Signature", "Signature-256"])
    assert skill.refuses("SignatureCertChainUrl is missing", data,
                         without=["SignatureCertChainUrl"])


@pytest.mark.parametrize("text", [
    "", "x", "=", "====", "AAA", "AAAAA", "A===", "AAAA====", "AA=A",
    "AAAA AAAA", "AA-_", "AAA\u00e4", "AAAA" * 513, "%s=", "=%s", "%s!!!!"])
def test_not_base64(skill, text):
    data = body()
    if "%s" in text:
        text %= signed(data)
    assert skill.refuses("missing or not base64", data, Signature_256=text)


@pytest.mark.parametrize("text", ["AA==", "AAAA", "AAAA" * 512])
def test_not_the_signature(skill, text):
    assert skill.refuses("signature does not match the body",
                         Signature_256=text)


# -- time

@pytest.mark.parametrize("seconds", [-140, 0, 140])
def test_timestamp(skill, seconds):
    assert skill.takes(body(stamp(seconds)))
    assert skill.takes(body(stamp(seconds, "%Y-%m-%dT%H:%M:%S.123Z")),
                       Timestamp=stamp(seconds))
    assert skill.takes(body(stamp(seconds + 7200, "%Y-%m-%dT%H:%M:%S+02:00")))


@pytest.mark.parametrize("seconds", [-151, -3600, -10**8, 170, 3600, 10**8])
def test_timestamp_out_of_range(skill, seconds):
    why = "timestamp of the %s is more than 150 seconds from now"
    assert skill.refuses(why % "body", body(stamp(seconds)))
    assert skill.refuses(why % "header", Timestamp=stamp(seconds))


@pytest.mark.parametrize("text", [
    "x", "now", "1", "2026-11-22", stamp(text="%Y-%m-%dT%H:%M:%S"),
    stamp(text="%Y-%m-%d %H:%M:%SZ"), stamp() + "Z", stamp() + "+00:00",
    "2026-13-22T00:00:00Z", stamp(text="%Y-%m-%dT%H:%M:%S+0"),
    stamp(text="%Y-%m-%dT%H:%M:%S+00:00x")])
def test_invalid_timestamp(skill, text):
    why = "timestamp of the %s is missing or invalid"
    assert skill.refuses(why % "body", body(text))
    assert skill.refuses(why % "header", Timestamp=text)


@pytest.mark.parametrize("data", [
    b"", b"x", b"{", b"[]", b'"x"', b"{}", b'{"request":null}',
    b'{"request":{}}', b'{"request":{"timestamp":1}}',
    b'{"request":[{"timestamp":"NOW"}]}', b'{"timestamp":"NOW"}',
    b'{"session":{"request":{"timestamp":"NOW"}}}',
    b'{"request":"{\\"timestamp\\":\\"NOW\\"}"}',
    b'{"request":{"timestamp":"NOW"}} x', b'{"Request":{"timestamp":"NOW"}}',
    b'{"request":{"a":{"timestamp":"NOW"}}}'])
def test_no_timestamp_in_the_body(skill, data):
    assert skill.refuses("timestamp of the body is missing or invalid",
                         data.replace(b"NOW", stamp().encode()))


def test_body(skill):
    """Deep and large bodies, with text that a simple JSON parser would
    misread."""
    deep = {"a": 1}
    for _ in range(200):
        deep = {"children": [deep], "request": {"timestamp": "x"}}
    assert skill.takes(body(before='"\\"request\\"" : "}{[",', context=deep,
                            text="x" * 200000))
    assert skill.takes(body().replace(b"T", b"\\u0054"))
    assert skill.refuses("timestamp of the body is missing", body().replace(
        b'Z"', b'Z\\u0000"'))


def test_no_certificates(make_stack):
    """An error on Creel's side, reported after all other errors."""
    skill = Skill(make_stack())
    assert skill.refuses("", status=503)
    assert "neither alexa_certificates nor alexa_fetch" in skill.stack.logs()
    assert skill.refuses("timestamp of the body", body(stamp(-200)))


def test_what_is_logged(skill):
    log = skill.stack.logs()
    assert skill.token not in log and "folder.pem: not a file" in log


# -- fetching

class Amazon:
    """Amazon's host, behind a proxy that leads every tunnel to it."""

    def __init__(self, folder, chains):
        self.chains = chains
        self.asked = []
        self.tunnels = []
        self.hold = None
        certificates = folder / "server.pem"
        certificates.write_bytes(
            certificate("server", "middle", HOST).encode() + MIDDLE.encode() +
            private("server"))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificates)
        amazon = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, ssl.SSLError):
                    amazon.serve(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever).start()

    @staticmethod
    def head(f):
        lines = list(iter(lambda: f.readline().strip(), b""))
        return lines[0].decode() if lines else ""

    def serve(self, handler):
        self.tunnels.append(self.head(handler.rfile))
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with self.tls.wrap_socket(handler.connection, server_side=True) as s:
            if self.hold:
                self.hold.wait(30)
            request = self.head(s.makefile("rb"))
            path = request.split()[1]
            self.asked.append(path)
            status, more, data = self.chains.get(path.rsplit("/", 1)[1],
                                                 (403, "", b"AccessDenied"))
            s.sendall(f"HTTP/1.1 {status} X\r\n{more}Content-Length: "
                      f"{len(data)}\r\n\r\n".encode() + data)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


SERVED = {
    **{name: (200, "", CHAINS[name][0].encode())
       for name in ("good.pem", "expired.pem", "large.pem")},
    "moved.pem": (302, f"Location: {URL}good.pem\r\n", b""),
    "broken.pem": (500, "", b"")}


@pytest.fixture
def amazon(folder):
    a = Amazon(folder, dict(SERVED))
    yield a
    a.close()


def fetching(make_stack, folder, amazon, **options):
    return Skill(make_stack(**{
        "losant_rate": 0, "alexa_fetch": "yes", "alexa_proxy": amazon.url,
        "alexa_roots": folder / "root.pem", **options}))


def test_fetch(make_stack, folder, amazon):
    skill = fetching(make_stack, folder, amazon)
    for _ in range(3):
        assert skill.takes(url=URL + "x/../good.pem")
    assert skill.takes(url=f"HTTPS://{HOST.upper()}:443/echo.api/good.pem")
    assert amazon.asked == ["/echo.api/good.pem"]
    assert amazon.tunnels[0].startswith(f"CONNECT {HOST}:443 ")
    # Nothing is fetched for an invalid call.
    for wrong in ({"data": body(stamp(-200))}, {"Timestamp": "x"},
                  {"Signature_256": "x"}, {"url": "https://x/echo.api/a"}):
        assert skill.refuses("", **{"url": URL + "other.pem", **wrong})
    assert len(amazon.tunnels) == 1
    for name, why in (("expired.pem", "certificate has expired"),
                      ("large.pem", "is too large"),
                      ("missing.pem", "chain is not found")):
        for _ in range(3):
            assert skill.refuses(why, url=URL + name)
    assert amazon.asked[1:] == [f"/echo.api/{n}.pem"
                                for n in ("expired", "large", "missing")]


def test_unknown_urls(make_stack, folder, amazon):
    """Made-up URLs are fetched at a limited rate; known chains are served."""
    skill = fetching(make_stack, folder, amazon)
    assert skill.takes()
    for i in range(8):
        assert skill.refuses("chain is not found", url=f"{URL}x{i}.pem")
    for i in range(8, 12):
        assert skill.refuses("", url=f"{URL}x{i}.pem", status=503)
    assert skill.refuses("chain is not found", url=f"{URL}x3.pem")
    assert len(amazon.asked) == 9
    assert skill.takes()


@pytest.mark.parametrize("name", ["broken.pem", "moved.pem"])
def test_network_that_fails(make_stack, folder, amazon, name):
    skill = fetching(make_stack, folder, amazon)
    assert skill.refuses("", url=URL + name, status=503)
    assert skill.refuses("", status=503)
    assert amazon.asked == [f"/echo.api/{name}"]
    assert "the network failed recently" in skill.stack.logs()


def test_wrong_server_certificate(make_stack, folder, amazon):
    """A server without a certificate for Amazon's host is not trusted."""
    amazon.tls.load_cert_chain(amazon_other(folder))
    skill = fetching(make_stack, folder, amazon)
    assert skill.refuses("", status=503)
    assert amazon.asked == []


def amazon_other(folder):
    path = folder / "other.pem"
    path.write_bytes(certificate("server", "middle", "example.org").encode() +
                     MIDDLE.encode() + private("server"))
    return path


def test_proxy_unreachable(make_stack, folder, amazon):
    """The environment's proxy is not used; the folder takes precedence."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        skill = fetching(make_stack, folder, amazon,
                         alexa_certificates=folder / "chains",
                         alexa_proxy=f"http://127.0.0.1:{port}")
        assert skill.refuses("", url=URL + "new.pem", status=503)
        assert skill.takes()


def test_slow_fetch(make_stack, folder, amazon):
    """One thread waits for all pending fetches, which then time out."""
    skill = fetching(make_stack, folder, amazon, threads=2)
    assert skill.takes()
    amazon.hold = threading.Event()
    done = threading.Event()
    answers = []

    def first():
        answers.append(skill.call(url=URL + "slow.pem"))
        done.set()

    t = threading.Thread(target=first)
    t.start()
    while len(amazon.tunnels) < 2:
        assert not done.wait(0.01)
    for i in range(4):
        assert skill.refuses("", url=f"{URL}slow{i}.pem", status=503)
    assert skill.takes()
    assert len(amazon.tunnels) == 2
    t.join(30)
    assert answers[0].status == 503
    amazon.hold.set()


# -- options

@pytest.mark.parametrize("options, why", [
    ({"alexa_certificates": "/nonexistent"}, "/nonexistent: not a directory"),
    ({"alexa_certificates": "/etc/passwd"}, "/etc/passwd: not a directory"),
    ({"alexa_fetch": "yes", "alexa_roots": "/etc/passwd"},
     "/etc/passwd: no certificates"),
    ({"alexa_fetch": "yes", "alexa_proxy": "http://u:hush@localhost"},
     "alexa_proxy: must not contain a user")])
def test_wrong_options(stack, options, why):
    conf = stack.dir / "wrong.conf"
    conf.write_text(stack.conf.read_text().split("[issuer", 1)[0].replace(
        "alexa_", "#alexa_").replace(f"log = {stack.log}", "") + "".join(
        f"{k} = {v}\n" for k, v in options.items()))
    p = run(stack.fcgi, "-f", conf, "--check", check=False)
    assert p.returncode == 78 and why in p.stderr and "hush" not in p.stderr
    p = run(stack.fcgi, "-f", conf, "--dump-config", check=False)
    assert "hush" not in p.stdout + p.stderr


def test_system_roots(make_stack, folder):
    """The tests' root is not among them."""
    skill = Skill(make_stack(alexa_certificates=folder / "chains"))
    assert skill.refuses("chain is not trusted: unable to get local issuer")


# -- rate

def test_unsigned_calls_do_not_use_up_the_rate(make_stack, folder):
    """Calls with a wrong signature count apart from those that Alexa signed,
    with the same limit."""
    stack = make_stack(losant_rate=5, alexa_certificates=folder / "chains",
                       alexa_roots=folder / "root.pem")
    data, window = body(), 10
    while True:
        skill, start = Skill(stack), time.monotonic() // window
        forged = [skill.call(data + b" ", Signature_256=signed(data)).status
                  for _ in range(7)]
        true = [skill.call(data).status for _ in range(7)]
        if time.monotonic() // window == start:
            break
    assert forged == [400] * 5 + [429] * 2
    assert true == [200] * 5 + [429] * 2
