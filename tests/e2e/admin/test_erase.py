# SPDX-License-Identifier: ISC
"""creelctl erase: events that hold a person's data are found by a value at a
JSON Pointer, and erased in steps with all that is stored for them."""
import concurrent.futures
import contextlib
import functools
import itertools
import json
import subprocess
import time

import pytest

from conftest import BUILD, run, wait_for
from device_api import commands, receipts
from endings import interrupt, kill, lose_connections
from events import add_event, event_id, insert, literal
from feed_api import Reader
from quixy_api import RECORD, Form, User, answer, make_stack_quixy, post
from retention_api import age, conf, maintain
from seeded import CASES, generator
from transactions import Session, Transaction, under_way
from wallboard_api import Door, success
from webhook_api import Webhook, reply

STEP = 250
EX_USAGE, EX_NOINPUT = 64, 66
FORM = "application/x-www-form-urlencoded"


def dump(stack):
    """All rows of all tables, without the key that psql reads a dump with."""
    text = run("pg_dump", "--data-only", "-h", stack.cluster.host, "-U",
               "creel_owner", stack.database).stdout
    return "".join(line for line in text.splitlines(True)
                   if "restrict" not in line)


def traces(stack, value):
    """The lines of a dump that hold a value, as text or as bytes."""
    value = value.encode()
    return [line for line in dump(stack).splitlines()
            if value.decode() in line or value.hex() in line]


class Tenant:
    """An application with one hook of each door."""

    def __init__(self, stack):
        self.stack = stack
        self.id = stack.made("application", "create", "tenant")["id"]
        self.hook, self.guid = stack.new_hook(self.id)

    @functools.cached_property
    def key(self):
        return self.stack.new_key("all.Application", application=self.id)

    @functools.cached_property
    def poster(self):
        return self.stack.new_key(application=self.id)

    def post(self, body, **headers):
        a = self.stack.post(body if isinstance(body, (bytes, str)) else
                            json.dumps(body), datasource=self.guid,
                            ApiKey=self.poster, **headers)
        assert a.status == 200, a.body
        return a.headers["Creel-Event"]

    def fill(self, events, body, hook=None):
        """Stores events of the last hour in one position."""
        position = self.stack.psql("SELECT creel.next_position()")
        self.stack.psql(f"""
            INSERT INTO creel.event (application_id, id, hook_id, received_at,
                method, path, query, headers, body, reading, principal,
                remote_address, status, position)
            SELECT '{self.id}', overlay(creel.uuid_floor(now()
                    - i * interval '1 s')::text PLACING lpad(i::text, 12, '0')
                    FROM 25)::uuid,
                '{hook or self.hook}', now(), 'POST', '/', '', '{{}}',
                convert_to({literal(json.dumps(body))}, 'UTF8'), 'json',
                'key:x', '192.0.2.1', 'success', {position}
            FROM generate_series(1, {events}) AS i""")

    def ids(self):
        return set(self.stack.psql(
            "SELECT id FROM creel.event WHERE application_id ="
            f" '{self.id}'").split())

    def newest(self):
        return self.stack.psql("SELECT id FROM creel.event WHERE application_id"
                               f" = '{self.id}' ORDER BY id DESC LIMIT 1")

    def count(self, table="event"):
        return int(self.stack.psql(f"SELECT count(*) FROM creel.{table}"
                                   f" WHERE application_id = '{self.id}'"))

    def args(self, *matches):
        """The arguments of the command: options, and matches without one."""
        args = ["erase", "--application", self.id]
        for m in matches:
            args += [m] if m.startswith("--") else ["--match", m]
        return args

    def erase(self, *matches):
        """Returns the number of events that the command reports."""
        found = self.stack.made(*self.args(*matches))
        assert found["applicationId"] == self.id
        assert sum(h["events"] for h in found["hooks"]) == found["events"]
        assert (found["erasure"] is None) == ("--force" not in matches)
        return found["events"]

    def begins(self, *matches):
        return subprocess.Popen(
            [BUILD / "creelctl", "-f", self.stack.conf,
             *self.args(*matches, "--force")], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def erasures(self):
        return self.stack.made("erase", "list", "--application", self.id)

    @contextlib.contextmanager
    def halted(self, n, *matches):
        """An erasure that waits in a step, with n events of id order before
        it, until the block ends."""
        event = self.stack.psql(
            "SELECT id FROM creel.event WHERE application_id ="
            f" '{self.id}' ORDER BY position, id OFFSET {n} LIMIT 1")
        with Transaction(self.stack, "SELECT FROM creel.event WHERE"
                         f" application_id = '{self.id}' AND id = '{event}'"
                         " FOR UPDATE"):
            p = self.begins(*matches)
            wait_for(self.stack.cluster.waits, "a step that waits")
            yield p


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack_quixy(make_stack)


@pytest.fixture(scope="module")
def tenant(stack):
    return Tenant(stack)


def pixon(t, values):
    def call(path, body, **headers):
        v = next(values)
        return t.post(body(v), **{k: v for k in headers}), path, v

    return [call("/body/email", lambda v: {"email": v}),
            call("/body/a/0/email", lambda v: {"a": [{"email": v}, 1]}),
            call("/body/a~1b~0/", lambda v: {"a/b~": {"": v}}),
            call("/body", lambda v: {v: 1}),
            call("/headers/x-person", lambda v: {}, X_Person=True)]


def losant(t, values):
    hook = Webhook(t.stack, t.id)
    part = ('--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
            "--b--\r\n")
    many = "multipart/form-data; boundary=b"

    def call(path, kind, body, method="POST", more="", header=None):
        v = next(values)
        quoted = v.replace("@", "%40")
        headers = [("Content-Type", kind)] if kind else []
        if header:
            headers.append((header, v))
        a = hook.call(method, more.format(quoted), headers=headers,
                      body=body and body.format(v, quoted).encode())
        assert a.status == 200, a.body
        return hook.column("id"), path, v

    return [
        call("/query/email", None, None, "GET", "?email={}"),
        call("--contains=/path", None, None, "GET", "/{}"),
        call("/headers/user-agent", None, None, "GET", header="User-Agent"),
        call("/body/email", FORM, "email={1}"),
        call("/body/email/1", FORM, "email=x&email={1}"),
        call("/body", FORM, "{1}"),
        call("/body/email", many, part.format("email", "", "{0}")),
        call("/body/file/data", many,
             part.format("file", '; filename="f.txt"', "{0}")),
        call("/body/file/filename", many,
             part.format("file", '; filename="{0}"', "x")),
        call("/body", "text/plain", "{0}"),
        call("/body", "application/json", '"{0}"'),
        call("/body", "application/octet-stream", "{0}")]


def quixy(t, values):
    form = Form(t.stack, application=t.id)
    user = User(t.stack, application=t.id)
    token = user.token()
    found = []
    for path in ("/body/email_subject", "/record/email_subject", "/record"):
        v = next(values)
        answer(post(t.stack, form, token, json.dumps({
            **RECORD, "email_subject": v}).encode()))
        found.append((t.newest(), path, v))
    return found


def wallboard(t, values):
    door = Door(t.stack, t.id)
    event = door.action()["eventId"]
    found = []
    for path, send in (("/body/sensor_data/id", door.post),
                       ("/record/sensorData/id", door.post),
                       ("/record/sensorData/id", door.payload)):
        v = next(values)
        success(send({"event_id": event, "sensor_data": {
            "id": v, "event": "e", "value": "v"}}))
        found.append((t.newest(), path, v))
    return found


def people(door):
    return (f"anna{n}@{door.__name__}.example" for n in itertools.count(10))


@pytest.mark.parametrize("door", [pixon, losant, quixy, wallboard])
def test_doors(stack, door):
    """A person's value that arrived at any place of any door is found at its
    path, and nothing of it stays in the database.  The same value in another
    application stays, and all other events."""
    t, other = Tenant(stack), Tenant(stack)
    found, kept = door(t, people(door)), door(other, people(door))
    left = {event for event, _, _ in found}
    assert left == t.ids() and len(left) == len(found)
    for event, path, value in found:
        match = f"{path}={value}"
        assert t.erase(match) == 1, match
        assert t.erase(match, "--force") == 1, match
        left.remove(event)
        assert t.ids() == left, match
    assert other.ids() == {event for event, _, _ in kept}
    assert traces(stack, f"@{door.__name__}.example")
    for _, _, value in kept:
        assert other.erase(f"--contains=={value}", "--force") == 1, value
    assert not traces(stack, f"@{door.__name__}.example")


def test_dry_run(stack):
    """Without --force the command counts, by hook, and writes nothing."""
    t = Tenant(stack)
    hook2, guid = stack.new_hook(t.id)
    first = t.post({"n": 7})
    t.post({"n": 8})
    t.fill(3, {"n": "7"}, hook2)
    before = dump(stack)
    found = stack.made(*t.args("/body/n=7"))
    assert found["events"] == 4 and found["erasure"] is None
    by_hook = {h["hookId"]: h for h in found["hooks"]}
    assert {k: h["events"] for k, h in by_hook.items()} == {
        t.hook: 1, hook2: 3}
    assert by_hook[t.hook]["oldest"] == by_hook[t.hook]["newest"] == \
        stack.psql("SELECT creel.iso(received_at) FROM creel.event"
                   f" WHERE id = '{first}'")
    text = stack.creelctl(*t.args("/body/n=7")).stdout
    assert text.splitlines()[-1] == \
        "4 events match, none is erased without --force"
    assert hook2 in text and "OLDEST" in text
    assert dump(stack) == before
    assert t.erasures() == []


def test_and(stack):
    """All matches must apply, and the hook and the times; --contains finds a
    part of a text."""
    t = Tenant(stack)
    a = t.post({"name": "Anna", "city": "Graz", "note": "called Anna twice"})
    b = t.post({"name": "Anna", "city": "Wien"})
    hook2, guid = stack.new_hook(t.id)
    t.fill(1, {"name": "Anna", "city": "Graz"}, hook2)
    assert t.erase("/body/name=Anna") == 3
    assert t.erase("/body/name=Anna", "/body/city=Wien") == 1
    assert t.erase("/body/name=Anna", "/body/city=Linz") == 0
    assert t.erase("--contains=/body/note=d Anna t") == 1
    assert t.erase("--contains=/body=na") == 3
    assert t.erase("--contains==nna", "/body/city=Wien") == 1
    assert t.erase("/body/name=Anna", f"--hook={hook2}") == 1
    assert t.erase("/body/name=Anna", f"--hook={guid}") == 1
    assert t.erase("/body/name=Anna", "--since=-1h") == 3
    assert t.erase("/body/name=Anna", "--until=-1h") == 0
    assert t.erase("/body/name=Anna", "--since=+1h") == 0
    at = stack.psql("SELECT creel.iso(creel.uuid_time(id)) FROM creel.event"
                    f" WHERE id = '{b}'")
    stack.psql(insert(stack, event_id(age=7200), b'{"name": "Anna"}',
                      application=t.id, hook=t.hook))
    assert t.erase("/body/name=Anna", "--until=-1h") == 1
    assert t.erase("/body/name=Anna", f"--until={at}", "--since=-1h",
                   "/body/city=Wien") == 0
    assert t.erase("/body/name=Anna", f"--since={at}", "/body/city=Wien") == 1
    assert t.erase("/body/name=Anna", "/body/city=Graz", "--force") == 2
    assert b in t.ids() and a not in t.ids() and t.count() == 2


@pytest.mark.parametrize("args, text", [
    ([], "--match or --contains: required"),
    (["--match", "/body/a"], "--match: must be PATH=VALUE"),
    (["--match", "body/a=1"], "--match: PATH must be a JSON Pointer such as"
     ' /body/email, not "body/a"'),
    (["--match", "body.a=1"], "JSON Pointer"),
    (["--match", "$.body=1"], "JSON Pointer"),
    (["--match", "/bodi/a=1"], "--match: PATH must begin with /body, headers,"
     " method, path, principal, query, record or remoteAddress, not"
     ' "/bodi/a"'),
    (["--match", "/=1"], "PATH must begin with /body"),
    (["--match", "/body/~=1"], '"~" in PATH must be ~0'),
    (["--match", "/body/~2=1"], '"~" in PATH must be ~0'),
    (["--match", "/body" + 32 * "/a" + "=1"], "at most 32 names"),
    (["--contains", "/body="], "--contains: VALUE must not be empty"),
    (["--match", "/body=1", "--since", "soon"], "--since: must be a time"),
    (["--match", "/body=1", "--until", "soon"], "--until: must be a time"),
    (["--match", "/body=1", "x"], "x: unexpected argument"),
    (33 * ["--match", "/body=1"], "must not be used more than 32 times"),
    (17 * ["--match", "/body=1", "--contains", "/body=1"],
     "must not be used more than 32 times together")])
def test_wrong_options(stack, tenant, args, text):
    """Mistakes are reported before anything is read or written."""
    p = stack.creelctl("erase", "--application", tenant.id, "--force", *args,
                       check=False)
    assert p.returncode == EX_USAGE and text in p.stderr, p.stderr
    assert stack.psql("SELECT count(*) FROM creel.erasure WHERE"
                      f" application_id = '{tenant.id}'") == "0"


def test_wrong_bytes(stack, tenant):
    """An argument that is not UTF-8 cannot be in any event."""
    p = subprocess.run([BUILD / "creelctl", "-f", stack.conf,
                        *tenant.args(), "--match", b"/body=\xff"],
                       capture_output=True)
    assert p.returncode == EX_USAGE and b"must be UTF-8" in p.stderr


def test_wrong_objects(stack, tenant):
    """An unknown application or hook, or another application's hook."""
    none = 24 * "0"
    for args, text in (
            (["--application", none], f'no application "{none}"'),
            (["--application", tenant.id, "--hook", none],
             f'no hook "{none}"'),
            (["--application", tenant.id, "--hook", stack.hook],
             f'no hook "{stack.hook}" in application')):
        p = stack.creelctl("erase", "--match", "/body=1", "--force", *args,
                           check=False)
        assert p.returncode == EX_NOINPUT and text in p.stderr


def scalars(document):
    """All values and names in a document."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield name
            yield from scalars(value)
    elif isinstance(document, list):
        for value in document:
            yield from scalars(value)
    else:
        yield document


def found_at(document, names):
    if not names:
        return [document]
    if isinstance(document, dict) and names[0] in document:
        return found_at(document[names[0]], names[1:])
    if isinstance(document, list) and names[0].isdigit() and \
            str(int(names[0])) == names[0] and int(names[0]) < len(document):
        return found_at(document[int(names[0])], names[1:])
    return []


def equals(scalar, value, contains):
    if isinstance(scalar, str):
        return value in scalar if contains else value == scalar
    if contains:
        return False
    if scalar is None or isinstance(scalar, bool):
        return json.dumps(scalar) == value
    try:
        return scalar == json.loads(value) and value[0] in "-0123456789"
    except ValueError:
        return False


def matches(document, names, value, contains):
    return any(equals(s, value, contains)
               for place in found_at(document, names)
               for s in scalars(place))


WORDS = ["a", "b", "", "0", "1", "a/b", "~", "~1", "é", "\u2028", "\0", "\\",
         '"', "𝄞", "true", "null", "1.0", "a b", "ab"]
SCALARS = [*WORDS, 0, 1, -1, 1.5, 100, 1e300, 10**30, True, False, None]


def document(r, depth):
    kind = r.randrange(4)
    if depth == 0 or kind == 0:
        return r.choice(SCALARS)
    if kind == 1:
        return [document(r, depth - 1) for _ in range(r.randrange(3))]
    return {r.choice(WORDS): document(r, depth - 1)
            for _ in range(r.randrange(4))}


def pointer(names):
    return "".join("/" + n.replace("~", "~0").replace("/", "~1")
                   for n in names)


def test_generated(stack):
    """Generated bodies and matches: the command erases exactly those that a
    model of RFC 6901 finds, also numbers that are written otherwise, escapes,
    NULs, and names that occur twice."""
    r = generator("erase")
    t = Tenant(stack)
    left, rows = {}, []
    for _ in range(CASES):
        id, body = event_id(), document(r, 3)
        if r.random() < 0.5:
            body = {"a": body, "b": r.choice(SCALARS)}
        text = json.dumps(body, ensure_ascii=r.random() < 0.5,
                          indent=r.choice([None, 1]))
        left[id] = body
        rows.append(insert(stack, id, text.encode(), application=t.id,
                           hook=t.hook))
    for n in range(0, len(rows), 500):
        stack.psql("".join(rows[n:n + 500]))
    assert len(t.ids()) == len(left)
    for _ in range(40):
        names = [r.choice(WORDS).replace("=", "").replace("\0", "0")
                 for _ in range(r.randrange(4))]
        value = r.choice(SCALARS)
        value = (value if isinstance(value, str) else json.dumps(value)
                 ).replace("\0", "0")
        contains = r.random() < 0.3 and value != ""
        path = pointer(["body", *names])
        option = "--contains" if contains else "--match"
        gone = {id for id, body in left.items()
                if matches(body, names, value, contains)}
        assert t.erase(f"{option}={path}={value}", "--force") == len(gone), \
            (path, value, contains)
        for id in gone:
            del left[id]
        assert t.ids() == set(left), (path, value, contains)


TEXTS = [
    ('{"a": 1, "a": 2}', "/body/a=1", True),
    ('{"a": 1, "a": 2}', "/body/a=2", True),
    ('{"n": 42.0}', "/body/n=42", True),
    ('{"n": 4.2e1}', "/body/n=42.00", True),
    ('{"n": "42.0"}', "/body/n=42", False),
    ('{"n": 9007199254740993}', "/body/n=9007199254740992", False),
    ('{"n": 1e99999}', "/body/n=1e99999", True),
    ('{"n": [1, [2]]}', "/body/n/1/0=2", True),
    ('{"n": [1, [2]]}', "/body/n/01/0=2", False),
    ('{"n": [1, [2]]}', "/body/n/-=2", False),
    ('{"n": {"1": 2}}', "/body/n/1=2", True),
    ('{"n": "Anna"}', "/body/n=anna", False),
    ('{"\\u0061": "\\u0041nn\\u0061"}', "/body/a=Anna", True),
    ('{"x": "\\u0000", "n": "Anna"}', "/body/n=Anna", True),
    ('{"x": "\\ud800", "n": "Anna"}', "/body/n=Anna", True),
    (' [\n"Anna"] ', "/body/0=Anna", True),
    ('{"a": %s"Anna"%s}' % (500 * "[", 500 * "]"), "/body/a=Anna", True),
    ('{"a=b": "Anna"}', "/body=a=b", True),
    ('{"a": ""}', "/body/a=", True),
    ('{"a": null}', "/body/a=null", True),
    ('{"a": true}', "/body/a=true", True),
    ('{"a": {}}', "/body/a={}", False)]


def test_texts(stack):
    """Texts that a reader might read otherwise."""
    t = Tenant(stack)
    stack.psql("".join(insert(
        stack, event_id(), text.encode(), application=t.id, hook=t.hook,
        path=f"/{n}") for n, (text, _, _) in enumerate(TEXTS)))
    stack.psql(f"UPDATE creel.event SET reading = 'json' WHERE application_id"
               f" = '{t.id}'")
    for n, (text, match, found) in enumerate(TEXTS):
        assert t.erase(match, f"/path=/{n}") == found, (text, match)


def test_derived(stack):
    """All that is stored for an event goes with it: idempotency keys, the
    reply, commands, receipts, records, the current value."""
    t, value = Tenant(stack), "derived@erase.example"
    t.post({"v": "old"})
    newest = t.post({"v": value}, Idempotency_Key=value)
    hook = Webhook(stack, t.id, waitForReply=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(hook.call, body=value.encode(),
                           headers=[("Content-Type", "text/plain")])
        event = wait_for(lambda: hook.events() and hook.column("id"),
                         "an event")
        assert reply(hook, t.key, event, {"body": value}, application=t.id
                     ).status == 200
        call.result(50)
    device = stack.made("device", "create", "--application", t.id, "--name",
                        "d")
    door = Door(stack, t.id)
    success(door.post({"event_id": door.action()["eventId"],
                       "sensor_data": {"id": value}}))
    command, = json.loads(commands(stack, device["key"]).body)["items"]
    assert receipts(stack, device["key"], [
        {"id": command["id"], "status": "failed",
         "reason": value}]).status == 200
    counts = [t.count(x) for x in ("dedupe", "reply", "receipt")]
    assert counts == [1, 1, 1]
    reader = stack.new_key("datasource.get", application=t.id)
    assert value in stack.get(stack.path(t.guid), reader).body.decode()
    assert t.erase(f"={value}", "--force") == 3
    assert [t.count(x) for x in ("dedupe", "reply", "receipt")] == [0, 0, 0]
    assert not traces(stack, value)
    assert b"old" in stack.get(stack.path(t.guid), reader).body
    assert json.loads(commands(stack, device["key"]).body)["items"] == []
    # The same call again is a new one.
    again = t.post({"v": value}, Idempotency_Key=value)
    assert again != newest and t.count() == 2
    assert t.erase("/body/v=" + value, "--force") == 1
    assert not traces(stack, value)


def test_kept_value(stack):
    """The current value of a data source that is left of an event that
    retention has deleted."""
    t, value = Tenant(stack), "kept@erase.example"
    t.post({"v": value})
    conf(stack, days=10)
    age(stack, 20, f"application_id = '{t.id}'")
    maintain(stack)
    conf(stack)
    reader = stack.new_key("datasource.get", application=t.id)
    assert t.count() == 0 and t.count("kept_value") == 1
    assert t.erase("/body/v=another", "--force") == 0
    assert t.erase("/body/v=" + value) == t.count("kept_value") == 1
    assert t.erase("/body/v=" + value, "--force") == 1
    assert stack.get(stack.path(t.guid), reader).status == 204
    assert not traces(stack, value)
    events = stack.psql("SELECT events FROM creel.erasure WHERE "
                        f"application_id = '{t.id}'")
    assert sorted(events.split()) == ["0", "1"]


def test_many_receipts(stack):
    """An event that 2,500 receipts belong to: they are deleted in steps before
    it."""
    t = Tenant(stack)
    event = t.post({"v": 1})
    other = t.post({"v": 2})
    stack.psql(f"""
        INSERT INTO creel.device (application_id, id, name, cursor_position,
            cursor_event_id)
        VALUES ('{t.id}', '{24 * "a"}', 'd', 0, creel.nil_uuid());
        INSERT INTO creel.receipt (application_id, event_id, device_id, step,
            status)
        SELECT '{t.id}', e.id, '{24 * "a"}', i, 'done'
        FROM creel.event e, generate_series(1, 2500) AS i
        WHERE e.application_id = '{t.id}'""")
    assert t.erase("/body/v=1", "--force") == 1
    assert t.ids() == {other} and t.count("receipt") == 2500
    assert event != other


def test_cursors(stack):
    """A reader that follows the log continues with its cursor, which may be
    that of an erased event."""
    t = Tenant(stack)
    reader = Reader(stack, t.key, t.id)
    a, b = t.post({"v": 1}), t.post({"v": 2})
    ids, cursor = reader.follow()
    assert ids == [a, b]
    assert t.erase("/body/v=2", "--force") == 1
    c = t.post({"v": 3})
    assert reader.follow(cursor)[0] == [c]
    assert reader.follow()[0] == [a, c]


def test_log(stack):
    """Each erasure is listed with the role, the paths and the number, not with
    the value, and has two lines in the log."""
    t, value = Tenant(stack), "logged@erase.example"
    t.post({"v": value})
    since = time.time()
    t.erase(f"/body/v={value}", "--contains=/body=logged", "--force")
    assert t.erase("/body/v=none", "--force") == 0
    one, two = t.erasures()
    assert one["role"] == "creel_owner" and one["events"] == 1
    assert one["paths"] == ["/body/v", "/body"] and two["events"] == 0
    assert one["hookId"] is None and one["since"] is one["until"] is None
    assert one["beganAt"] <= one["finishedAt"] and since > 0
    assert one in stack.made("erase", "list")
    text = stack.creelctl("erase", "list").stdout
    assert one["id"] in text and "/body/v" in text
    assert stack.psql("SELECT count(*) FROM creel.erasure WHERE application_id"
                      f" = '{t.id}' AND command IS NOT NULL") == "0"
    lines = [line for line in stack.log.read_text().splitlines()
             if one["id"] in line]
    assert len(lines) == 2 and all("audit" in line for line in lines)
    assert "state=begun" in lines[0] and "state=finished events=1" in lines[1]
    assert 'paths="/body/v /body"' in lines[0]
    assert value not in stack.log.read_text()


def test_in_steps(stack):
    """While 1,000 events are erased in steps of 250, calls of the same tenant
    and its neighbours are stored; calls that arrive meanwhile stay."""
    t, other = Tenant(stack), Tenant(stack)
    t.fill(1000, {"v": "x"})
    t.fill(100, {"v": "y"})
    late = set()
    with t.halted(STEP * 3 // 2, "/body/v=x") as p:
        assert t.count() == 1100 - STEP
        assert t.erasures()[0]["events"] == STEP
        assert t.erasures()[0]["finishedAt"] is None
        late = {t.post({"v": "x"}), t.post({"v": "z"}, Idempotency_Key="k")}
        other.post({"v": "x"})
    out, err = p.communicate(timeout=60)
    assert p.returncode == 0, err
    assert out.splitlines()[-1] == "1000 events erased"
    assert t.count() == 102 and late <= t.ids() and other.count() == 1
    assert t.erasures()[0]["events"] == 1000


def test_large_bodies(stack):
    """A scan reads no more than about 8 MiB at a time, but one event at
    least."""
    t = Tenant(stack)
    text = json.dumps({"v": "x", "more": 900000 * "y"})
    for _ in range(20):
        add_event(stack, text.encode(), application=t.id, hook=t.hook)
    scan = (f"FROM creel.erasure_scan('{t.id}', NULL, creel.nil_uuid(),"
            " creel.uuid_floor('9999-01-01'), 0, creel.nil_uuid(),"
            " 4000000000000000, 2000)")
    assert 3 <= int(stack.psql(f"SELECT count(*) {scan}")) <= 10
    assert t.erase("/body/v=x", "--force") == 20
    assert t.ids() == set()


def cut(stack, p):
    lose_connections(stack, p, lambda: stack.psql(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE '%creel.erasure_step%' AND pid <> pg_backend_pid()",
        user="postgres").split(), "is not finished, run the command again")


@pytest.mark.parametrize("end", [kill, interrupt, cut])
def test_continues(stack, end):
    """An erasure that ended in the middle: the same command continues it, from
    where it was, also with a time that is relative; another does not."""
    t = Tenant(stack)
    t.fill(3000, {"v": "x", "w": "w"})
    with t.halted(2700, "/body/v=x", "--since=-30d") as p:
        end(stack, p)
    wait_for(lambda: stack.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname ="
        " current_database() AND state = 'active' AND query LIKE"
        " '%FROM creel.erasure_step%' AND pid <> pg_backend_pid()",
        user="postgres") == "0", "its last step to end")
    left = t.count()
    assert 0 < left < 3000
    began, = t.erasures()
    assert began["finishedAt"] is None and began["events"] == 3000 - left
    # Nothing reads the events before the cursor again.
    position = stack.psql(f"SELECT position > 0 FROM creel.erasure"
                          f" WHERE id = '{began['id']}'")
    assert position == "t"
    assert t.erase("/body/v=x", "/body/w=no", "--force") == 0
    assert t.erase("/body/v=x", "--since=-30d", "--force") == left
    ended = next(e for e in t.erasures() if e["id"] == began["id"])
    assert ended["finishedAt"] is not None and ended["events"] == 3000
    assert len(t.erasures()) == 2 and t.count() == 0
    # The next one is new.
    assert t.erase("/body/v=x", "--since=-30d", "--force") == 0
    assert len(t.erasures()) == 3


def test_two_at_once(stack):
    """Two administrators run the same command: both succeed, and each event is
    counted once."""
    t = Tenant(stack)
    t.fill(1000, {"v": "x"})
    with t.halted(STEP * 3 // 2, "/body/v=x") as p:
        q = t.begins("/body/v=x")
        wait_for(lambda: stack.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname ="
            " current_database() AND wait_event_type = 'Lock' AND query LIKE"
            " '%FROM creel.erasure_step%' OR query LIKE"
            " '%creel.erasure_step(%' AND wait_event_type = 'Lock'",
            user="postgres") == "2", "both to wait")
    for process in (p, q):
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert t.count() == 0
    assert [e["events"] for e in t.erasures()] == [1000]


def test_committed_late(stack):
    """An event that was received before the command, and is committed after it
    has begun, is waited for and erased: its sender may have a 2xx already."""
    t = Tenant(stack)
    with contextlib.closing(Session(stack.cluster.host,
                                    stack.database)) as session:
        # Its id is the oldest, its position is assigned, it is not visible.
        session.run("BEGIN;" + insert(stack, event_id(age=60), b'{"v": "x"}',
                                      application=t.id, hook=t.hook))
        t.post({"v": "x"})
        p = t.begins("/body/v=x")
        wait_for(lambda: t.erasures(), "it to begin")
        session.run("COMMIT")
    out, err = p.communicate(timeout=60)
    assert p.returncode == 0, err
    assert out.splitlines()[-1] == "2 events erased" and t.count() == 0


def test_application_deleted(stack):
    """The application is deleted in the middle of an erasure: the command ends
    with an error, and the record of the erasure stays."""
    t = Tenant(stack)
    t.fill(1000, {"v": "x"})
    with t.halted(STEP * 3 // 2, "/body/v=x") as p:
        q = subprocess.Popen([BUILD / "creelctl", "-f", stack.conf,
                              "application", "delete", "--force", t.id],
                             stdout=subprocess.PIPE)
        wait_for(lambda: stack.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname ="
            " current_database() AND wait_event_type = 'Lock' AND query LIKE"
            " '%whether to delete what it contains%'", user="postgres") == "1",
            "the deletion to wait")
    assert q.wait(60) == 0
    _, err = p.communicate(timeout=60)
    assert p.returncode in (0, EX_NOINPUT), err
    assert p.returncode == 0 or "has been deleted" in err
    assert t.count() == 0
    assert any(e["applicationId"] == t.id
               for e in stack.made("erase", "list"))


def test_under_way(stack):
    """A transaction that holds a position does not stop a dry run for longer
    than it lasts."""
    t = Tenant(stack)
    t.post({"v": "x"})
    with under_way(stack):
        p = subprocess.Popen([BUILD / "creelctl", "-f", stack.conf,
                              *t.args("/body/v=x")], text=True,
                             stdout=subprocess.PIPE)
        wait_for(lambda: stack.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname ="
            " current_database() AND query LIKE '%creel.erasure_scan%'"
            " AND pid <> pg_backend_pid()", user="postgres") != "0",
            "it to begin")
    assert p.communicate(timeout=60)[0].endswith(
        "1 events match, none is erased without --force\n")
