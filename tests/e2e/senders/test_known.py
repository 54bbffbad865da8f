# SPDX-License-Identifier: ISC
"""Each sender that creel-senders(7) lists, with the settings that it lists: its
calls are read back as they were sent, its handshake succeeds."""
import base64
import concurrent.futures
import json
import re

import pytest

from conftest import SOURCE, wait_for
from feed_api import Reader
from known_senders import CALLS, HANDSHAKES, JSON
from webhook_api import Webhook, reply


def manual():
    """Returns the items of each sender's entry in the manual, by name."""
    page = (SOURCE / "man/creel-senders.7").read_text()
    listed = page.split("\n.Sh KNOWN SENDERS\n")[1].split("\n.Sh ")[0]
    found = {}
    for entry in listed.split("\n.Ss ")[1:]:
        name, *items = re.split(r"\n\.It |\n\.Bl .*|\n\.El", entry)
        found[name] = dict(i.split("\n", 1) for i in items if i)
    return found


MANUAL = manual()
SETTINGS = {name: {} if items["Settings"] == "None." else
            json.loads(items["Settings"].removeprefix(".Ql "))
            for name, items in MANUAL.items()}
REPEATS = [name for name, calls in CALLS.items()
           if any(c.repeats for c in calls)]


def test_list():
    """The manual and this file have the same senders, in order."""
    assert list(MANUAL) == list(CALLS)
    assert list(MANUAL) == sorted(MANUAL, key=str.lower)
    assert len(MANUAL) > 50


@pytest.mark.parametrize("name", MANUAL)
def test_entry(name):
    """The headers that the manual names are sent, and the handshakes that it
    describes are tried."""
    items = MANUAL[name]
    assert set(items) <= {"Call", "Repeats", "Response", "Signature",
                          "Handshake", "Settings", "Note"}
    sent = {h.lower() for c in CALLS[name] for h in c.headers}
    for item in "Repeats", "Signature":
        named = re.findall(r"^\.Cm ([A-Za-z]+(?:-[A-Za-z0-9]+)+)",
                           items.get(item, ""), re.M)
        assert {h.lower() for h in named} <= sent
    recognized = items["Repeats"].startswith(".Cm") and \
        "idempotency_headers" not in items["Repeats"]
    assert recognized == (name in REPEATS)
    text = items.get("Handshake", "")
    assert (name in HANDSHAKES) == bool(
        re.search(r"by Creel|a program|^GET", text, re.I)), text
    if name in HANDSHAKES and HANDSHAKES[name].reply is not None:
        assert text.startswith("Not supported.")


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


@pytest.fixture(scope="module")
def reader(stack):
    return Reader(stack, stack.new_key("event.body", "webhook.reply"))


def headers_of(call, settings):
    user = settings.get("basicAuthUsername")
    word = f"{user}:{settings.get('basicAuthPassword')}".encode()
    return [*([("Content-Type", call.type)] if call.type else []),
            *([("Authorization", "Basic " + base64.b64encode(word).decode())]
              if user else []), *call.headers.items()]


def newest(webhook, before):
    return wait_for(lambda: (e := webhook.column("id")) != before and e,
                    "an event")


def exchange(webhook, reader, answer, *args):
    """Sends a request, and the reply to it, unless answer is None; returns
    the response."""
    if answer is None:
        return webhook.call(*args)
    before = webhook.column("id")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        response = pool.submit(webhook.call, *args)
        event = newest(webhook, before)
        assert reply(webhook, reader.key, event, answer).status == 200
        return response.result(50)


def post(webhook, reader, call, settings):
    return exchange(webhook, reader, call.reply, call.method, call.more,
                    call.body, headers_of(call, settings))


def check_event(reader, event, call, settings):
    """The feed's item and the body."""
    data = json.loads(reader.get(f"/{event}").body)["data"]
    assert data["body"] == call.read
    assert data["method"] == call.method.lower()
    path, _, query = call.more.partition("?")
    assert data["path"] == (path or "/")
    assert data["query"] == dict(p.split("=") for p in query.split("&") if p)
    for name, value in call.headers.items():
        assert data["headers"][name.lower()] == value
    assert ("authorization" in data["headers"]) == (
        "Authorization" in call.headers or "basicAuthUsername" in settings)
    a = reader.get(f"/{event}/body")
    assert a.status == 200 and a.body == call.body
    assert a.headers["Content-Type"] == (
        call.type or "application/octet-stream")


@pytest.mark.parametrize("name", CALLS)
def test_call(stack, front, reader, name):
    settings = SETTINGS[name]
    webhook = Webhook(stack, **settings)
    for call in CALLS[name]:
        a = post(webhook, reader, call, settings)
        assert a.status == call.status
        if settings.get("verificationType") == "twilio":
            assert a.headers["Content-Type"] == "text/xml"
        if call.reply:
            assert json.loads(a.body) == call.reply["body"]
        check_event(reader, a.headers["Creel-Event"], call, settings)
    assert webhook.events() == len(CALLS[name])


@pytest.mark.parametrize("name", [n for n, s in SETTINGS.items()
                                  if "basicAuthUsername" in s])
def test_without_password(stack, name):
    webhook = Webhook(stack, **SETTINGS[name])
    a = webhook.call(body=CALLS[name][0].body)
    assert a.status == 401
    assert a.headers["WWW-Authenticate"].startswith("Basic ")
    assert webhook.events() == 0


@pytest.mark.parametrize("name", HANDSHAKES)
def test_handshake(stack, front, reader, name):
    h = HANDSHAKES[name]
    settings = SETTINGS[name]
    if h.reply is not None:
        settings = {**settings, "waitForReply": True}
    webhook = Webhook(stack, **settings)
    a = exchange(webhook, reader, h.reply, h.method, h.more, h.body,
                 list(h.headers.items()))
    assert a.status == h.status
    if h.type == JSON:
        assert json.loads(a.body) == json.loads(h.answer)
    else:
        assert a.body == h.answer
    assert h.type is None or a.headers["Content-Type"] == h.type
    for header, value in h.sets.items():
        assert a.headers[header] == value
    # Creel's own responses leave no event, except to a simple GET.
    answered = h.reply is None and name != "Mailchimp"
    assert webhook.events() == (0 if answered else 1)


@pytest.mark.parametrize("name", REPEATS)
def test_repeat(stack, reader, name):
    """A call that is sent again is one event; another one is not lost."""
    settings = SETTINGS[name]
    webhook = Webhook(stack, **settings)
    call = next(c for c in CALLS[name] if c.repeats)
    first, again = (post(webhook, reader, call, settings) for _ in range(2))
    assert first.status == again.status == call.status
    assert first.headers["Creel-Event"] == again.headers["Creel-Event"]
    assert webhook.events() == 1
