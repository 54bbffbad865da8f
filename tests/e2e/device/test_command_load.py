# SPDX-License-Identifier: ISC
"""
A thousand devices wait for their commands while actions are called as fast as
possible, and workers start and stop.
"""
import asyncio
import hashlib
import http.client
import json
import random
import signal
import threading
import time
import urllib.parse

import pytest

from conftest import Nginx, wait_for
from wallboard_api import ALL, ENDPOINT, Door

DEVICES = 1000
TAGS = 50		# so each has twenty devices
CALLS = 1500		# at most
LEAST = 100		# calls, at least
SECONDS = 12		# at most, of calling, if there were LEAST calls
PATIENCE = 120		# seconds, for all to have read


class WideNginx(Nginx):
    """With enough connections: each device takes two."""
    CONNECTIONS = 8192

    def text(self):
        return "worker_rlimit_nofile 16384;\n" + super().text()


@pytest.fixture(scope="module")
def stack(make_stack):
    s = make_stack(waiting=4000, waiting_application=4000, log_level="info")
    s.fronts.append(WideNginx(s, "nginx"))
    return s


def make_devices(stack):
    """Returns (id, key) of each; device n has the tag n % TAGS."""
    made = [(f"{n:024x}", "ck_" + f"{n:043}") for n in range(1, DEVICES + 1)]
    rows = ",".join(
        f"('{i}','{hashlib.sha256(k.encode()).hexdigest()}',{n % TAGS})"
        for n, (i, k) in enumerate(made))
    stack.psql(f"""
        CREATE TEMP TABLE made (id text, hash text, tag text);
        INSERT INTO made VALUES {rows};
        SELECT creel.device_create('{stack.application}', id, hash, 'ck_',
            'd', NULL, ARRAY['t' || tag], true, NULL, false) FROM made""")
    return made


class Caller(threading.Thread):
    """Calls actions, one after the other, until stopped; counts the 200s of
    each."""

    def __init__(self, stack, door, calls):
        super().__init__()
        self.u = urllib.parse.urlsplit(stack.url)
        self.door, self.calls = door, calls

    def run(self):
        c = None
        while self.calls.go_on():
            event = "all" if random.random() < 0.04 else \
                f"t{random.randrange(TAGS)}"
            try:
                c = c or http.client.HTTPConnection(self.u.hostname,
                                                    self.u.port, timeout=60)
                c.request("POST", ENDPOINT, json.dumps({"event_id": event}), {
                    "x-webhook-apikey": self.door.key,
                    "Content-Type": "application/json"})
                r = c.getresponse()
                body = r.read()
                if r.status == 200:
                    self.calls.good.append(json.loads(body)["id"])
            except (OSError, http.client.HTTPException):
                c = None


class Calls:
    def __init__(self):
        self.good = []
        self.ending = False
        self.deadline = time.monotonic() + SECONDS

    def go_on(self):
        return not self.ending and len(self.good) < CALLS and (
            len(self.good) < LEAST or time.monotonic() < self.deadline)

    def past(self, share):
        return len(self.good) >= share * CALLS or \
            time.monotonic() > self.deadline - (1 - share) * SECONDS


class Screen:
    """A device: it requests commands with its last cursor until all actions
    were called and no command is left."""

    def __init__(self, stack, id, key):
        u = urllib.parse.urlsplit(stack.url)
        self.address = (u.hostname, u.port)
        self.id, self.key = id, key
        self.cursor, self.seen = None, []
        self.wrong = set()
        self.pipe = None

    async def answer(self, query):
        if self.pipe is None:
            self.pipe = await asyncio.open_connection(*self.address)
        reader, writer = self.pipe
        writer.write(f"GET /devices/me/commands?{query} HTTP/1.1\r\n"
                     f"Host: x\r\nApiKey: {self.key}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head.split()[1])
        if b"\r\ncontent-length:" in head:
            n = int(head.split(b"\r\ncontent-length:")[1].split()[0])
            return status, await reader.readexactly(n)
        assert b"chunked" in head
        body = b""
        while n := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(n + 2))[:-2]
        await reader.readexactly(2)
        return status, body

    async def ask(self, wait):
        query = f"limit=200&wait={wait}"
        if self.cursor:
            query += "&after=" + self.cursor
        try:
            status, body = await self.answer(query)
        except (OSError, EOFError, ValueError):
            self.hang_up()
            await asyncio.sleep(0.1)
            return None
        if status != 200:
            self.wrong.add(status)
            self.hang_up()
            await asyncio.sleep(0.1)
            return None
        page = json.loads(body)
        self.seen += [c["id"] for c in page["items"]]
        self.cursor = page["cursor"]
        return page

    def hang_up(self):
        if self.pipe is not None:
            self.pipe[1].close()
        self.pipe = None

    async def follow(self, ended):
        while True:
            last = ended()
            page = await self.ask(0 if last else 10)
            if last and page and not page["items"] and not page["more"]:
                self.hang_up()
                return


def restart(stack, calls):
    """During the load a new worker replaces the old one, and later the new one
    is killed."""
    wait_for(lambda: calls.past(0.3), "calls", 60)
    old = stack.worker
    stack.start_worker()
    assert stack.stop_worker(worker=old) == 0
    wait_for(lambda: calls.past(0.6), "calls", 60)
    stack.worker.send_signal(signal.SIGKILL)
    stack.worker.wait()
    stack.start_worker()


def expected(stack):
    """The commands that each device must get, in order."""
    rows = stack.psql("SELECT e.id || ' ' || e.targets[1] FROM creel.event e "
                      f"WHERE e.application_id = '{stack.application}' AND "
                      "e.targets IS NOT NULL ORDER BY e.position, e.id")
    events = [line.split() for line in rows.split("\n")]
    return {n: [f"{id}.1" for id, target in events
                if target in ("all", f"tag:t{n % TAGS}")]
            for n in range(TAGS)}, {id for id, _ in events}


def test_nothing_missed(stack):
    door = Door(stack)
    door.action("all", [{"function": "PAUSE_LOOP", "targets": ALL}])
    for n in range(TAGS):
        door.action(f"t{n}", [{"function": "PAUSE_LOOP",
                               "targets": {"tags": [f"t{n}"]}}])
    screens = [Screen(stack, *d) for d in make_devices(stack)]
    calls = Calls()
    callers = [Caller(stack, door, calls) for _ in range(4)]

    async def all_follow():
        work = asyncio.gather(*(s.follow(lambda: not any(
            c.is_alive() for c in callers)) for s in screens))
        await asyncio.wait_for(work, SECONDS + PATIENCE)
    for c in callers:
        c.start()
    restarter = threading.Thread(target=restart, args=(stack, calls))
    restarter.start()
    try:
        asyncio.run(all_follow())
    finally:
        calls.ending = True
        for t in (*callers, restarter):
            t.join()
    want, events = expected(stack)
    assert set(calls.good) <= events and len(calls.good) >= LEAST
    for n, s in enumerate(screens):
        assert len(s.seen) == len(set(s.seen))
        assert s.seen == want[n % TAGS]
        assert s.wrong <= {502, 503, 504}
