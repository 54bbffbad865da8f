# SPDX-License-Identifier: ISC
"""
A client of HTTP/2 (RFC 9113) without TLS that sends the parts of one request
when a test wants it to, and opens no window on its own.
"""
import socket
import struct
import urllib.parse

DATA, HEADERS, SETTINGS, WINDOW_UPDATE = 0, 1, 4, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
STATUS_200 = 0x88  # HPACK: the static table's ":status: 200" alone
WINDOW = 65535     # bytes, until a client opens it


def frame(kind, flags=0, stream=0, content=b""):
    return struct.pack(">I", len(content))[1:] + struct.pack(
        ">BBI", kind, flags, stream) + content


def number(n, bits):
    """An integer of HPACK (RFC 7541 section 5.1)."""
    most = (1 << bits) - 1
    if n < most:
        return bytes([n])
    out, n = [most], n - most
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def block(headers):
    """Headers as literals, which no table holds."""
    return b"".join(b"\0" + b"".join(
        number(len(text), 7) + text.encode() for text in header)
        for header in headers)


class Request:
    """A connection with one request.  If it is not GET, its body follows its
    headers, but is never sent."""

    def __init__(self, url, path, headers=(), method="GET"):
        u = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((u.hostname, u.port), 60)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
                            frame(SETTINGS))
        flags = END_HEADERS | (END_STREAM if method == "GET" else 0)
        self.left = frame(HEADERS, flags, 1, block([
            (":method", method), (":scheme", "http"), (":path", path),
            (":authority", u.netloc),
            *((name.lower(), value) for name, value in headers)]))

    def send(self, n=None):
        """Sends what is left of the headers, or n bytes of it."""
        n = len(self.left) if n is None else n
        self.socket.sendall(self.left[:n])
        self.left = self.left[n:]

    def open_window(self):
        self.socket.sendall(b"".join(frame(
            WINDOW_UPDATE, 0, stream, struct.pack(">I", 1 << 30))
            for stream in (0, 1)))

    def read(self, most=None):
        """Reads the response until its end, or until it has this many bytes;
        returns (is it 200, body)."""
        good, body = False, b""
        while most is None or len(body) < most:
            head = self.file.read(9)
            assert len(head) == 9, "the connection is closed"
            size, kind, flags, stream = struct.unpack(">IBBI", b"\0" + head)
            content = self.file.read(size)
            if kind == SETTINGS and not flags & ACK:
                self.socket.sendall(frame(SETTINGS, ACK))
            if stream != 1:
                continue
            if kind == HEADERS:
                # A change of the table's size may come first.
                good = STATUS_200 in content[:3]
            assert kind in (DATA, HEADERS, WINDOW_UPDATE), (kind, content)
            if kind == DATA:
                body += content
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                break
        return good, body

    def close(self):
        self.file.close()
        self.socket.close()
