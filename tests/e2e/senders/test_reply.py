# SPDX-License-Identifier: ISC
"""The headers of replies that a program composed, joined or trimmed
badly: a caller receives one valid media type and valid headers."""
import concurrent.futures
import json

import pytest

from conftest import wait_for
from webhook_api import Webhook, reply

JSON = "application/json"


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


@pytest.fixture(scope="module")
def webhook(stack):
    return Webhook(stack, waitForReply=True)


@pytest.fixture(scope="module")
def key(stack):
    return stack.new_key("webhook.reply")


def exchange(webhook, key, front, *replies):
    """Sends replies to one call until the last one, which must be accepted;
    returns the answers to the others, and to the call."""
    before = webhook.column("id")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(webhook.call, body=b"{}", url=front.url)
        event = wait_for(lambda: (e := webhook.column("id")) != before and e,
                         "an event")
        answers = [reply(webhook, key, event, r) for r in replies]
        assert answers.pop().status == 200
        return answers, call.result(50)


@pytest.mark.parametrize("given, sent", [
    ("text/plain", "text/plain"),
    ("text/csv;charset=utf-8", "text/csv;charset=utf-8"),
    ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
    ("text/plain ;charset=utf-8", "text/plain ;charset=utf-8"),
    ('text/plain; charset="utf-8"', 'text/plain; charset="utf-8"'),
    ('text/plain; a=",text/html"', 'text/plain; a=",text/html"'),
    ("  text/plain\t ", "text/plain"),
    ("text/plain;", "text/plain;"),
    ("text/plain ,text/html", JSON),
    ("text/plain, text/html", JSON),
    ("text/plain;charset=utf-8,text/html", JSON),
    ("text/plain text/html", JSON),
    ("text/plain ;,text/html", JSON),
    ("text/plain; charset=utf-8; charset=utf-7", JSON),
    ("text/plain; charset =utf-8", JSON),
    ("text/plain; charset", JSON),
    ('text/plain; a="', JSON),
    ('text/plain; a="x\\"', JSON),
    ("text/plain; a=<b>", JSON),
    ("text/plain/html", JSON),
    ("text", JSON),
    ("text/html", JSON),
    ("", JSON),
    (" ", JSON)])
def test_media_type(webhook, key, front, given, sent):
    """A list, or anything that is not exactly one media type, could be read
    by a browser as another type than the one that was checked."""
    _, a = exchange(webhook, key, front,
                    {"body": "x", "headers": {"Content-Type": given}})
    assert a.headers.get_all("Content-Type") == [sent]
    assert a.body == b"x"


@pytest.mark.parametrize("given, sent", [
    ("a", "a"), ("", ""), (" a b ", "a b"), ("\ta\t", "a"), ("a, b", "a, b"),
    ("a\tb", "a\tb"), ("\u00fc", "\u00fc"), ("\t", ""),
    ("a\r\nX-B: 1", None), ("a\u007f", None), ("\u0001", None)])
def test_value(webhook, key, front, given, sent):
    """Blanks at the ends are not part of a value; controls are refused."""
    _, a = exchange(webhook, key, front, {"headers": {"X-A": given}})
    found = a.headers["X-A"]
    assert sent == (found and found.encode("latin-1").decode())
    assert a.headers["X-B"] is None


@pytest.mark.parametrize("name", [
    "X A", "X:A", "X-A ", " X-A", "X(A)", 'X"A', "X,A", "X/A", "X\u00fc",
    "X\nA", "X@A", "[X]", "{X}", "X=A", "X;A", "X?A", ""])
def test_name(webhook, key, front, name):
    _, a = exchange(webhook, key, front,
                    {"headers": {name: "1", "X-Good": "2"}})
    assert a.headers["X-Good"] == "2"
    assert not [v for v in a.headers.values() if v == "1"]


@pytest.mark.parametrize("name, other", [
    ("Content-Type", "content-type"), ("X-A", "x-a"), ("ETag", "Etag")])
def test_duplicate(webhook, key, front, name, other):
    """A map that was merged from two sources: names differ in case only."""
    (refused,), a = exchange(
        webhook, key, front,
        {"headers": {name: "text/plain", other: "text/csv"}},
        {"headers": {name: "text/csv"}})
    assert refused.status == 400
    assert json.loads(refused.body) == {
        "type": "Validation",
        "message": f"headers: {other}: duplicate header"}
    assert a.headers.get_all(name) == ["text/csv"]


@pytest.mark.parametrize("given", [
    "text/html,a/b+json", "text/html, a/b+json", "text/html ,a/b+json",
    "text/html a/b+json", "text/html/b+json", "<b>/c+json"])
def test_media_type_of_a_data_source(stack, front, given):
    """Its value is returned under the type that it was sent with."""
    a = stack.post(url=front.url, Content_Type=given)
    assert a.status == 415
    assert json.loads(a.body)["detail"].startswith("Content-Type: ")
