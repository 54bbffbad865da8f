# SPDX-License-Identifier: ISC
"""Forms, users and calls of Quixy's door, for its tests."""
import base64
import hashlib
import hmac
import itertools
import json
import secrets
import time
import urllib.parse

from conftest import send, wait_for

numbers = itertools.count(1)

# The example of Quixy's page, byte for byte (wire/quixy 4.1).
EXAMPLE = (b'{\n"email_subject": "System Alert",\n'
           b'"email_body": "Threshold exceeded on Node 12",\n'
           b'"received_date": "2025-07-22T10:35:00Z" }')
FIELDS = [{"name": "email_subject", "type": "text"},
          {"name": "email_body", "type": "text"},
          {"name": "received_date", "type": "date-time"}]
RECORD = json.loads(EXAMPLE)


def new_id():
    return f"{int(time.time()):08x}{secrets.token_hex(5)}{next(numbers):06x}"


class Form:
    """A form, created with SQL."""

    def __init__(self, stack, fields=FIELDS, usage=("Webhook",),
                 application=None):
        self.stack = stack
        self.application = application or stack.application
        self.id = new_id()
        self.key = secrets.token_urlsafe(18)
        settings = json.dumps({"fields": fields, "appUsage": list(usage)})
        stack.psql(f"""
            INSERT INTO creel.address (kind, handle, application_id, target_id)
            VALUES ('form', '{self.key}', '{self.application}', '{self.id}');
            INSERT INTO creel.hook (application_id, id, kind, handle, name,
                settings)
            VALUES ('{self.application}', '{self.id}', 'form', '{self.key}',
                'f', $x${settings}$x$)""")

    @property
    def path(self):
        return f"/webhook/app/{self.key}/incoming-data"

    def change(self, what):
        self.stack.psql(f"UPDATE creel.hook SET {what} WHERE id = '{self.id}'")

    def events(self):
        return int(self.stack.psql(
            f"SELECT count(*) FROM creel.event WHERE hook_id = '{self.id}'"))


class User:
    """A user with Integration Access, created with SQL."""

    def __init__(self, stack, email=None, forms=None, application=None):
        self.stack = stack
        self.application = application or stack.application
        self.id = new_id()
        self.email = email or f"user{next(numbers)}@example.org"
        self.key = None
        hooks = "NULL" if forms is None else \
            "'{%s}'" % ",".join(f.id for f in forms)
        stack.psql(f"""
            INSERT INTO creel.credential (application_id, id, kind, name,
                prefix, secret_sha256, scopes, hook_ids, updated_at)
            VALUES ('{self.application}', '{self.id}', 'user', '{self.email}',
                'ck_', sha256('none'), '{{form.post,event.get}}', {hooks},
                now() - interval '1 hour')""")
        self.new_key()

    def new_key(self):
        """Replaces the Secret Key."""
        old, self.key = self.key, "ck_" + secrets.token_urlsafe(32)
        self.stack.secrets.append(self.key)
        sha = hashlib.sha256(self.key.encode()).hexdigest()
        drop = "" if old is None else \
            f"DELETE FROM creel.address WHERE kind = 'key' AND handle = '" \
            f"{hashlib.sha256(old.encode()).hexdigest()}';"
        self.stack.psql(f"""BEGIN; {drop}
            INSERT INTO creel.address (kind, handle, application_id, target_id)
            VALUES ('key', '{sha}', '{self.application}', '{self.id}');
            UPDATE creel.credential SET secret_sha256 = '\\x{sha}'
            WHERE id = '{self.id}'; COMMIT""")
        return self.key

    def change(self, what):
        self.stack.psql(
            f"UPDATE creel.credential SET {what} WHERE id = '{self.id}'")

    def delete(self):
        self.stack.psql(f"""BEGIN;
            DELETE FROM creel.address WHERE target_id = '{self.id}';
            DELETE FROM creel.credential WHERE id = '{self.id}'; COMMIT""")

    def token(self, **body):
        """A bearer token from /webhook/token."""
        a = call(self.stack, "POST", "/webhook/token", body=json.dumps(
            {"secret_key": self.key, **body}).encode())
        assert a.status == 200, a.body
        token = json.loads(a.body)["access_token"]
        self.stack.secrets.append(token)
        return token


def call(stack, method, path, token=None, body=None, url=None,
         content_type="application/json", headers=()):
    """Sends one request; the token follows "Bearer"."""
    headers = [*headers]
    if token is not None:
        headers.append(("Authorization", f"Bearer {token}"))
    if body is not None and content_type is not None:
        headers.append(("Content-Type", content_type))
    return send(url or stack.url, method, path, headers, body)


def post(stack, form, token, body=EXAMPLE, **options):
    """Calls a form (None: by the URL without a form)."""
    return call(stack, "POST", form.path if form is not None else
                "/webhook/app/incoming-data", token, body, **options)


def answer(a, status=200):
    """The JSON of a response with this status."""
    assert a.status == status, (a.status, a.body)
    assert a.headers["Content-Type"] == "application/json"
    assert a.headers["Cache-Control"] == "no-store"
    return json.loads(a.body)


def failed(a, status, message=None):
    """Checks an error in Quixy's form; returns its other members."""
    o = answer(a, status)
    assert o.pop("status") == "Failed"
    text = o.pop("message")
    assert text and (message is None or message in text), text
    if status == 401:
        assert a.headers["WWW-Authenticate"] == "Bearer"
    return o


def event(stack, id):
    """The stored columns of a call."""
    row = stack.psql(f"""WITH e AS MATERIALIZED (SELECT status, remarks,
        parsed::jsonb, query, headers, principal, convert_from(body, 'UTF8')
        AS body, content_type, hook_id FROM creel.event
        WHERE id = '{id}') SELECT row_to_json(e) FROM e""")
    return json.loads(row)


def b64(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(token):
    """The header and claims of a JWT."""
    def part(s):
        return json.loads(base64.urlsafe_b64decode(s + "=" * (-len(s) % 4)))
    return [part(s) for s in token.split(".")[:2]]


def sign(stack, header, payload):
    """A JWT signed with the key of the users' issuer, here HS256."""
    text = f"{b64(header)}.{b64(payload)}"
    mac = hmac.digest(stack.user_secret, text.encode(), "sha256")
    return f"{text}.{b64(mac)}"


def make_stack_quixy(make_stack, **options):
    """A stack with an issuer of tokens for users."""
    s = make_stack(**options)
    # A final newline is not part of the secret.
    s.user_secret = secrets.token_bytes(47) + b"x"
    (s.dir / "users.secret").write_bytes(s.user_secret)
    (s.dir / "users.secret").chmod(0o644)
    with open(s.conf, "a") as f:
        f.write(f"""[issuer users]
issuer = https://users.example/
audience = creel
algorithm = HS256
secret_file = {s.dir}/users.secret
signing_key = {s.dir}/users.secret
""")
    s.conf.write_text(s.conf.read_text().replace(
        "[creel]\n", "[creel]\nuser_issuer = users\n", 1))
    wait_for(lambda: "serving" in s.logs(), "the worker")
    assert s.stop_worker() == 0
    s.start_worker()
    return s


def query(**parameters):
    return urllib.parse.urlencode(
        {k: v for k, v in parameters.items() if v is not None})
