# SPDX-License-Identifier: ISC
"""Clients that send or read slowly, or wait: a neighbour of neighbour.py."""
import socket
import threading
import time

STEP_S = 1  # between two steps of a client


class Client:
    """A connection that sends a request, at most step bytes of its body at a
    time, and then reads the response as slowly."""

    def __init__(self, port, request, step):
        self.step = step
        self.due = 0
        self.socket = socket.socket()
        # Little is on the way: the server notices that the client is slow.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        head, end, body = request.partition(b"\r\n\r\n")
        self.left = head + end
        self.body = body

    def run(self):
        """Sends or reads a part; returns False at the end."""
        if self.left:
            self.left = self.left[self.socket.send(self.left):]
        elif self.body:
            self.body = self.body[self.socket.send(self.body[:self.step]):]
        elif not self.socket.recv(self.step):
            return False
        return True


class Slow:
    """Keeps count clients going while the context lasts."""

    def __init__(self, port, requests, count, step):
        self.arguments = port, step
        self.requests = [r.encode() for r in requests]
        self.count = count
        self.clients = []
        self.ended = 0  # clients that were replaced
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def start(self):
        port, step = self.arguments
        n = len(self.clients) + self.ended
        self.clients.append(
            Client(port, self.requests[n % len(self.requests)], step))

    def advance(self, client, now):
        client.due = now + STEP_S
        try:
            if client.run():
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        client.socket.close()
        self.clients.remove(client)
        self.ended += 1

    def run(self):
        while not self.ending.is_set():
            now = time.monotonic()
            # A few at a time: connecting must not take the processor.
            for _ in range(min(20, self.count - len(self.clients))):
                self.start()
            for client in [c for c in self.clients if c.due <= now]:
                self.advance(client, now)
            self.ending.wait(0.05)
        for client in self.clients:
            client.socket.close()
