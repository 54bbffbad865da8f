# SPDX-License-Identifier: ISC
"""
Senders that put credentials where they do not belong: neither an access log nor
Creel's log nor an event shows them, however they are spelled.
"""
import base64
import urllib.parse

import pytest

import seeded
from access_log import STARS, access_log
from conftest import wait_for
from raw_http import send_bytes
from webhook_api import Webhook

COLUMNS = "path, query, query_json, headers, content_type"


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0)


@pytest.fixture(scope="module")
def webhook(stack):
    return Webhook(stack)


@pytest.fixture(scope="module")
def secrets(stack, webhook):
    """By kind: the secret, and a text that shows it for what it is."""
    return {"key": (stack.api_key, stack.api_key),
            "jwt": (stack.token, stack.token),
            "webhook": (webhook.token, f"/webhooks/{webhook.token}")}


def raw(front, target, headers=(), method="POST"):
    """Sends a request that has no body; the response does not matter."""
    lines = [f"{method} {target} HTTP/1.1", "Connection: close",
             "Content-Length: 0", *headers]
    if not any(h.startswith("Host:") for h in headers):
        lines.append("Host: localhost")
    send_bytes(front, "\r\n".join([*lines, "", ""]).encode("latin-1"))


def spellings(text):
    """A text, and what a reader can decode it to."""
    for _ in range(5):
        yield text
        text = urllib.parse.unquote(text, errors="replace")


def shown(text, secret):
    return any(secret in spelled for spelled in spellings(text))


def encoded(rng, text):
    """Percent-encodes some characters, a few of them twice."""
    def one(c):
        return rng.choice(["%%%02X", "%%%02x", "%%25%02x"]) % ord(c) \
            if rng.random() < share else c
    share = rng.choice([0, 0.03, 0.3, 1])
    return "".join(map(one, text))


# Where it is, in which kinds of credentials a reader knows it, what is logged.
PLACES = {
    "path": ("/webhooks/{hook}/a/{s}", ()),
    "path of another door": ("/hooks/incoming/{s}/b", ()),
    "path of the host": ("/elsewhere/{s}/b", ()),
    "query": ("/webhooks/{hook}?a=1&x={s}&b=2", ()),
    "URL in a query": ("/webhooks/{hook}?u=https://h{s}", ()),
    "name in a query": ("/webhooks/{hook}?{s}=1", ()),
    "query of a list": ("/applications/x/webhooks?a={s}", ()),
    "query with an ID": ("/applications/x/webhooks/0123?a={s}&b", ()),
    "path twice": ("/webhooks/{hook}/webhooks/{s}", ()),
    "absolute URI": ("http://h/webhooks/{hook}/{s}", ()),
    "User-Agent": ("/webhooks/{hook}", ("User-Agent: x/1 (+https://h{s}) y",)),
    "User-Agent alone": ("/elsewhere", ("User-Agent: {s}",)),
    "Referer": ("/webhooks/{hook}", ("Referer: https://h/{s}?x",)),
    "Host": ("/webhooks/{hook}", ("Host: {s}",)),
    "Content-Type": ("/webhooks/{hook}", ("Content-Type: text/plain; a={s}",)),
    "another header": ("/webhooks/{hook}", ("X-Callback: https://h{s}",)),
}


def stored(stack):
    return stack.psql(f"SELECT concat_ws(' ', {COLUMNS}) FROM creel.event")


@pytest.mark.parametrize("place", PLACES)
def test_places(stack, front, webhook, secrets, place):
    """Each kind of credential in each place, as it is and percent-encoded."""
    target, headers = PLACES[place]
    for kind, (secret, text) in secrets.items():
        for spelled in (text, text[:-4] + f"%{ord(text[-4]):02X}" + text[-3:],
                        "".join(f"%{ord(c):02x}" for c in text),
                        "".join(f"%25{ord(c):02x}" for c in text)):
            before = access_log(front).count("\n")
            raw(front, target.format(hook=webhook.token, s=spelled),
                [h.format(s=spelled) for h in headers])
            wait_for(lambda: access_log(front).count("\n") > before, spelled)
            assert not shown(access_log(front), secret), (kind, spelled)
            assert not shown(stored(stack), secret), (kind, spelled)
    assert not any(shown(stack.logs(), s) for s, _ in secrets.values())


def test_control_characters(stack, front, webhook, secrets):
    """A character that JSON escapes comes before the end of a credential: the
    escape stays whole, and the call is stored."""
    for _, text in secrets.values():
        for n in range(1, 0x20):
            for tail in (text, text[1:]):
                before = stack.events()
                raw(front, f"/webhooks/{webhook.token}?x=%{n:02X}{tail}")
                assert stack.events() == before + 1, (n, tail)
    assert "rejected" not in stack.logs()


def test_generated(stack, front, webhook, secrets):
    """The same with characters encoded at random."""
    rng = seeded.generator(f"masks {front.kind}")
    # These start a process for each request, or for each few.
    slow = front.kind in ("apache-cgi", "apache-fcgid")
    for _ in range(seeded.CASES // (20 if slow else 1)):
        _, text = secrets[rng.choice(list(secrets))]
        target, headers = PLACES[rng.choice(list(PLACES))]
        spelled = encoded(rng, text)
        # A token in the path may be encoded too.
        hook = encoded(rng, webhook.token)
        raw(front, target.format(hook=hook, s=spelled),
            [h.format(s=spelled) for h in headers],
            rng.choice(["GET", "POST", "PUT"]))
    raw(front, "/elsewhere", ["User-Agent: the-end"])
    wait_for(lambda: "the-end" in access_log(front), "the last line")
    for text in (access_log(front), stored(stack), stack.logs()):
        for secret, _ in secrets.values():
            if shown(text, secret):
                pytest.fail("\n".join(line for line in text.split("\n")
                                      if shown(line, secret)))


FILLERS = ["eyJ", "%2f", "%25", "%2525", "ck_", "webhooks/", "webhooks", "//",
           "%", "&;", "?", "=", "%2", "http://", "a:", "eyJ.", "webhooks//",
           "%77ebhooks", "c%6b_", "/", ".", "-", "&x", "%&", "%=", "@", "a@"]


def test_long(front, secrets):
    """A long text that begins like many credentials does not stop the masks."""
    for filler in FILLERS:
        for start in ("/", "/x?", "/applications/x?"):
            text = start + filler * (8000 // len(filler))
            for secret, shape in secrets.values():
                before = access_log(front).count("\n")
                raw(front, f"{text}{shape}", [f"User-Agent: {text}{shape}"])
                wait_for(lambda: access_log(front).count("\n") > before, text)
                line = access_log(front).rstrip().split("\n")[-1]
                assert not shown(line, secret), (start, filler)


# Requests with a password, and what is logged of them.
PASSWORDS = {
    "http://u:Hush-1@h/elsewhere": f"http://{STARS}@h/elsewhere",
    "http://u:Hush-1@h/applications?a=@b": f"http://{STARS}@b",
    "http://u:Hu/sh-1@h/x": f"http://{STARS}@h/x",
    "https://Hush-1@h/webhooks/x": f"https://{STARS}@h/webhooks/{STARS}",
    "u:Hush-1@h:443": f"{STARS}@h:443",
    "/x?u=https://u:Hush-1@h/y": f"/x?u=https:{STARS}",
    "/x?u=https%3A%2F%2Fu%3AHush-1%40h": f"/x?u=https%3A{STARS}",
    "/x?u=a@b.example&b=https://c/d": "/x?u=a@b.example&b=https://c/d",
    "/@u/x": "/@u/x"}


def test_passwords(front):
    """Clients of a proxy, and tools that were given a URL with a password."""
    for target, want in PASSWORDS.items():
        before = access_log(front).count("\n")
        raw(front, target)
        wait_for(lambda: access_log(front).count("\n") > before, target)
        # Apache does not log the request line of some that it rejects.
        line = access_log(front).rstrip().split("\n")[-1]
        assert f'"POST {want} HTTP/1.1"' in line or '"-" 400' in line, line
    raw(front, "/x", ["User-Agent: mark (+https://u:Hush-1@h/)"])
    raw(front, "/x", ["User-Agent: the-end"])
    wait_for(lambda: "the-end" in access_log(front), "the last line")
    assert "Hush-1" not in access_log(front)


def test_user_name(front, stack):
    """Senders that send the API key as the user name, as Stripe's API wants
    its own."""
    text = base64.b64encode(f"{stack.api_key}:".encode()).decode()
    raw(front, "/x", [f"Authorization: Basic {text}", "User-Agent: user-name"])
    wait_for(lambda: "user-name" in access_log(front), "the line")
    assert stack.api_key not in access_log(front)


AGENTS = ["GitHub-Hookshot/044aadd", "Stripe/1.0 (+https://stripe.com/docs/"
          "webhooks)", "Linear-Webhooks/1.0", "Mozilla/5.0 (X11; Linux x86_64)",
          "bot (admin@h.example; https://h.example/about)", "surveyJS.min.js"]


def test_agents(front):
    """Other User-Agents are logged as they are; none is a dash."""
    for agent in AGENTS:
        raw(front, "/x", [f"User-Agent: {agent}"])
        wait_for(lambda: f'"{agent}"\n' in access_log(front), agent)
    raw(front, "/no-agent")
    wait_for(lambda: '/no-agent HTTP/1.1" 404' in access_log(front) or
             '/no-agent HTTP/1.1" 403' in access_log(front), "the line")
    assert access_log(front).rstrip().endswith('"-" "-"')


def test_foreign_jwt(stack, webhook):
    """A sender that signs with a JWT of its own, such as Plaid: the reader
    verifies the sender by it, so it is stored."""
    def part(text):
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    jwt = ".".join([part(b'{"alg":"ES256"}'),
                    part(b'{"iss":"https://foreign.example/"}'), "c2ln"])
    a = webhook.call(body=b"{}", headers=[("Plaid-Verification", jwt)])
    assert a.status == 200
    assert webhook.column("headers->>'plaid-verification'") == jwt
