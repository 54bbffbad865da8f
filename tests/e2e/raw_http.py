# SPDX-License-Identifier: ISC
"""Requests that no HTTP client would send, byte for byte."""
import socket
import urllib.parse


def send_bytes(front, data):
    """Returns the response, as far as it was sent."""
    u = urllib.parse.urlsplit(front.url)
    got = b""
    with socket.create_connection((u.hostname, u.port), 60) as s:
        try:
            s.sendall(data)
        except OSError:  # the server responded before it read all
            pass
        try:
            while part := s.recv(65536):
                got += part
        except ConnectionResetError:
            pass
    return got


def exchange(front, data):
    """Sends bytes; returns (status, headers in lower case, body)."""
    head, _, body = send_bytes(front, data).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    if headers.get("transfer-encoding") == "chunked":
        text, body = body, b""
        while (n := int(text.split(b"\r\n")[0], 16)) > 0:
            text = text.split(b"\r\n", 1)[1]
            body, text = body + text[:n], text[n + 2:]
    return int(first.split()[1]) if first else 0, headers, body
