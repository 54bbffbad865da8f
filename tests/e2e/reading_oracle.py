# SPDX-License-Identifier: ISC
"""What a body must read as, by Python's own codecs; and bodies to try."""
import base64
import codecs
import collections
import gzip
import urllib.parse
import zlib

from reading_api import PACKERS, exact

BOM = codecs.BOM_UTF8
DEPTH = 512  # JSN_DEPTH_MAX
PAIRS = 1000  # URLENCODED_PAIRS_MAX
WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15, "identity": 0, "utf-8": 0}
CHARSETS = {"iso-8859-1": "latin-1", "windows-1252": "cp1252",
            "koi8-r": "koi8-r", "iso-8859-15": "iso8859-15",
            "utf-16": "utf-16-le", "utf-16be": "utf-16-be",
            "us-ascii": "utf-8", "utf-8": "utf-8"}
BINARY = set(range(9)) | {11} | set(range(14, 27)) | set(range(28, 32))
BOUNDARY = "=-(b)-="

Case = collections.namedtuple("Case", "body type codings")


class Refused(Exception):
    """The status of the response."""


# -- the oracle

def inflated(data, window, limit):
    """All members of a compressed body."""
    out = b""
    if window == 15 and not (len(data) > 1 and data[0] & 15 == 8 and
                             (data[0] << 8 | data[1]) % 31 == 0):
        window = -15
    while True:
        z = zlib.decompressobj(window)
        try:
            out += z.decompress(data, limit + 1 - len(out))
        except zlib.error:
            raise Refused(400) from None
        if len(out) > limit:
            raise Refused(413)
        data = z.unused_data
        if not z.eof or (data and window != 31):
            raise Refused(400)
        if not data:
            return out


def unpacked(data, codings, limit):
    """The body that came with this Content-Encoding, or None."""
    words = [w.strip() for w in (codings or "").lower().split(",")]
    words = [w for w in words if w] if data else []
    if set(words) - set(WINDOWS):
        raise Refused(415)
    windows = [WINDOWS[w] for w in words if WINDOWS[w]]
    if len(windows) > 4:
        raise Refused(415)
    if len(data) > limit:
        raise Refused(413)
    for window in reversed(windows):
        data = inflated(data, window, limit)
    return data


def as_json(text):
    """Raises ValueError if it is not JSON for Creel."""
    if too_deep(text):
        raise ValueError
    return exact(text)


def too_deep(text):
    """Brackets in strings do not count."""
    level = most = 0
    quoted = escaped = False
    for c in text:
        if quoted:
            quoted, escaped = escaped or c != '"', not escaped and c == "\\"
        elif c == '"':
            quoted = True
        elif c in "[{":
            level += 1
            most = max(most, level)
        elif c in "]}":
            level -= 1
    return most > DEPTH


def unmarked(text):
    return text[1:] if text[:1] == "\ufeff" else text


def numbers(values):
    return [("number", str(v)) for v in values]


def cast(data, how):
    return {"array": lambda: numbers(data),
            "binary": lambda: data.decode("latin-1"),
            "utf8": lambda: data.decode("utf-8", "replace"),
            "base64": lambda: base64.b64encode(data).decode(),
            "hex": data.hex}[how]()


codecs.register_error("as-latin-1", lambda e: (
    e.object[e.start:e.end].decode("latin-1"), e.end))


def field(data):
    """A value or name of a form."""
    return data.decode("utf-8", "as-latin-1").replace("\0", "\ufffd")


def multimap(pairs):
    found = collections.defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return {n: v[0] if len(v) == 1 else v for n, v in found.items()}


def form(data):
    pairs = [p for p in data.split(b"&") if p]
    if len(pairs) > PAIRS:
        raise ValueError

    def word(text):
        return field(urllib.parse.unquote_to_bytes(text.replace(b"+", b" ")))
    return multimap((word(n), word(v)) for n, _, v in
                    (p.partition(b"=") for p in pairs))


def multipart(data, type, settings):
    """Only what case_multipart() makes."""
    lines = data.split(b"\r\n--" + BOUNDARY.encode())
    if "boundary" not in type or not lines[-1].startswith(b"--\r\n"):
        raise ValueError
    pairs = []
    for part in lines[1:-1]:
        head, _, value = part[2:].partition(b"\r\n\r\n")
        head = head.decode()
        name = field(head.split('name="')[1].split('"')[0].encode())
        if "filename" not in head:
            pairs.append((name, field(value)))
            continue
        value = cast(value, settings["castBuffersAs"])
        pairs.append((name, {
            "filename": head.split('filename="')[1].split('"')[0],
            "contentType": "text/plain", "data": value}
            if settings["annotateMultipart"] else value))
    return multimap(pairs)


def charset_of(type):
    _, found, label = (type or "").partition("charset=")
    return CHARSETS.get(label.strip('"').lower()) if found else None


def converted(data, type):
    charset = charset_of(type) or "utf-8"
    if charset.startswith("utf-16"):
        charset = {codecs.BOM_UTF16_BE: "utf-16-be",
                   codecs.BOM_UTF16_LE: "utf-16-le"}.get(data[:2], charset)
    return unmarked(data.decode(charset, "replace"))


def read_json(data, type):
    try:
        return as_json(unmarked(data.decode("utf-8")))
    except ValueError:
        if charset_of(type) in (None, "utf-8"):
            raise
    return as_json(converted(data, type))


def is_binary(data):
    try:
        data.decode("utf-8")
    except ValueError:
        return True
    return not BINARY.isdisjoint(data)


def read_any(data, type, settings):
    """A decoded body of a webhook."""
    word = (type or "").split(";")[0].lower()
    readers = {"application/json": lambda: read_json(data, type),
               "application/x-www-form-urlencoded": lambda: form(data),
               "multipart/form-data": lambda: multipart(data, type, settings),
               "application/octet-stream":
                   lambda: cast(data, settings["castBuffersAs"])}
    if word.endswith("+json"):
        word = "application/json"
    try:
        if word in readers:
            return readers[word]()
    except ValueError:
        pass
    if word in readers or word.startswith("text/") or \
            word.endswith("xml") or charset_of(type) or not is_binary(data):
        return converted(data, type)
    return cast(data, settings["castBuffersAs"])


def webhook_reads(case, settings, limit):
    data = unpacked(case.body, case.codings, limit)
    return read_any(data, case.type, settings) if case.body else None


def door_reads(case, limit):
    """At a door that accepts a JSON object."""
    word = (case.type or "application/json").split(";")[0].lower()
    if word != "application/json":
        raise Refused(415)
    data = unpacked(case.body, case.codings, limit)
    try:
        value = as_json(unmarked(data.decode("utf-8")))
    except ValueError:
        raise Refused(400) from None
    if not isinstance(value, dict):
        raise Refused(400)
    return value


# -- inputs

PIECES = [b"a", b"temp", "ü€😀".encode(), b"\xfc", b"\0", b"\1", b"\x1b[0m",
          b"\xff\xfe", BOM, b"\xe2\x82", b" ", b"\n", b"&", b"=", b"%", b"%00",
          b"%fc", b"+", b'"', b"\\", b"{", b"]", b"\x80", b"\xd8\0", b"\x7f"]


def some_bytes(rng):
    return b"".join(rng.choices(PIECES, k=rng.randrange(12)))


def some_string(rng):
    return b'"' + b"".join(rng.choices(
        [b"a", "ü€😀".encode(), b"\\n", b"\\u0000", b"\\ud800", b"\\udc00",
         b"\\ud83d\\ude00", b"\\\"", b"\x7f", "\u2028".encode(), b"\\u00fc",
         b"/", b" "], k=rng.randrange(6))) + b'"'


def some_json(rng, level=0):
    blank = rng.choice([b"", b"", b" ", b"\r\n\t"])
    kind = rng.randrange(8 if level < 4 else 4)
    if kind == 0:
        return blank + some_string(rng)
    if kind == 1:
        return rng.choice([
            b"0", b"-0", b"1.50", b"1e999999", b"-9223372036854775809",
            b"0.1E-7", b"9" * 400, b"12345678901234567890.5"]) + blank
    if kind == 2:
        return rng.choice([b"true", b"false", b"null"])
    if kind == 3:
        return rng.choice([b"[]", b"{}", b'""'])
    if kind < 6:
        return b"[" + (blank + b",").join(
            some_json(rng, level + 1) for _ in range(rng.randrange(4))) + b"]"
    return b"{" + b",".join(
        some_string(rng) + blank + b":" + some_json(rng, level + 1)
        for _ in range(rng.randrange(4))) + blank + b"}"


def damaged(rng, data):
    at = rng.randrange(len(data) + 1)
    return rng.choice([
        data[:at], data + b"\0", data + rng.choice(PIECES),
        data[:at] + rng.choice(PIECES) + data[at:],
        data[:at] + data[at + 1:],
        data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]])


def charset(rng):
    return "; charset=" + rng.choice(
        [*CHARSETS, "klingon", '"UTF-8"', "ISO-8859-1", "UTF-16"])


def encoded(rng, text):
    """A text in some charset, and the parameter that names it, mostly."""
    label = rng.choice([*CHARSETS])
    data = text.encode(CHARSETS[label], "replace")
    if label == "utf-16" and rng.random() < 0.5:
        data = text.encode("utf-16")
    return data, "; charset=" + label if rng.random() < 0.8 else charset(rng)


def case_json(rng):
    data, more = some_json(rng), ""
    if rng.random() < 0.1:
        n = DEPTH + rng.randrange(-2, 3)
        data = b"[" * n + b"]" * n
    if rng.random() < 0.2:
        data, more = encoded(rng, data.decode())
    elif rng.random() < 0.2:
        more = charset(rng)
    if rng.random() < 0.2:
        data = BOM + data
    if rng.random() < 0.25:
        data = damaged(rng, data)
    return data, rng.choice(["application/json", "Application/JSON",
                             "application/cloudevents+json"]) + more


def case_text(rng):
    data, more = some_bytes(rng), rng.choice(["", "", charset(rng)])
    if rng.random() < 0.3:
        data, more = encoded(rng, data.decode("latin-1"))
    return data, rng.choice(["text/plain", "text/html", "application/xml",
                             "application/soap+xml"]) + more


def case_bytes(rng):
    data = rng.choice([some_bytes, lambda r: r.randbytes(r.randrange(40))])(rng)
    return data, rng.choice([None, None, "application/octet-stream",
                             "image/png", "application/x-own",
                             "application/x-own" + charset(rng)])


def case_form(rng):
    n = rng.choice([1000, 1001]) if rng.random() < 0.02 else rng.randrange(5)
    data = b"&".join(rng.choice([b"a", b"b", some_bytes(rng)]) + rng.choice(
        [b"", b"=", b"=1", b"=" + some_bytes(rng)]) for _ in range(n))
    return data, "application/x-www-form-urlencoded" + rng.choice(
        ["", "", "; charset=UTF-8"])


def case_multipart(rng):
    data = b"preamble"
    for _ in range(rng.randrange(1, 4)):
        file = rng.random() < 0.5
        data += b"\r\n--%s\r\nContent-Disposition: form-data; name=\"%s\"%s" \
            b"\r\n\r\n%s" % (
                BOUNDARY.encode(), rng.choice([b"a", "ü".encode()]),
                b'; filename="f.bin"' if file else b"", some_bytes(rng))
    data += b"\r\n--" + BOUNDARY.encode()
    data += rng.choice([b"--\r\n", b"--\r\n", b"-", b""])
    more = rng.choice([f'; boundary="{BOUNDARY}"'] * 3 + [""])
    return data, "multipart/form-data" + more


def case_codings(rng, data, limit):
    """Packs a body now and then, and damages it now and then."""
    if rng.random() < 0.6:
        return data, None
    if rng.random() < 0.05:
        data = bytes([rng.choice(b" x\0\xff")]) * (
            limit + rng.choice([-1, 0, 1, 1000]))
    names = rng.choices([*PACKERS], k=rng.choice([1, 1, 1, 2, 3, 5]))
    for name in names:
        data = PACKERS[name](data)
    # What has no checksum is damaged before it is packed.
    checked = [n for n in names if n not in ("identity", "utf-8")][-1:]
    if rng.random() < 0.2 and checked not in ([], ["raw"]):
        data = rng.choice([data[:-1], data + b"x", b"x" + data,
                           damaged(rng, data), data + gzip.compress(b"x")])
    label = ", ".join(n.replace("raw", "deflate") for n in names)
    return data, rng.choice([label] * 8 + [label.upper(), label + ",br",
                                           "," + label + " ,"])


def webhook_case(rng, limit):
    data, type = rng.choice([case_json, case_json, case_text, case_bytes,
                             case_form, case_multipart])(rng)
    data, codings = case_codings(rng, data, limit)
    return Case(data, type, codings)


def door_case(rng, limit):
    """An object with the name of an action, unless it is damaged."""
    inner = some_json(rng)
    if rng.random() < 0.2:
        inner = damaged(rng, inner)
    data = b'{"event_id":"ev-1","d":' + inner + b"}"
    if rng.random() < 0.2:
        data = BOM + data
    data, codings = case_codings(rng, data, limit)
    return Case(data, rng.choice(["application/json"] * 6 + [
        "application/json" + charset(rng), "text/plain"]), codings)
