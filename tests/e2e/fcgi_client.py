# SPDX-License-Identifier: ISC
"""
A FastCGI client on the raw socket, with kept connections and all kinds of
protocol errors.  Only the responder role and one request at a time.
"""
import socket
import struct
import types

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)
KEEP = 1


def record(kind, content=b"", request=1):
    return struct.pack(">BBHHBx", 1, kind, request, len(content), 0) + content


def stream(kind, content):
    """The records of a stream, without the record that ends it."""
    return b"".join(record(kind, content[i:i + 65535])
                    for i in range(0, len(content), 65535))


def pairs(params):
    out = b""
    for name, value in params.items():
        name, value = name.encode(), str(value).encode()
        for n in (len(name), len(value)):
            out += struct.pack(">I", n | 1 << 31) if n > 127 else bytes([n])
        out += name + value
    return out


def variables(path, method="POST", length=None, **headers):
    """CGI variables; ApiKey=... becomes HTTP_APIKEY."""
    out = {"REQUEST_METHOD": method, "REQUEST_URI": path, "QUERY_STRING": "",
           "REMOTE_ADDR": "192.0.2.1", "SERVER_PROTOCOL": "HTTP/1.1"}
    if length is not None:
        out["CONTENT_LENGTH"] = length
    for name, value in headers.items():
        name = name.upper()
        out[name if name == "CONTENT_TYPE" else "HTTP_" + name] = value
    return out


def parse(stdout):
    """Parses a CGI response: status, headers, body."""
    head, _, body = stdout.partition(b"\r\n\r\n")
    headers = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(": ")
        headers[name] = value
    return types.SimpleNamespace(status=int(headers["Status"].split()[0]),
                                 headers=headers, body=body)


class Connection:
    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def begin(self, params, keep=True):
        self.socket.sendall(
            record(BEGIN, struct.pack(">HB5x", 1, KEEP if keep else 0)) +
            stream(PARAMS, pairs(params)) + record(PARAMS))

    def body(self, data, end=True):
        self.socket.sendall(stream(STDIN, data) +
                            (record(STDIN) if end else b""))

    def read_exactly(self, n):
        data = bytearray()
        while len(data) < n:
            got = self.socket.recv(n - len(data))
            if not got:
                raise ConnectionResetError("the worker closed")
            data += got
        return data

    def answer(self):
        """Reads one response to its end."""
        out = bytearray()
        while True:
            _, kind, _, n, pad = struct.unpack(">BBHHBx",
                                               self.read_exactly(8))
            content = self.read_exactly(n + pad)[:n]
            if kind == STDOUT:
                out += content
            elif kind == END:
                return parse(bytes(out))

    def request(self, params, data=b"", keep=True):
        self.begin(params, keep)
        self.body(data)
        return self.answer()

    def rest(self):
        """All bytes until the worker closes."""
        data = b""
        try:
            while got := self.socket.recv(65536):
                data += got
        except ConnectionResetError:
            pass
        return data

    def is_closed(self):
        """Waits until the worker closes (True) or sends something (False)."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
