# SPDX-License-Identifier: ISC
"""What a body reads as: the same for all readers, whatever senders send."""
import codecs
import gzip
import http.client
import json
import threading
import urllib.parse

import pytest

import seeded
from conftest import SOURCE, send
from quixy_api import User
from reading_api import Doors, exact, packed
from reading_oracle import (Refused, door_case, door_reads, unpacked,
                            webhook_case, webhook_reads)
from webhook_api import TYPES, Webhook

LIMIT = 64 << 10
BOM = codecs.BOM_UTF8


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(losant_rate=0, user_issuer="local", **{
        f"{door}_body_limit": LIMIT
        for door in ("losant", "pixon", "quixy", "wallboard")})


@pytest.fixture(scope="module")
def doors(stack):
    return Doors(stack)


def called(stack, body, type=None, settings=None, url=None, **headers):
    """Calls a new webhook; returns the response."""
    headers = [(k.replace("_", "-"), v) for k, v in headers.items()]
    if type is not None:
        headers.append(("Content-Type", type))
    return Webhook(stack, **settings or {}).call(body=body, headers=headers,
                                                 url=url)


def stored(a):
    assert a.status == 200, a.body
    return a.headers["Creel-Event"]


def numbers(*values):
    """As exact() reads them."""
    return [("number", str(v)) for v in values]


# -- NUL bytes

def test_nul_after_json(stack, doors):
    """Firmware that sends sizeof(buffer) instead of strlen(buffer)."""
    body = b'{"temp":21.5}\0'
    event = stored(called(stack, body, TYPES["json"]))
    assert doors.read(event) == '{"temp":21.5}\0'
    assert doors.bytes(event).body == body


def test_nul_in_text(stack, doors):
    """C programs that log two strings as one."""
    event = stored(called(stack, b"a\0b", "text/plain"))
    assert doors.read(event) == "a\0b"


@pytest.mark.parametrize("cast, value", [
    ("array", numbers(1, 3, 0, 0, 0, 2)), ("hex", "010300000002"),
    ("base64", "AQMAAAAC"), ("binary", "\1\3\0\0\0\2")], ids=range(4))
def test_bytes_without_a_type(stack, doors, cast, value):
    """Modbus gateways that post a frame, without Content-Type."""
    event = stored(called(stack, b"\1\3\0\0\0\2",
                          settings={"castBuffersAs": cast}))
    assert doors.read(event) == value


@pytest.mark.parametrize("body, value", [
    (b"\1\3\2", numbers(1, 3, 2)),
    (b"a\x1b[0m\tb\r\n\f", "a\x1b[0m\tb\r\n\f"),
    ("é".encode(), "é"), (b"\xe9", numbers(0xe9)),
    (b'{"a":1}', '{"a":1}')], ids=range(5))
def test_controls_without_a_type(stack, doors, body, value):
    """The rule of browsers: frames are bytes with and without a NUL, a coloured
    log is text."""
    assert doors.read(stored(called(stack, body))) == value


@pytest.mark.parametrize("type", ["multipart/form-data; boundary=b",
                                  "multipart/form-data"])
def test_multipart_with_a_nul(stack, doors, type):
    """Uploads that were cut off, or without their boundary."""
    body = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\0\xff'
    event = stored(called(stack, body, type))
    assert doors.read(event) == body.decode("utf-8", "replace")
    assert doors.bytes(event).body == body


def test_too_large_form_with_a_nul(stack, doors):
    """More pairs than a form may have: text, as without the NUL."""
    body = b"&".join([b"a=\0"] * 1001)
    event = stored(called(stack, body, TYPES["form"]))
    assert doors.read(event) == body.decode()


# -- content codings

CODINGS = [("gzip",), ("x-gzip",), ("GZIP",), ("deflate",), ("raw",),
           ("identity",), ("utf-8",), ("deflate", "gzip"),
           ("gzip", "identity", "raw")]


def sent(body, codings):
    body, header = packed(body, [c.lower() for c in codings])
    return body, header.upper() if codings == ("GZIP",) else header


@pytest.mark.parametrize("codings", CODINGS, ids="-".join)
@pytest.mark.parametrize("name", ["pixon", "quixy", "wallboard", "losant"])
def test_codings(stack, doors, name, codings):
    """Logstash, Fluent Bit and Datadog compress; deflate is zlib's format by
    the standard, and raw from .NET; utf-8 is a charset where it does not
    belong."""
    text = b'{"event_id":"ev-1","n":{"a":1.50}}'
    body, header = sent(text, codings)
    a = called(stack, body, TYPES["json"], Content_Encoding=header) \
        if name == "losant" else \
        doors.post(name, body, Content_Encoding=header)
    event = stored(a)
    assert doors.read(event) == exact(text)
    a = doors.bytes(event)
    assert a.body == body
    assert a.headers["Content-Type"] == TYPES["json"]
    plain = set(codings) <= {"identity", "utf-8"}
    assert a.headers["Content-Encoding"] == (None if plain else ", ".join(
        {"raw": "deflate"}.get(c, c).lower() for c in codings
        if c != "identity"))
    assert a.headers["Content-Disposition"] == "attachment"
    assert a.headers["Content-Security-Policy"].startswith("sandbox")
    assert a.headers["X-Content-Type-Options"] == "nosniff"


def test_each_web_server(stack, front, doors):
    """No web server decodes, encodes or cuts off a body, in either
    direction."""
    text = b'{"event_id":"ev-1","n":{}}'
    for body, coding in ((gzip.compress(BOM + text), "gzip"),
                         (BOM + text, None)):
        for name in ("pixon", "quixy", "wallboard", "losant"):
            headers = {"Content_Encoding": coding} if coding else {}
            a = called(stack, body, TYPES["json"], url=front.url, **headers) \
                if name == "losant" else \
                doors.post(name, body, front.url, **headers)
            event = stored(a)
            assert doors.read(event) == exact(text)
            a = send(front.url, "GET", f"/applications/{stack.application}"
                     f"/events/{event}/body", [("ApiKey", doors.key)])
            assert (a.status, a.body) == (200, body)
            assert a.headers["Content-Encoding"] == coding
    for body, type, value in ((b"\1\3\0\0\0\2", None,
                               numbers(1, 3, 0, 0, 0, 2)),
                              (b'{"temp":21.5}\0', TYPES["json"],
                               '{"temp":21.5}\0'),
                              (b"\0", "text/plain", "\0")):
        event = stored(called(stack, body, type, url=front.url))
        assert doors.read(event) == value
        assert doors.bytes(event).body == body


@pytest.mark.parametrize("name", ["pixon", "quixy", "wallboard", "losant"])
@pytest.mark.parametrize("coding, body, status", [
    ("br", b"{}", 415), ("gzip, zstd", b"{}", 415), ("gzip;q=1", b"{}", 415),
    (", ".join(["gzip"] * 5), packed(b"{}", ["gzip"] * 5)[0], 415),
    ("gzip", b"{}", 400), ("gzip", gzip.compress(b"{}")[:-1], 400),
    ("gzip", gzip.compress(b"{}") + b"x", 400),
    ("gzip", gzip.compress(b"{}")[:-8] + b"\0" * 8, 400),
    ("deflate", b"\xff", 400),
    ("gzip", gzip.compress(b" " * LIMIT + b" "), 413),
    ("gzip, gzip", packed(b" " * (64 << 20), ["gzip"] * 2)[0], 413),
    ("deflate, gzip", packed(b" " * LIMIT + b" ", ["deflate", "gzip"])[0],
     413)], ids=range(12))
def test_bad_codings(stack, doors, name, coding, body, status):
    """Unknown codings, damaged data and bombs: refused for a reason in the
    door's dialect, and nothing is stored."""
    before = stack.events()
    a = called(stack, body, TYPES["json"], Content_Encoding=coding) \
        if name == "losant" else \
        doors.post(name, body, Content_Encoding=coding)
    assert a.status == status, a.body
    assert json.loads(a.body)
    # Quixy's history has the rejected call, without its body.
    assert stack.events() == before + (name == "quixy")


def test_bombs_use_no_memory(make_stack):
    """A bomb is decoded up to the limit, not to its end."""
    stack = make_stack(losant_rate=0, threads=1)
    hook = Webhook(stack)
    hook.call(body=b"{}")
    before = stack.resident("VmHWM")
    bomb = gzip.compress(b" " * (128 << 20))
    for _ in range(3):
        a = hook.call(body=bomb, headers=[("Content-Encoding", "gzip")])
        assert a.status == 413
    assert stack.sanitized or stack.resident("VmHWM") - before < 16 << 20


def test_decoded_at_the_limit(stack, doors):
    """The largest body, from the smallest one that is sent."""
    body = gzip.compress(b'"' + b"x" * (LIMIT - 2) + b'"')
    event = stored(called(stack, body, TYPES["json"], Content_Encoding="gzip"))
    assert doors.read(event) == "x" * (LIMIT - 2)


def test_gzip_with_members(stack, doors):
    """cat a.gz b.gz (RFC 1952 section 2.2)."""
    body = gzip.compress(b'{"a"') + gzip.compress(b":1}")
    event = stored(called(stack, body, TYPES["json"], Content_Encoding="gzip"))
    assert doors.read(event) == {"a": ("number", "1")}


def test_coding_of_nothing(stack, doors):
    """A health check with the headers of the real call."""
    event = stored(called(stack, b"", TYPES["json"], Content_Encoding="br"))
    assert doors.read(event) is None
    event = stored(called(stack, gzip.compress(b""), "text/plain",
                          Content_Encoding="gzip"))
    assert doors.read(event) == ""


def test_decoded_form(stack, doors):
    """A form, a file and a text are decoded, too."""
    for type, text, value in (
            (TYPES["form"], b"a=1&a=2", {"a": ["1", "2"]}),
            (TYPES["bytes"], b"\0\1", numbers(0, 1)),
            ("text/plain", "ü".encode(), "ü"),
            (None, b"\0", numbers(0)), (None, b"a", "a")):
        event = stored(called(stack, gzip.compress(text), type,
                              Content_Encoding="gzip"))
        assert doors.read(event) == value


def test_current_value_is_decoded(stack, doors):
    """A device reads the current value and need not know the coding."""
    hook, guid = stack.new_hook()
    text = b'{"a": 1.50}'
    for body, headers in ((text, {}), (BOM + text, {}), (
            gzip.compress(BOM + text), {"Content_Encoding": "gzip"})):
        stored(stack.post(body, datasource=guid, **headers))
        a = stack.get(stack.path(guid))
        assert (a.status, a.body) == (200, text)
        assert a.headers["Content-Encoding"] is None
        assert a.headers["Content-Type"] == "application/json"


def test_retry_of_a_decoded_call(stack, doors):
    """The retry checks the text that the door checked, and keeps its bytes."""
    body = gzip.compress(BOM + b'{"n":1}')
    event = stored(doors.post("quixy", body, Content_Encoding="gzip"))
    doors.form.change("settings = jsonb_set(settings, '{fields,0,type}', "
                      "'\"number\"')")
    try:
        key = stack.new_key("event.retry")
        a = send(stack.url, "POST", f"/applications/{stack.application}"
                 f"/events/{event}/retry", [("ApiKey", key)])
        assert a.status == 201, a.body
        again = json.loads(a.body)
        assert again["status"] == "success"
    finally:
        doors.form.change("settings = jsonb_set(settings, '{fields,0,type}', "
                          "'\"object\"')")
    assert doors.read(again["id"]) == {"n": ("number", "1")}
    a = doors.bytes(again["id"])
    assert (a.body, a.headers["Content-Encoding"]) == (body, "gzip")


def test_show_prints_what_it_reads_as(stack):
    """creelctl event show is for people, --body for programs."""
    body = gzip.compress(b'{"a":1}')
    event = stored(called(stack, body, TYPES["json"], Content_Encoding="gzip"))
    assert stack.creelctl("event", "show", event).stdout.endswith(
        '\n\n{"a":1}\n')


# -- charsets

@pytest.mark.parametrize("type, body, value", [
    ("text/plain; charset=ISO-8859-1", b"M\xfcller", "Müller"),
    ("text/plain;charset=windows-1252", b"5 \x80", "5 €"),
    ('text/xml; v=1; Charset="Windows-1252"', b"<\xfc/>", "<ü/>"),
    ("text/plain; charset=utf-16", "M\u00fc".encode("utf-16-le"), "Mü"),
    ("text/plain; charset=utf-16", "M\u00fc".encode("utf-16"), "Mü"),
    ("text/plain; charset=UTF-16LE", BOM[:0] + codecs.BOM_UTF16_BE +
     "ü".encode("utf-16-be"), "ü"),
    ("text/plain; charset=utf-16be", "😀".encode("utf-16-be"), "😀"),
    ("text/plain; charset=utf-16", b"a\0\0\0\0\xd8b", "a\0\ufffd"),
    ("text/plain; charset=us-ascii", "ü".encode(), "ü"),
    ("text/plain; charset=us-ascii", b"\xfc", "\ufffd"),
    ("text/plain; charset=windows-1252", b"\x81", "\ufffd"),
    ("text/plain; charset=shift_jis", "日本".encode("cp932"), "日本"),
    ("text/plain; charset=windows-1255", b"\xe0", "\u05d0"),
    ("text/plain; charset=klingon", b"M\xfc", "M\ufffd"),
    ("text/plain; charset=//TRANSLIT", b"M", "M"),
    ("text/plain; charset=", b"M", "M"), ("text/plain; charset", b"M", "M"),
    ("application/x-ndjson; charset=latin1", b"\xfc", "ü"),
    ("application/json; charset=iso-8859-1", b'{"a":"\xfc"}', {"a": "ü"}),
    ("application/json; charset=iso-8859-1", '{"a":"ü"}'.encode(),
     {"a": "ü"}),
    ("application/json; charset=utf-16", '["ü"]'.encode("utf-16"), ["ü"]),
    ("application/json; charset=iso-8859-1", b'{"a":"\xfc"', '{"a":"ü"'),
    ("application/json; charset=us-ascii", b"[]", [])], ids=range(23))
def test_charsets(stack, doors, type, body, value):
    """SAP, old PHP and .NET applications."""
    event = stored(called(stack, body, type))
    assert doors.read(event) == value
    assert doors.bytes(event).body == body


@pytest.mark.parametrize("name", ["pixon", "quixy", "wallboard"])
@pytest.mark.parametrize("charset", [
    "us-ascii", "iso-8859-1", '"windows-1252"', "utf-16", "klingon", ""])
def test_charset_of_json(doors, name, charset):
    """Libraries that label all JSON: JSON is UTF-8, whatever they say (RFC 8259
    section 11)."""
    type = f"application/json; charset={charset}"
    text = '{"event_id":"ev-1","n":{"ü":[]}}'
    for body in (text.replace("ü", "u").encode(), text.encode()):
        event = stored(doors.post(name, body, Content_Type=type))
        assert doors.read(event) == exact(body)
    for body in text.encode("latin-1"), text.encode("utf-16"):
        a = doors.post(name, body, Content_Type=type)
        assert a.status == 400 and b"JSON" in a.body


# -- byte order marks

@pytest.mark.parametrize("name", ["pixon", "quixy", "wallboard", "losant"])
def test_byte_order_mark(stack, doors, name):
    """PowerShell and Windows programs put one before JSON (RFC 8259 section
    8.1 lets a receiver skip it)."""
    text = b'{"event_id":"ev-1","n":{}}'
    a = called(stack, BOM + text, TYPES["json"]) if name == "losant" else \
        doors.post(name, BOM + text)
    event = stored(a)
    assert doors.read(event) == exact(text)
    assert doors.bytes(event).body == BOM + text


def test_byte_order_mark_of_other_requests(stack, doors):
    """Scripts of PowerShell create webhooks, get tokens and reply, too."""
    own = f"/applications/{stack.application}"
    hook = Webhook(stack, waitForReply=True)
    key = stack.new_key("webhooks.post", "webhook.patch", "webhook.reply")
    token = json.dumps({"secret_key": User(stack).key})
    for method, path, text, status in (
            ("POST", own + "/webhooks", '{"name":"bom"}', 201),
            ("PATCH", f"{own}/webhooks/{hook.id}", '{"name":"bom"}', 200),
            ("POST", "/webhook/token", token, 200),
            # There is no such call, but the body is valid.
            ("POST", f"{own}/webhooks/{hook.id}/replies/x", "{}", 404)):
        for mark in (b"", BOM):
            a = send(stack.url, method, path, [
                ("Authorization", f"Bearer {key}"),
                ("Content-Type", TYPES["json"])][token == text:],
                     mark + text.encode())
            assert a.status == status, (path, mark, a.body)


@pytest.mark.parametrize("type, body, value", [
    ("text/plain", BOM + b"a", "a"), (None, BOM + b"a", "a"),
    ("text/plain", BOM, ""), ("text/plain", BOM + BOM, "\ufeff"),
    (TYPES["json"], BOM + b"{", "{"), (TYPES["json"], b" " + BOM + b"1",
                                       " \ufeff1"),
    (TYPES["bytes"], BOM, numbers(*BOM))], ids=range(7))
def test_byte_order_mark_of_other_types(stack, doors, type, body, value):
    """Text without it, bytes with it."""
    assert doors.read(stored(called(stack, body, type))) == value


def test_byte_order_mark_of_a_payload(stack, doors):
    """A Wallboard payload in the query, made in PowerShell."""
    text = b'{"event_id":"ev-1"}'
    event = stored(doors.door.payload(BOM + text))
    assert doors.read(event) == {"event_id": "ev-1"}
    assert doors.bytes(event).body == BOM + text


def test_coding_of_a_payload(stack, doors):
    """A payload in the query was not compressed, whatever a GET says."""
    event = stored(doors.door.payload(
        b'{"event_id":"ev-1"}', headers=[("Content-Encoding", "gzip")]))
    a = doors.bytes(event)
    assert a.body == b'{"event_id":"ev-1"}'
    assert a.headers["Content-Encoding"] is None


# -- JSON that PostgreSQL might not accept

@pytest.mark.parametrize("body", [
    b'"\\u0000"', b'{"\\u0000":"\\ud800"}', b'"\\udc00\\ud800"', b"1e999999",
    b"-" + b"9" * 5000, b"0." + b"1" * 5000, b"[" * 512 + b"]" * 512,
    b'{"a":' * 511 + b"[]" + b"}" * 511, b'{"a":1,"a":2}', b"null",
    b' \t\r\n"\x7f"\n', '"\u2028\uffff\U0010ffff"'.encode(), b'""',
    b'"' + b"\\n" * 30000 + b'"', b"[" + b"0," * 30000 + b"0]"],
    ids=range(15))
@pytest.mark.parametrize("name", ["pixon", "losant"])
def test_json_that_jsonb_rejects(stack, doors, body, name):
    """All JSON that the door accepts can be read by all readers."""
    if name == "pixon":
        body = b'{"v":' + body + b"}" if body[:2] != b"[[" else \
            b'{"v":' + body[1:-1] + b"}"
        if body.count(b'{"a":') > 1:
            body = body[5:-1]
    a = doors.post(name, body) if name == "pixon" else \
        called(stack, body, TYPES["json"])
    assert doors.read(stored(a)) == exact(body)


def test_too_deep(stack, doors):
    """Not JSON for Creel: a string."""
    body = b"[" * 513 + b"]" * 513
    assert doors.read(stored(called(stack, body, TYPES["json"]))) == \
        body.decode()


def test_page_weight_of_decoded_bodies(make_stack):
    """A page has about 4 MiB, however small the compressed bodies are."""
    stack = make_stack(losant_rate=0, user_issuer="local",
                       losant_body_limit="1m")
    doors = Doors(stack)
    webhook = Webhook(stack)
    body = gzip.compress(b"x" * (1 << 20))
    for _ in range(6):
        webhook.call(body=body, headers=[("Content-Encoding", "gzip"),
                                         ("Content-Type", "text/plain")])
    page = doors.reader.page(hookId=webhook.id, limit=1000)
    assert page["count"] == 3 and page["more"]


def test_record_pages_of_decoded_calls(stack, doors):
    """So has a page of a form's records: about 1 MiB."""
    for _ in range(20):
        stored(doors.post("quixy", gzip.compress(
            b'{"n":{"x":"' + b"y" * 60000 + b'"}}'), Content_Encoding="gzip"))
    for order in "OLDEST", "NEWEST":
        sql = (SOURCE / f"sql/query/RECORD_{order}.sql").read_text()
        rows = stack.psql(f"PREPARE q AS {sql}; EXECUTE q('{stack.application}'"
                          f", '{doors.form.id}', NULL, NULL, '1000', NULL, "
                          f"NULL, '100', '{'9' * 18}')").splitlines()
        assert 1 < sum(len(r) > 60000 for r in rows) <= 17


# -- the property

SETTINGS = [{"castBuffersAs": c, "annotateMultipart": a}
            for c in ("array", "binary", "utf8", "base64", "hex")
            for a in (False, True)]


class Sender(threading.Thread):
    """Sends its share of the calls on a kept connection."""

    def __init__(self, stack, calls):
        super().__init__()
        self.port = urllib.parse.urlsplit(stack.url).port
        self.calls, self.answers = calls, []
        self.start()

    def run(self):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for method, path, headers, body in self.calls:
            c.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                c.putheader(name, value)
            c.putheader("Content-Length", str(len(body)))
            c.endheaders(body)
            r = c.getresponse()
            self.answers.append((r.status, r.headers, r.read()))
        c.close()


def send_all(stack, calls, threads=8):
    """Returns the responses, in the order of the calls."""
    senders = [Sender(stack, calls[i::threads]) for i in range(threads)]
    for s in senders:
        s.join()
        assert len(s.answers) == len(s.calls)
    found = [None] * len(calls)
    for i, s in enumerate(senders):
        found[i::threads] = s.answers
    return found


def expectation(oracle, *args):
    """(status, value): the value is None if the call is refused."""
    try:
        return 200, oracle(*args, LIMIT)
    except Refused as e:
        return e.args[0], None


@pytest.fixture(scope="module")
def calls(stack, doors):
    """Generated calls: (case, what is expected, the request)."""
    rng = seeded.generator("reading")
    hooks = [(Webhook(stack, **s), s) for s in SETTINGS]
    made = []
    for _ in range(seeded.CASES):
        name = rng.choice(["losant"] * 5 + list(doors.calls))
        headers = []
        if name == "losant":
            hook, settings = rng.choice(hooks)
            case = webhook_case(rng, LIMIT)
            path = f"/webhooks/{hook.token}"
            expected = expectation(webhook_reads, case, settings)
        else:
            case = door_case(rng, LIMIT)
            path, given = doors.calls[name]
            headers = [h for h in given if h[0] != "Content-Type"]
            expected = expectation(door_reads, case)
        if case.type is not None:
            headers.append(("Content-Type", case.type))
        if case.codings is not None:
            headers.append(("Content-Encoding", case.codings))
        made.append((case, expected, ("POST", path, headers, case.body)))
    return made


def feed_bodies(doors):
    """All events, in pages of 1000."""
    found, start = {}, {"order": "oldest"}
    while True:
        a = doors.reader.get(limit=1000, **start)
        page = exact(a.body)
        found.update((i["id"], i["data"]["body"]) for i in page["items"])
        if not page["more"]:
            return found
        start = {"cursor": page["cursor"]}


def test_generated_bodies(stack, doors, calls):
    """Readers and doors agree on what a body reads as, and /body returns its
    bytes with the headers to read them."""
    answers = send_all(stack, [request for _, _, request in calls])
    cases = {}
    for (case, (status, value), request), (was, headers, body) in zip(
            calls, answers):
        assert was == status, (case, request[1], body)
        if status == 200:
            cases[headers["Creel-Event"]] = case, value
    feed = feed_bodies(doors)
    views = {id: (exact(p)["data"]["body"], exact(b or "null"))
             for id, p, b in doors.rows(*cases)}
    assert len(views) == len(cases)
    for id, (case, value) in cases.items():
        assert feed[id] == value, case
        assert views[id] == (value, value), case
        # Null: there is no body, or it is JSON's, in any charset.
        assert value is not None or not case.body or b"null" in \
            unpacked(case.body, case.codings, LIMIT).replace(b"\0", b"")

    paths = [f"/events/{id}" for id in cases] + [
        f"/applications/{stack.application}/events/{id}/body"
        for id in cases]
    answers = send_all(stack, [
        ("GET", path, [("ApiKey", doors.key)], b"") for path in paths])
    for id, (status, _, body) in zip(cases, answers):
        assert status == 200 and exact(body)["body"] == cases[id][1]
    for id, (status, headers, body) in zip(cases, answers[len(cases):]):
        case, _ = cases[id]
        assert status == 200 and body == case.body
        assert headers["Content-Type"] == (
            case.type or "application/octet-stream") or not body
        assert unpacked(body, headers["Content-Encoding"], LIMIT) == \
            unpacked(body, case.codings, LIMIT)
