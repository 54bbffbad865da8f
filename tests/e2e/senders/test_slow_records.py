# SPDX-License-Identifier: ISC
"""
Records of a web server, or of an attacker who reaches the socket, that are
malformed: none ends the worker, and the next connection is served.
"""
import contextlib
import struct

import pytest

import seeded
from fcgi_client import (ABORT, BEGIN, END, PARAMS, STDERR, STDIN, STDOUT,
                         Connection, pairs, record, variables)

DATA, GET_VALUES, RESULT, UNKNOWN = 8, 9, 10, 11


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(threads=4, log_level="warn")


def begin(request=1, keep=1, role=1):
    return record(BEGIN, struct.pack(">HB5x", role, keep), request)


def call(stack):
    return variables(stack.path(), length=2, apikey=stack.api_key,
                     content_type="application/json")


def whole(stack, request=1):
    return [begin(request), record(PARAMS, pairs(call(stack)), request),
            record(PARAMS, request=request), record(STDIN, b"{}", request),
            record(STDIN, request=request)]


def padded(kind, content, padding, request=1):
    return struct.pack(">BBHHBx", 1, kind, request, len(content),
                       padding) + content


HUGE = struct.pack(">II", 0x40000000 | 1 << 31, 0x40000000 | 1 << 31)

# Name: what is sent, with B (begin), P (a good request's variables), E (their
# end) and S (a good body and its end) for the usual records.
BROKEN = {
    "two lengths of 2^30": ["B", record(PARAMS, HUGE + b"AB"), "E", "S"],
    "two lengths of 2^31 - 1": ["B", record(PARAMS, b"\xff" * 8), "E", "S"],
    "length beyond the end": ["B", record(PARAMS, b"\x7f\x7fAB"), "E", "S"],
    "half of a length": ["B", record(PARAMS, b"\x80\0"), "E", "S"],
    "NUL in a name": ["B", record(PARAMS, b"\2\1A\0B"), "E", "S"],
    "no variables": ["B", "E", "S"],
    "more variables than fit": ["B", *[record(PARAMS, b"\1\xfa" * 30000)] * 5],
    "version 0": [b"\0" + begin()[1:]],
    "version 2": ["B", b"\2" + record(PARAMS)[1:]],
    "no type": ["B", record(0, b"x")],
    "unknown type": ["B", record(77, b"x")],
    "a type of responses": ["B", record(STDOUT, b"x")],
    "STDERR": ["B", record(STDERR, b"x")],
    "END": ["B", record(END, b"\0" * 8)],
    "DATA": ["B", "P", "E", record(DATA, b"x")],
    "begin without its content": [record(BEGIN)],
    "begin that is too long": [record(BEGIN, b"\0\1" + b"\0" * 14)],
    "begin twice": ["B", "P", "B", "E", "S"],
    "request 0": [begin(0)],
    "STDIN first": [record(STDIN, b"{}"), record(STDIN)],
    "PARAMS first": [record(PARAMS, b"\1\1AB"), "E"],
    "STDIN in PARAMS": ["B", "P", record(STDIN, b"{}")],
    "PARAMS in STDIN": ["B", "P", "E", "P"],
    "abort first": [record(ABORT)],
    "abort in PARAMS": ["B", "P", record(ABORT)],
    "abort in STDIN": ["B", "P", "E", record(STDIN, b"{"), record(ABORT)],
    "padding that is missing": ["B", padded(PARAMS, b"", 255)],
    "content that is missing": ["B", record(PARAMS, b"x" * 9)[:12]],
    "half of a header": ["B", b"\1\4\0"],
    "management without end": [record(GET_VALUES, b"x" * 65535, 0)] * 3,
    "many management records": [record(GET_VALUES, b"", 0)] * 20000,
    "HTTP": [b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"],
    "other roles": [begin(i, role=r) for i, r in ((1, 2), (2, 3), (3, 0))],
}


def exchange(stack, data):
    """Sends the bytes and the end of input; returns what the worker sends."""
    with Connection(stack.socket) as c:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            c.socket.sendall(data)
            c.socket.shutdown(1)
        return c.rest()


def check_alive(stack, worker):
    with Connection(stack.socket) as c:
        assert c.request(call(stack), b"{}").status == 200
    assert stack.worker is worker and worker.poll() is None


@pytest.mark.parametrize("name", BROKEN)
def test_malformed(stack, name):
    worker, before = stack.worker, stack.events()
    usual = dict(zip("BPE", whole(stack)), S=b"".join(whole(stack)[3:]))
    data = b"".join(usual[x] if isinstance(x, str) else x
                    for x in BROKEN[name])
    assert b"Status: 200" not in exchange(stack, data)
    check_alive(stack, worker)
    assert stack.events() == before + 1


def test_padding(stack):
    """Any padding, also of records that end a stream."""
    for n in (1, 7, 8, 255):
        data = b"".join(padded(kind, content, n) + b"\xff" * n
                        for kind, content in [
            (BEGIN, b"\0\1\0\0\0\0\0\0"), (PARAMS, pairs(call(stack))),
            (PARAMS, b""), (STDIN, b"{}"), (STDIN, b"")])
        assert b"Status: 200" in exchange(stack, data)


def test_second_request(stack):
    """It is refused (CANT_MPX_CONN), and the first one is served."""
    first, second = whole(stack, 1), whole(stack, 2)
    data = exchange(stack, b"".join(
        part for both in zip(first[:-1], second) for part in both) + first[-1])
    ends = [data[i:i + 16] for i in range(len(data))
            if data[i:i + 2] == b"\1\3" and data[i + 4:i + 6] == b"\0\x08"]
    assert b"Status: 200" in data
    assert record(END, b"\0\0\0\0\1\0\0\0", 2) in ends
    assert record(END, b"\0\0\0\0\0\0\0\0", 1) in ends


def test_changing_numbers(stack):
    """Each request of a kept connection may have another number."""
    with Connection(stack.socket) as c:
        for number in (1, 2, 255, 256, 65535, 1):
            c.socket.sendall(b"".join(whole(stack, number)))
            assert c.answer().status == 200


def test_early_request(stack):
    """A web server that does not wait for the response: it receives that of the
    first request, with its number, and the connection is closed."""
    data = exchange(stack, b"".join(whole(stack, 1) + whole(stack, 2)))
    assert data[:4] == b"\1\6\0\1" and data.count(b"Status: ") == 1
    assert data.endswith(record(END, b"\0" * 8, 1))


def test_values(stack):
    """GET_VALUES alone has a response, and a request may follow."""
    with Connection(stack.socket) as c:
        c.socket.sendall(record(GET_VALUES, b"\x0f\0FCGI_MPXS_CONNS", 0))
        assert c.read_exactly(8 + 18)[8:] == b"\x0f\1FCGI_MPXS_CONNS0"
        c.socket.sendall(record(42, b"abc", 0))
        assert c.read_exactly(16)[8:9] == b"\x2a"
        assert c.request(call(stack), b"{}").status == 200


def damage(rng, records):
    """Changes the records of a request in one to four ways."""
    out = list(records)
    for _ in range(rng.randint(1, 4)):
        i = rng.randrange(len(out))
        what, n = rng.randrange(9), max(len(out[i]), 1)
        if what == 0:
            at = rng.randrange(n)
            out[i] = out[i][:at] + rng.randbytes(1) + out[i][at + 1:]
        elif what == 1:
            out[i] = out[i][:rng.randrange(n)]
        elif what == 2:
            out.insert(i, rng.choice(out))
        elif what == 3:
            out.insert(i, record(rng.randrange(13), rng.randbytes(
                rng.choice([0, 1, 8, 300])), rng.choice([0, 1, 1, 2])))
        elif what == 4:
            out.insert(i, record(PARAMS, rng.choice([HUGE, b"\xff" * 8,
                                                     b"\x80", b"\x7f"])))
        elif what == 5 and len(out) > 1:
            del out[i]
        elif what == 6:
            out[i] = out[i][:2] + rng.randbytes(2) + out[i][4:]
        elif what == 7:
            out[i] = out[i][:6] + rng.randbytes(1) + out[i][7:]
        elif what == 8:
            rng.shuffle(out)
    return b"".join(out)


def test_damaged_requests(stack):
    """Generated from a good request.  Whatever is answered with 200 is
    stored."""
    rng = seeded.generator("damaged records")
    worker, stored = stack.worker, stack.events()
    good = whole(stack)
    for i in range(seeded.CASES):
        stored += b"Status: 200" in exchange(stack, damage(rng, good))
        if i % 500 == 0:
            check_alive(stack, worker)
            stored += 1
    check_alive(stack, worker)
    # A client that leaves early may not see the response to what it sent.
    assert stack.events() >= stored + 1
