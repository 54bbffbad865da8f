# SPDX-License-Identifier: ISC
"""Devices that listen for hints, in each way that the push module offers."""
import asyncio
import contextlib
import http.client
import json
import socket
import threading
import urllib.parse

import websockets

from conftest import wait_for

LISTEN = "/devices/me/listen"


class Listener:
    """Listens on a thread of its own until close(); hints: the events' ids."""

    def __init__(self, device, front=None):
        self.device = device
        self.url = urllib.parse.urlsplit((front or device.stack.fronts[0]).url)
        self.hints, self.failure = [], None
        self.opened, self.ended = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        assert self.opened.wait(60), self.failure

    def run(self):
        try:
            self.work()
        except (OSError, http.client.HTTPException,
                websockets.exceptions.WebSocketException) as e:
            self.failure = e
        self.opened.set()
        self.ended.set()

    def hear(self, text):
        message = json.loads(text)
        assert list(message) == ["event"]
        self.hints.append(message["event"])

    def expect(self, *events):
        """Waits for these hints; no others may come."""
        wait_for(lambda: len(self.hints) >= len(events), "a hint")
        assert self.hints == list(events)

    def close(self):
        self.stop()
        self.thread.join(15)
        assert not self.thread.is_alive()


class WebSocket(Listener):
    def work(self):
        asyncio.run(self.talk())

    async def talk(self):
        self.loop = asyncio.get_running_loop()
        url = f"ws://{self.url.netloc}{LISTEN}?api_key={self.device.key}"
        async with websockets.connect(url) as self.ws:
            self.opened.set()
            async for text in self.ws:
                self.hear(text)

    def stop(self):
        if not self.ended.is_set():
            asyncio.run_coroutine_threadsafe(self.ws.close(), self.loop)


class Http(Listener):
    """Listens by HTTP, on a socket that can be closed."""

    def connect(self):
        c = http.client.HTTPConnection(self.url.netloc, timeout=60)
        c.connect()
        self.socket = c.sock
        return c

    def stop(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class EventSource(Http):
    def work(self):
        c = self.connect()
        c.request("GET", LISTEN, headers={"Accept": "text/event-stream",
                                          "ApiKey": self.device.key})
        r = c.getresponse()
        assert r.status == 200
        assert r.headers["Content-Type"].startswith("text/event-stream")
        while line := r.readline():
            if line == b": hi\n":
                self.opened.set()
            if line.startswith(b"data: "):
                self.hear(line[6:])


class LongPoll(Http):
    """Each request names the last hint, so that none is lost between two
    requests."""

    def work(self):
        c = self.connect()
        headers = {"Authorization": "Bearer " + self.device.key}
        while True:
            c.request("GET", LISTEN, headers=headers)
            self.opened.set()
            r = c.getresponse()
            if r.status == 410:     # the server's process ends
                return
            assert r.status == 200
            self.hear(r.read())
            headers |= {"If-Modified-Since": r.headers["Last-Modified"],
                        "If-None-Match": r.headers["Etag"]}
