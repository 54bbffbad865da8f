# SPDX-License-Identifier: ISC
"""
Calls with an idempotency key, as senders repeat them and as they misuse them:
the same call again is one event and gets the first response; another call is
an event of its own, or it is rejected, but it is never thrown away.
"""
import collections
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import re
import signal
import string
import threading
import urllib.parse

import jwt
import pytest

import metrics_api
import quixy_api
from conftest import SOURCE, send, wait_for
from quixy_api import Form
from seeded import CASES, generator
from wallboard_api import ENDPOINT, Door, encode
from webhook_api import Webhook, reply

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIELDS = [{"name": "n", "type": "text"}]


@pytest.fixture(scope="module")
def stack(make_stack):
    s = make_stack(losant_rate=0)
    s.front("nginx")
    return s


def known():
    """The rows of the table of headers: (name, meaning, second header)."""
    text = (SOURCE / "src/event/idempotency.def").read_text()
    return re.findall(r'^KEY_HEADER\("(.*?)", KEY_(\w+), (?:NULL|"(.*?)"),',
                      text, re.M)


def post_form(form, key, body, name=None):
    """Calls a form with an API key and, unless None, an Idempotency-Key."""
    return quixy_api.post(form.stack, form, None, body, headers=[
        ("ApiKey", key), *([("Idempotency-Key", name)] if name else [])])


def replayed(a):
    value = a.headers["Idempotency-Replayed"]
    assert value in (None, "true")
    return value is not None


def event(a):
    """The event of a call that was stored just now."""
    assert a.status in range(200, 300), (a.status, a.body)
    assert not replayed(a)
    return a.headers["Creel-Event"]


def repeated(a, first):
    """The response is the first one again, and says so."""
    assert replayed(a)
    assert (a.status, a.body, a.headers["Creel-Event"]) == \
        (first.status, first.body, first.headers["Creel-Event"])


def reused(a, first):
    """The text of a 422 that names the event which has the key."""
    assert a.status == 422, (a.status, a.body)
    assert a.headers["Creel-Event"] is None and not replayed(a)
    o = json.loads(a.body)
    text = o.get("detail") or o.get("error") or o["message"]
    assert ID.findall(text) == [first]
    return o


def body_of(stack, id):
    return bytes.fromhex(stack.psql(
        f"SELECT encode(body, 'hex') FROM creel.event WHERE id = '{id}'"))


# -- another call with the key

def test_order_17(stack):
    """A shop that numbers its orders, not its calls, uses one Idempotency-Key
    for all that happens to an order."""
    w = Webhook(stack)
    key = [("Idempotency-Key", "order-17")]
    first = w.call(body=b'{"amount":10}', headers=key)
    id = event(first)
    for again in (w.call(body=b'{"amount":99}', headers=key),
                  w.call("PUT", "/refund", b'{"amount":99}', key),
                  w.call("PUT", "", b'{"amount":10}', key),
                  w.call("POST", "?dry=1", b'{"amount":10}', key),
                  w.call("POST", "", b"", key)):
        assert list(reused(again, id)) == ["error"]
    repeated(w.call(body=b'{"amount":10}', headers=key), first)
    assert w.events() == 1 and body_of(stack, id) == b'{"amount":10}'


def test_current_value(stack):
    """A sensor's driver that sends a constant Idempotency-Key: a 200 would say
    that the data source has the new value."""
    hook, guid = stack.new_hook()
    stack.reader = stack.new_key("datasource.get")
    path = stack.path(guid)

    def current():
        return stack.get(path, stack.reader).body

    first = stack.post(b'{"v":10}', datasource=guid, Idempotency_Key="s")
    a = stack.post(b'{"v":99}', datasource=guid, Idempotency_Key="s")
    o = reused(a, event(first))
    assert a.headers["Content-Type"] == "application/problem+json"
    assert o["status"] == 422 and o["title"] == "Unprocessable Content"
    assert current() == b'{"v":10}'
    event(stack.post(b'{"v":99}', datasource=guid, Idempotency_Key="t"))
    assert current() == b'{"v":99}'
    repeated(stack.post(b'{"v":10}', datasource=guid, Idempotency_Key="s"),
             first)
    assert current() == b'{"v":99}'


def test_form_corrected(stack):
    """The author of a sender corrects a record that failed its form's check,
    and sends it again as the same call."""
    form = Form(stack, FIELDS)
    key = stack.new_key("form.post")

    def post(body):
        return post_form(form, key, body, "record-1")

    def status(a):
        return quixy_api.event(stack, a.headers["Creel-Event"])["status"]

    bad, worse = post(b'{"n":1}'), post(b'{"n":[]}')
    assert event(bad) != event(worse)
    assert status(bad) == status(worse) == "failed"
    repeated(post(b'{"n":1}'), bad)
    good = post(b'{"n":"1"}')
    assert event(good) not in (event(bad), event(worse))
    assert status(good) == "success"
    # Each sender gets its first response again; the key is taken.
    for body, first in ((b'{"n":1}', bad), (b'{"n":[]}', worse),
                        (b'{"n":"1"}', good)):
        repeated(post(body), first)
    for body in (b'{"n":"2"}', b'{"n":2}'):
        o = reused(post(body), event(good))
        assert o["status"] == "Failed" and "request_id" not in o
    assert form.events() == 3


def test_form_changed(stack):
    """A form is changed after a call failed: the same call gets its first
    response again, and another one is checked."""
    form = Form(stack, FIELDS)
    key = stack.new_key("form.post")

    def post(body):
        return post_form(form, key, body, "k")

    bad = post(b'{"n":1}')
    form.change("""settings = jsonb_set(settings::jsonb, '{fields,0,type}',
        '"number"')""")
    wait_for(lambda: event(post_form(form, key, b'{"n":3}'))
             and stack.psql("SELECT status FROM creel.event WHERE hook_id = "
                            f"'{form.id}' ORDER BY id DESC LIMIT 1")
             == "success", "the new form")
    repeated(post(b'{"n":1}'), bad)
    event(post(b'{"n":2}'))


def test_action(stack):
    """A button that sends one key for all of its actions."""
    door = Door(stack)
    door.action("first")
    door.action("second")
    key = [("Idempotency-Key", "k")]
    first = door.post({"event_id": "first"}, headers=key)
    id = event(first)
    repeated(door.post({"event_id": "first"}, headers=key), first)
    # Another action is another hook, with keys of its own.
    assert event(door.post({"event_id": "second"}, headers=key)) != id
    for a in (door.post({"event_id": "first", "sensor_data": 1}, headers=key),
              door.payload({"event_id": "first"}, headers=key)):
        assert reused(a, id)["message"] == "Error"


def test_retry_of_another_event(stack):
    """Retries of failed calls: their keys do not meet those of the calls."""
    form = Form(stack, FIELDS)
    poster = stack.new_key("form.post")
    old = event(post_form(form, poster, b'{"n":1}', "k"))
    form.change("""settings = jsonb_set(settings::jsonb, '{fields,0,type}',
        '"number"')""")

    def retry(key, query="", name="k"):
        return send(stack.url, "POST", f"/applications/{form.application}"
                    f"/events/{old}/retry{query}", [
                        ("ApiKey", key), ("Idempotency-Key", name)])

    one, two = stack.new_key("event.retry"), stack.new_key("event.retry")
    first = retry(one)
    assert first.status == 201 and event(first) != old
    repeated(retry(one), first)
    assert reused(retry(one, "?again=1"), event(first))["type"] == \
        "UnprocessableContent"
    assert event(retry(two)) != event(first)
    assert form.events() == 3


# -- provider's delivery IDs

def test_github_to_several_hooks(stack):
    """GitHub's X-GitHub-Delivery is one GUID for each event, which goes to the
    hooks of a repository, an organization and an app."""
    hooks = [Webhook(stack), Webhook(stack)]
    guid = [("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")]
    ids = set()
    for w, body in itertools.product(hooks, (b'{"hook":1}', b'{"hook":2}')):
        first = w.call(body=body, headers=guid)
        ids.add(event(first))
        assert body_of(stack, event(first)) == body
        repeated(w.call(body=body, headers=guid), first)
    assert len(ids) == 4 and [w.events() for w in hooks] == [2, 2]


@pytest.mark.parametrize("name, meaning, second", known())
def test_known_header(stack, name, meaning, second):
    """Each header that is known: the same call is one event, in whatever case
    a proxy writes the header; another body is another event, or rejected."""
    w = Webhook(stack)
    first, *again = (w.call(body=b"1", headers=[
        (spelling, "a"), *([(second, "s")] if second else [])])
        for spelling in (name, name.lower(), name.upper()))
    id = event(first)
    for a in again:
        repeated(a, first)
    other = w.call(body=b"2", headers=[(name, "a")])
    if meaning == "CALL":
        reused(other, id)
    else:
        assert event(other) != id
    assert event(w.call(body=b"1", headers=[(name, "b")])) != id
    if second:
        headers = [(name, "a"), (second, "t")]
        assert event(w.call(body=b"1", headers=headers)) != id


def test_shopify_topics(stack):
    """Shopify sends orders/create and orders/paid of one event with one
    X-Shopify-Event-Id, and with the same order as the body."""
    w = Webhook(stack)
    ids = {event(w.call(body=b'{"id":820982911946154508}', headers=[
        ("X-Shopify-Event-Id", "98880550-7158-44d4-b7cd-2c97c8a091b5"),
        ("X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"),
        ("X-Shopify-Topic", topic)]))
        for topic in ("orders/create", "orders/paid")}
    assert len(ids) == 2


def test_gitlab_sends_two(stack):
    """GitLab's Idempotency-Key comes before its event UUID, which all webhooks
    of one event share."""
    w = Webhook(stack)

    def call(key):
        return w.call(body=b"{}", headers=[
            ("X-Gitlab-Event-UUID", "13792a34-cac6-4fda-95a8-c58e00a3954e"),
            ("Idempotency-Key", key)])

    first = call("f5e57ebe-07c3-4ad3-95d2-c7e1d3c1b5d7")
    repeated(call("f5e57ebe-07c3-4ad3-95d2-c7e1d3c1b5d7"), first)
    assert event(call("908a6d9e-45fd-46c8-97e6-c4f350f219dd")) != event(first)


def test_header_option(make_stack):
    """An administrator adds a sender's header and ignores all others."""
    s = make_stack(idempotency_headers="X-Acme-Delivery Idempotency-Key")
    first = s.post(b'{"n":1}', X_Acme_Delivery="a", Idempotency_Key="k")
    repeated(s.post(b'{"n":1}', X_Acme_Delivery="a", Idempotency_Key="l"),
             first)
    event(s.post(b'{"n":2}', X_Acme_Delivery="a", Idempotency_Key="k"))
    second = s.post(b'{"n":3}', Idempotency_Key="k")
    reused(s.post(b'{"n":4}', Idempotency_Key="k"), event(second))
    for _ in range(2):
        event(s.post(b'{"n":5}', webhook_id="w"))


# -- callers

def test_two_users(stack):
    """Two senders of one hook count their orders from 1."""
    keys = [stack.new_key(), stack.new_key()]
    ids = {}
    for key in keys:
        first = stack.post(b'{"n":1}', ApiKey=key, Idempotency_Key="1")
        ids[key] = event(first)
        repeated(stack.post(b'{"n":1}', ApiKey=key, Idempotency_Key="1"),
                 first)
    assert len(set(ids.values())) == 2
    # The error names the sender's own event.
    for key in keys:
        reused(stack.post(b'{"n":2}', ApiKey=key, Idempotency_Key="1"),
               ids[key])


def test_long_subject(stack):
    """An issuer with subjects that are longer than an index row may be."""
    token = jwt.encode({
        "iss": "https://local.example/", "aud": "creel", "exp": 1 << 33,
        "sub": "".join(generator("subject").choices(string.printable, k=3000)),
        "scope": "datasource.post", "applications": [stack.application]},
        (stack.dir / "es256.key").read_text(), "ES256")
    headers = {"ApiKey": None, "Authorization": f"Bearer {token}"}
    first = stack.post(b'{"n":1}', **headers, Idempotency_Key="long")
    repeated(stack.post(b'{"n":1}', **headers, Idempotency_Key="long"), first)
    reused(stack.post(b'{"n":2}', **headers, Idempotency_Key="long"),
           event(first))


def test_new_token_in_the_query(stack):
    """A client of a form gets a new token before it sends a call again: the
    token in the URL says which client calls, not which call it is."""
    form = Form(stack, FIELDS)

    def call(more=""):
        token = stack.new_token("form.post", args=[
            "--lifetime", str(next(quixy_api.numbers) + 600)])
        return send(stack.url, "POST", f"{form.path}?api_key={token}{more}",
                    [("Content-Type", "application/json"),
                     ("Idempotency-Key", "k")], b'{"n":"1"}')

    first = call()
    repeated(call(), first)
    reused(call("&n=2"), event(first))


# -- the first response again

def test_response_code(stack):
    """Losant's webhooks respond with a status of their own."""
    for code in (201, 202, 204, 302, 404, 500):
        w = Webhook(stack, responseCode=code)
        first, again = (w.call(body=b"x", headers=[("webhook-id", "w")])
                        for _ in range(2))
        assert first.status == again.status == code
        assert not replayed(first) and w.events() == 1
        repeated(again, first)


def test_twilio(stack):
    """Twilio repeats its call with I-Twilio-Idempotency-Token and needs TwiML
    again."""
    w = Webhook(stack, verificationType="twilio")
    first, again = (w.call("GET", "?CallSid=CA1&Digits=1", headers=[
        ("I-Twilio-Idempotency-Token", "5a0ae2a2")]) for _ in range(2))
    assert b"<Response>" in first.body
    repeated(again, first)


def test_reply_again(stack):
    """A sender that timed out sends its call again: both wait for one reply,
    and it also comes to those that are late."""
    w = Webhook(stack, waitForReply=True)
    key = stack.new_key("webhook.reply")

    def call():
        return w.call(body=b"x", headers=[("Idempotency-Key", "k")])

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(call) for _ in range(2)]
        wait_for(lambda: re.search(r"^creel_held_requests 2$", metrics_api.ask(
            stack).body.decode(), re.M), "two calls that wait")
        id = w.column("id")
        assert reply(w, key, id, {
            "responseCode": 202, "headers": {"Idempotency-Replayed": "no"},
            "body": {"done": 1}}).status < 300
        answers = [c.result() for c in calls]
    assert sorted(map(replayed, answers)) == [False, True]
    answers.append(call())
    assert replayed(answers[2]) and w.events() == 1
    assert {(a.status, a.body, a.headers["Creel-Event"])
            for a in answers} == {(202, b'{"done": 1}', id)}


def test_quixy(stack):
    """A repeated call to a form gets the first request_id and status URL."""
    form = Form(stack, FIELDS)
    key = stack.new_key("form.post")
    for body in (b'{"n":"good"}', b'{"n":0}'):
        first, again = (post_form(form, key, body, body.hex())
                        for _ in range(2))
        assert json.loads(first.body)["request_id"] == event(first)
        repeated(again, first)


def test_metric(stack):
    """Repeats are counted by door; 422 is a status of its own."""
    def counts():
        text = metrics_api.ask(stack).body.decode()
        return [int(float(re.search(
            rf"^{re.escape(name)} (\S+)$", text, re.M)[1]))
            for name in ('creel_replayed_requests_total{door="pixon"}',
                         'creel_requests_total{door="pixon",status="422"}')]

    before = counts()
    for n in (1, 1, 1, 2, 2):
        stack.post(b'{"n":%d}' % n, Idempotency_Key="metric")
    assert [b - a for a, b in zip(before, counts())] == [2, 2]


# -- the database

def test_second_try(stack):
    """The reply to a commit is lost, and meanwhile another call gets the key:
    the second try of the same statement finds what the first one stored."""
    form = Form(stack, FIELDS)
    one, two = (f"01900000-0000-7000-8000-00000000000{n}" for n in (1, 2))

    def run(name, values):
        sql = (SOURCE / f"sql/query/{name}.sql").read_text()
        types = re.findall(r"^-- \$\d+ (\w+\[\])", sql, re.M)
        arrays = ", ".join("'{NULL}'" if v is None else
                           f"ARRAY[$x${v}$x$]::text[]::{t}"
                           for v, t in zip(values, types, strict=True))
        return stack.psql(f"PREPARE q AS {sql};\nEXECUTE q({arrays});",
                          "creel_worker")

    def store(id, fingerprint, status):
        hook = [form.application, id, form.id]
        run("EVENT_STORE_KEYED", [
            *hook, "2026-01-02T03:04:05Z", "POST", "/", "", "{}", None, "",
            "p", "r", status, None, None, "", None, None, None, "nothing", None,
            "k", fingerprint])
        return run("DEDUPE_FIND", [*hook[::2], "p", "k", fingerprint])

    assert store(one, "\\x01", "failed") == f"{one}|true"
    assert store(two, "\\x02", "success") == f"{two}|true"
    assert store(one, "\\x01", "failed") == f"{one}|true"
    assert store(two, "\\x02", "success") == f"{two}|true"
    assert store(one, "\\x03", "failed") == f"{two}|false"
    assert form.events() == 2


def test_key_expires_meanwhile(make_stack):
    """The retention deletes a key between the statement that finds it taken
    and the one that reads it: the sender is asked to send again."""
    stack = make_stack()
    stack.cluster.require("triggers on the log")
    stack.psql("""
        CREATE FUNCTION creel.lose() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RETURN NULL; END';
        CREATE TRIGGER lose BEFORE INSERT ON creel.dedupe FOR EACH ROW
            EXECUTE FUNCTION creel.lose()""")
    a = stack.post(Idempotency_Key="k")
    assert a.status == 503 and a.headers["Retry-After"]
    assert stack.events() == 0
    assert stack.post().status == 200


def test_key_deleted_meanwhile(make_stack):
    """An application is deleted, with its keys, between the statement that
    stores its event and the one that reads the key: the event is stored."""
    stack = make_stack()
    stack.cluster.require("triggers on the log")
    stack.psql("""
        CREATE FUNCTION creel.lose() RETURNS trigger LANGUAGE plpgsql
            SECURITY DEFINER AS 'BEGIN DELETE FROM creel.dedupe; RETURN NULL;
            END';
        CREATE TRIGGER lose AFTER INSERT ON creel.dedupe
            EXECUTE FUNCTION creel.lose()""")
    a = stack.post(Idempotency_Key="k")
    assert a.status == 200
    assert stack.psql("SELECT id FROM creel.event") == a.headers["Creel-Event"]


# -- any interleaving of calls

Call = collections.namedtuple("Call", "number caller hook method path query"
                              " body key headers url sent fails")


class Callers:
    """Senders of all doors with some credentials each, and the calls that they
    generate: few enough keys, paths and bodies that most of them meet."""

    def __init__(self, stack, name):
        self.random = generator(name)
        self.names = [("Idempotency-Key", 4), ("X-GitHub-Delivery", 1),
                      ("webhook-id", 1), ("ce-id", 1)]
        sources = [stack.new_hook() for _ in range(2)]
        webhook = Webhook(stack)
        forms = [Form(stack, FIELDS) for _ in range(2)]
        door = Door(stack)
        actions = [door.action(n) for n in ("one", "two")]
        keys = [[("ApiKey", k)] for k in (
            stack.new_key("datasource.post", "form.post"),
            stack.new_key("datasource.post", "form.post"))]
        keys.append([("Authorization", "Bearer " + stack.new_token(
            "datasource.post", "form.post"))])
        callers = [("x-webhook-apikey", door.key),
                   ("x-webhook-apikey", stack.new_key("action.call"))]
        self.doors = [
            lambda: self.data(self.random.choice(sources), keys),
            lambda: self.trigger(webhook),
            lambda: self.form(self.random.choice(forms), keys),
            lambda: self.action(self.random.randrange(2), actions, callers)]

    def data(self, hook, keys):
        caller = self.random.randrange(len(keys))
        path = "/hooks/incoming/" + hook[1]
        query = self.random.choice(["", "", "v=1"])
        return dict(caller=f"key {caller}", hook=hook[0], method="POST",
                    path=path, query=query, url=path, sent=query,
                    body=b'{"v":%d}' % self.random.randrange(3),
                    headers=keys[caller], fails=False)

    def trigger(self, webhook):
        path = self.random.choice(["/", "/a", "/b"])
        return dict(caller="webhook", hook=webhook.id, path=path, query="",
                    method=self.random.choice(["POST", "PUT", "DELETE"]),
                    url=f"/webhooks/{webhook.token}{path}", sent="",
                    body=self.random.choice([b"", b"x", b"\0", b"\xff"]),
                    headers=[], fails=False)

    def form(self, form, keys):
        caller = self.random.randrange(len(keys))
        body = self.random.choice([b'{"n":"1"}', b'{"n":"2"}', b'{"n":1}',
                                   b'{"n":2}', b'{"n":3}'])
        return dict(caller=f"key {caller}", hook=form.id, method="POST",
                    path=form.path, url=form.path, query="", sent="",
                    body=body, headers=keys[caller], fails=b'"' not in body[4:])

    def action(self, i, actions, callers):
        caller = self.random.randrange(len(callers))
        data = {"event_id": ("one", "two")[i],
                "sensor_data": self.random.randrange(2)}
        call = dict(caller=f"action {caller}", hook=actions[i]["id"],
                    path=ENDPOINT, url=ENDPOINT, query="", fails=False,
                    body=json.dumps(data).encode())
        if self.random.random() < 0.5:
            return dict(call, method="POST", sent="",
                        headers=[callers[caller]])
        return dict(call, method="GET", headers=[], sent=urllib.parse.urlencode(
            {"apiKey": callers[caller][1], "payload": encode(data)}))

    def key(self, number):
        """(header, value, source); most calls have a key."""
        if self.random.random() < 0.05:
            return None
        name, = self.random.choices([n for n, _ in self.names],
                                    [w for _, w in self.names])
        return (name, f"{number // 2000}-{self.random.randrange(3)}",
                self.random.choice("ab") if name == "ce-id" else None)

    def calls(self):
        """Calls without end."""
        for number in itertools.count():
            key = self.key(number)
            call = self.random.choice(self.doors)()
            headers = [*call.pop("headers")]
            if call["method"] != "GET":
                headers.append(("Content-Type", "application/json"))
            if key is not None:
                headers.append(key[:2])
                if key[2] is not None:
                    headers.append(("ce-source", key[2]))
            yield Call(number=number, key=key, headers=headers, **call)

    @staticmethod
    def same(c):
        """Calls for which this is equal are the same call."""
        return (c.hook, c.caller, c.key, c.method, c.path, c.query, c.body)


def send_all(stack, calls, done, threads=16, again=()):
    """Sends the calls from many threads; adds (call, response) pairs to done.
    again: statuses with which a call is repeated; 0 is a broken connection."""
    port = urllib.parse.urlsplit(stack.url).port
    todo, lock, ending = iter(calls), threading.Lock(), threading.Event()

    def once(c, call):
        try:
            c.putrequest(call.method, call.url + (call.sent and "?") +
                         call.sent, skip_accept_encoding=True)
            for name, value in call.headers:
                c.putheader(name, value)
            if call.method != "GET":
                c.putheader("Content-Length", str(len(call.body)))
            c.endheaders(None if call.method == "GET" else call.body)
            a = c.getresponse()
            a.body = a.read()
            return a
        except (OSError, http.client.HTTPException):
            c.close()
            if 0 not in again:
                raise
            return None

    def answered(c, call):
        assert not ending.is_set()
        a = once(c, call)
        return None if a is None or a.status in again else a

    def work():
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.closing(c):
            while True:
                with lock:
                    call = next(todo, None)
                if call is None:
                    return
                a = wait_for(lambda: answered(c, call), "a response", 300)
                done.append((call, a))

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(work) for _ in range(threads)]
        try:
            for job in jobs:
                job.result()
        finally:
            ending.set()


Event = collections.namedtuple("Event", "id hook principal method path query"
                               " body key status")


def read_events(stack):
    """All events by ID, as PostgreSQL has them."""
    rows = stack.psql("""SELECT json_build_array(id, hook_id, principal, method,
        path, coalesce(query, ''), encode(body, 'hex'), headers, status)
        FROM creel.event""").splitlines()
    found = {}
    for row in map(json.loads, rows):
        names = {n.lower(): n for n in (
            "Idempotency-Key", "X-GitHub-Delivery", "webhook-id", "ce-id")}
        key = [(names[n], v, row[7].get("ce-source"))
               for n, v in row[7].items() if n in names]
        found[row[0]] = Event(*row[:6], bytes.fromhex(row[6]),
                              key[0] if key else None, row[8])
    return found


def check(events, answers, lost):
    """The rules of keys, for whatever order the calls were stored in. lost:
    responses may have been lost, so that a stored call is only seen
    replayed."""
    principals = collections.defaultdict(set)
    stored, refused, fresh = {}, collections.defaultdict(set), set()
    for call, a in answers:
        if a.status == 422:
            assert call.key[0] == "Idempotency-Key", call
            refused[Callers.same(call)].add(
                ID.findall(a.body.decode())[0])
            continue
        assert a.status == 200, (call, a.status, a.body)
        id = a.headers["Creel-Event"]
        e = events[id]
        assert (e.hook, e.method, e.path, e.query, e.body, e.key) == (
            call.hook, call.method, call.path, call.query, call.body,
            call.key), call
        assert (e.status == "failed") == call.fails
        principals[call.caller].add(e.principal)
        again = a.headers["Idempotency-Replayed"] == "true"
        if not again:
            assert id not in fresh, call
            fresh.add(id)
        if call.key is not None:
            assert stored.setdefault(Callers.same(call), id) == id, call
        else:
            assert not again
    # Each caller has its own name.
    assert all(len(names) == 1 for names in principals.values())
    # Stored or rejected, not both; no event twice, and none without a call.
    assert not stored.keys() & refused.keys()
    assert len(set(stored.values())) == len(stored)
    known = set(stored.values()) | fresh
    assert lost or (events.keys() == known and known == fresh)
    assert lost or len(events) == len(stored) + sum(
        call.key is None for call, _ in answers)
    # One event has the key; rejections name it.
    holders = {}
    for same, id in stored.items():
        if same[2][0] == "Idempotency-Key" and events[id].status != "failed":
            assert holders.setdefault((*same[:2], same[2][:2]), id) == id
    for same, ids in refused.items():
        assert ids == {holders[(*same[:2], same[2][:2])]}
    return stored, refused


def serve(stack, workers):
    """Starts more workers on the same socket; returns all of them."""
    first = stack.worker
    more = [stack.start_worker() for _ in range(workers - 1)]
    stack.worker = first
    wait_for(lambda: stack.logs().count("serving with") >= workers, "workers")
    return [first, *more]


def test_any_interleaving(make_stack):
    """Calls of many senders on three workers: each is stored exactly once or
    rejected, each 2xx names an event with the sender's bytes, and no call is
    thrown away."""
    stack = make_stack(losant_rate=0)
    callers = Callers(stack, "keys")
    workers = serve(stack, 3)
    answers = []
    send_all(stack, itertools.islice(callers.calls(), CASES), answers)
    assert len(answers) == CASES
    stored, refused = check(read_events(stack), answers, lost=False)
    # The generator's calls did meet.
    assert CASES < 1000 or (len(stored) < CASES / 2 and refused)
    for w in workers[1:]:
        assert stack.stop_worker(worker=w) == 0


def test_interleaving_with_faults(make_stack):
    """Workers and PostgreSQL are killed between the commit and the response.
    Senders repeat what was not answered, and nothing is stored twice. Their
    calls last until the service has recovered from each fault."""
    stack = make_stack(losant_rate=0)
    callers = Callers(stack, "faults")
    answers = []

    def wait_for_answers():
        enough = len(answers) + 60
        wait_for(lambda: len(answers) >= enough, "answers", 120)

    def break_things():
        for what in ("worker", "database", "worker", "database", "worker"):
            wait_for_answers()
            if what == "database":
                stack.cluster.end("kill")
                stack.cluster.start()
            else:
                stack.stop_worker(signal.SIGKILL)
                stack.start_worker()
        wait_for_answers()

    assert stack.url
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        breaks = pool.submit(break_things)
        calls = itertools.takewhile(lambda _: not breaks.done(),
                                    callers.calls())
        send_all(stack, calls, again=(0, 502, 503, 504), done=answers)
        breaks.result()
    check(read_events(stack), [
        (c, a) for c, a in answers if c.key is not None], lost=True)
    keyed = collections.Counter(
        (e.hook, e.principal, e.method, e.path, e.query, e.body, e.key)
        for e in read_events(stack).values() if e.key is not None)
    assert set(keyed.values()) == {1}
