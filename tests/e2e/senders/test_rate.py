# SPDX-License-Identifier: ISC
"""Somebody who guesses passwords must not use up the rate of the sender that
knows the password."""
import base64
import json
import time

import pytest

from conftest import send
from webhook_api import Webhook

WINDOW = 10  # seconds: RATE_WINDOW_MS
RATE = 5


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=RATE)


def basic(user, password):
    word = base64.b64encode(f"{user}:{password}".encode()).decode()
    return [("Authorization", f"Basic {word}")]


def in_one_window(make, calls):
    """Returns the statuses of the calls, all in one window, to a new hook."""
    while True:
        hook, window = make(), time.monotonic() // WINDOW
        found = [call(hook).status for call in calls]
        if time.monotonic() // WINDOW == window:
            return hook, found


def wrong(hook):
    return hook.call(body=b"{}", headers=basic("u", "wrong"))


def right(hook):
    return hook.call(body=b"{}", headers=basic("u", "p"))


@pytest.mark.parametrize("calls, statuses", [
    ([wrong] * (RATE + 3) + [right] * (RATE + 1),
     [401] * RATE + [429] * 3 + [200] * RATE + [429]),
    ([right] * (RATE + 1) + [wrong] * (RATE + 1),
     [200] * RATE + [429] + [401] * RATE + [429]),
    ([wrong, right] * (RATE + 1), [401, 200] * RATE + [429, 429])],
    ids=["wrong first", "right first", "in turn"])
def test_wrong_passwords(stack, front, calls, statuses):
    """Failures and calls have the same rate, each for itself."""
    webhook, found = in_one_window(
        lambda: Webhook(stack, basicAuthUsername="u", basicAuthPassword="p"),
        calls)
    assert found == statuses
    assert webhook.events() == RATE


def test_too_many_wrong_passwords(stack):
    """The error is that of too many calls."""
    webhook = Webhook(stack, basicAuthPassword="p")
    answers = [wrong(webhook) for _ in range(4 * RATE)]
    over = [a for a in answers if a.status == 429]
    assert over and {a.status for a in answers} == {401, 429}
    for a in over:
        assert json.loads(a.body) == {
            "error": "Over rate limit, request throttled"}
        assert 1 <= int(a.headers["Retry-After"]) <= WINDOW


def test_wrong_passwords_of_another_webhook(stack):
    other = Webhook(stack, basicAuthPassword="p")
    webhook, found = in_one_window(
        lambda: Webhook(stack, basicAuthUsername="u", basicAuthPassword="p"),
        [lambda _: wrong(other)] * (RATE + 1) + [wrong, right])
    assert found[RATE:] == [429, 401, 200]


def test_rejected_calls_of_a_form(stack):
    """Calls without a credential do not use up the places of a form's history
    for calls that are rejected for another reason."""
    form = stack.made("form", "create", "--application", stack.application,
                      "--name", "f", "--field", "a:text",
                      "--usage", "Webhook")
    key = stack.new_key("form.post")
    path = f"/webhook/app/{form['appKey']}/incoming-data"
    media = ("Content-Type", "application/json")
    for _ in range(100):
        a = send(stack.url, "POST", path, [media, ("ApiKey", "x")], b"{}")
        assert a.status in (401, 429)
    a = send(stack.url, "POST", path, [media, ("ApiKey", key)], b"[")
    assert a.status == 400 and "request_id" in json.loads(a.body)
