# SPDX-License-Identifier: ISC
"""Texts of senders in the log: every line is read back as it was meant."""
import http.client
import re
import secrets
import shutil
import urllib.parse

import pytest

import metrics_api
import seeded
from conftest import ROOT, send, wait_for
from fcgi_client import Connection, variables
from issuer_api import add_issuer, oct_jwk, token
from log_lines import parse

NO_SUCH = "/events/01890a5d-ac96-774b-bcce-b302099a8057"
NAMES = ["id", "event", "method", "door", "route", "hook", "principal",
         "remote", "status", "in", "out", "ms"]
PARTS = [" ", "  ", "=", '"', "\\", "\\x20", "\n", "\r", "\t", "\x1b[2J",
         "\x7f", "\u009b", "\u202e", "\u2028", "é", "名", "🎣", "a", "admin",
         " status=200", " principal=key:0", '" remote=10.0.0.1', ":", ": ",
         "'", ";", "%s", "{}", "request id=0 "]


@pytest.fixture(scope="module")
def stack(make_stack, tmp_path_factory):
    file = tmp_path_factory.mktemp("keys", numbered=True) / "keys"
    file.parent.chmod(0o755)
    file.write_text(secrets.token_hex(32) + "\n")
    file.chmod(0o600)
    if ROOT:
        shutil.chown(file, "www-data")
    return add_issuer(make_stack(key_file=file), oct_jwk())


class Log:
    """The lines that follow; each of them is read."""

    def __init__(self, stack):
        self.file = open(stack.log, encoding="ascii")
        self.file.read()
        self.rest = ""
        self.found = []

    def fields(self):
        """The fields of the lines that have some."""
        *lines, self.rest = (self.rest + self.file.read()).split("\n")
        self.found += [f for _, f in map(parse, lines) if f]
        return self.found

    def requests(self, n):
        """Waits for the lines of n requests."""
        def logged():
            found = [f for f in self.fields() if "status" in f]
            return found if len(found) >= n else None
        found = wait_for(logged, "the lines")
        assert all(list(fields) == NAMES for fields in found)
        assert len(found) == n
        return found


def texts(random, n):
    return ["".join(random.choice(PARTS) for _ in range(random.randint(0, 9)))
            for _ in range(n)]


def test_subjects(stack):
    """A token's subject is any text, and part of the name of a principal."""
    log = Log(stack)
    subjects = texts(seeded.generator("subjects"), seeded.CASES)
    c = http.client.HTTPConnection(
        "127.0.0.1", urllib.parse.urlsplit(stack.url).port, timeout=60)
    for subject in subjects:
        c.request("GET", NO_SUCH, headers={
            "Authorization": "Bearer " + token(stack, sub=subject)})
        r = c.getresponse()
        assert (r.status, r.read() != b"") == (404, True)
    c.close()
    for subject, fields in zip(subjects, log.requests(len(subjects)),
                               strict=True):
        want = f"jwt:sso:{subject}".encode()[:128]
        assert fields["principal"] == want
        assert (fields["status"], fields["remote"]) == (b"404", b"127.0.0.1")
        assert (fields["method"], fields["event"]) == (b"GET", b"-")


def test_methods_and_addresses(stack):
    """A web server passes what it was configured to pass: a method, and an
    address that a header may have set."""
    log = Log(stack)
    sent = [t.encode() for t in texts(seeded.generator("addresses"), 1000)]
    with Connection(stack.socket) as c:
        for text in sent:
            params = variables(NO_SUCH, method=text.decode() or "GET")
            params["REMOTE_ADDR"] = text.decode()
            assert c.request(params).status in (204, 400, 401, 405)
    for text, fields in zip(sent, log.requests(len(sent)), strict=True):
        assert fields["method"] == (text or b"GET")[:32]
        assert fields["remote"] == text[:64]


def test_names_and_headers(stack):
    """Names of users and hooks, and headers of callers, are no fields."""
    log = Log(stack)
    name = '"x status=200 principal=key:0"@example.org'
    p = stack.creelctl("--json", "user", "create", "--application",
                       stack.application, "--email", "o'x+a=b@example.org",
                       check=False)
    assert p.returncode == 0, p.stderr
    key = p.stdout.split('"')[-2]
    stack.get(NO_SUCH, key, headers=[
        ("User-Agent", name), ("Referer", name), ("X-Request-Id", name),
        ("X-Forwarded-For", name)])
    fields, = log.requests(1)
    assert fields["principal"] == b"user:o'x+a=b@example.org"
    assert fields["remote"] == b"127.0.0.1"


def test_disclosures(stack):
    """The audit lines, with the subject of the token that was shown a key."""
    made = stack.made("key", "create", "--name", 'a "b" c=d', "--application",
                      stack.application)
    path = f"/applications/{stack.application}/api-keys/{made['id']}/secret"
    subject = 'me at 10.0.0.1 shown=no "quoted"\\'
    for scope, shown in (("apiKey.view datasource.post", b"yes"),
                         ("apiKey.view", b"no")):
        log = Log(stack)
        send(stack.url, "GET", path, [("Authorization", "Bearer " + token(
            stack, sub=subject, scope=scope))])
        log.requests(1)
        fields, = [f for f in log.fields() if "shown" in f]
        assert list(fields) == ["id", "key", "application", "shown",
                                "principal", "remote", "error"]
        assert fields["principal"] == f"jwt:sso:{subject}".encode()
        assert (fields["shown"], fields["key"]) == (shown, made["id"].encode())
    log = Log(stack)
    stack.creelctl("key", "view", made["id"])
    fields, = log.fields()
    assert list(fields) == ["key", "application", "shown", "uid", "error"]


def test_metrics(stack):
    """No text of a sender is a label: the values are those of tables."""
    with Connection(stack.socket) as c:
        for text in texts(seeded.generator("labels"), 100):
            c.request(variables("/" + text.replace("\n", ""), method=text))
    doors = {re.search('door="(.*?)"', name)[1] for name in
             metrics_api.scrape(stack) if "door=" in name}
    assert doors == {"pixon", "losant", "creel", "quixy", "wallboard", "other"}
