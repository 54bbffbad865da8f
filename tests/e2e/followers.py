# SPDX-License-Identifier: ISC
"""
Readers of each kind that follow the log, senders that write it, and the check
that each reader got what it had to get.

All events of a site are of one application, besides some of another one that no
reader of the first may see.
"""
import http.client
import itertools
import json
import subprocess
import threading
import types
import urllib.parse

import pytest

from conftest import Stack, send, wait_for
from device_api import Devices
from events import event_id, literal
from listeners import WebSocket
from quixy_api import RECORD, Form
from transactions import Session
from wallboard_api import ENDPOINT, Door

TIMEOUT = 604800    # of commands: they do not expire when the clock steps
ZERO = "00000000-0000-0000-0000-000000000000"


class Site(Stack):
    """A stack with push, a hook of each kind, and devices."""

    def __init__(self, cluster, **options):
        self.followers, self.loads = [], []
        super().__init__(cluster, **options)
        self.front("nginx-push")
        self.reader = self.new_key("event.body", "device.get")
        self.form = Form(self)
        self.door = Door(self)
        self.action = self.door.action(timeout=TIMEOUT)["eventId"]
        self.devices = Devices(self)
        self.foreign_key = self.new_key(application=self.other_application)
        form_key = self.new_key("form.post")
        self.calls = {
            "data": (self.path(), {"ApiKey": self.api_key}, {}),
            "form": (self.form.path, {"ApiKey": form_key},
                     RECORD),
            "action": (ENDPOINT, {"x-webhook-apikey": self.door.key},
                       {"event_id": self.action}),
            "foreign": (self.path(self.foreign_datasource),
                        {"ApiKey": self.foreign_key}, {})}

    def configure(self, **options):
        super().configure(**{
            "push_url": f"unix:{self.publisher}:/publish", **options})

    def move(self, cluster, database=None, **options):
        """Connects the workers to another database, which has the same
        content or an older one."""
        if self.worker.poll() is None:
            self.stop_worker()
        self.cluster = cluster
        self.database = database or self.database
        self.configure(**options)
        self.start_worker()

    def end(self):
        """Ends all senders and readers."""
        for load in self.loads:
            load.end()
        for f in self.followers:
            f.ending.set()
        for f in self.followers:
            f.end()
        self.followers, self.loads = [], []

    def close(self):
        self.end()
        super().close()

    def device(self):
        return self.devices.new("d")

    def call(self, kind):
        """Makes a call that must succeed; returns the event's id."""
        path, headers, body = self.calls[kind]
        a = send(self.url, "POST", path, [
            *headers.items(), ("Content-Type", "application/json")],
            json.dumps(body).encode())
        assert a.status == 200, a.body
        return a.headers["Creel-Event"]

    def order(self, where="true"):
        """The ids of events in the order of the log."""
        return self.psql(f"SELECT id FROM creel.event WHERE {where} "
                         "ORDER BY position, id").split()

    def begin(self, kinds=None):
        """Starts a reader of each kind."""
        started = [kind(self) for kind in kinds or KINDS]
        self.followers += started
        for f in started:
            wait_for(lambda: f.ready or f.error, f.name)
        return started

    def catch_up(self):
        """Waits until all readers have got to the end of the log."""
        last = {kind: self.call(kind) for kind in ("form", "action", "data")}
        for f in self.followers:
            f.expect(last[f.LAST])

    def finish(self, accepted=(), lost=()):
        """Ends all readers when they have got to the end of the log, and
        checks that they read everything exactly once, in its order.
        accepted: the events that senders know to be stored; lost: those that
        are no longer in this database."""
        try:
            self.catch_up()
            for f in self.followers:
                f.check(self.order(f.where()), set(lost))
            missing = set(accepted) - set(self.order()) - set(lost)
            assert not missing, f"{len(missing)} accepted events are not there"
        finally:
            self.end()


class Repeated(Exception):
    """A reader got an event twice, or its cursor went back."""


class Follower(threading.Thread):
    """Reads until end(). seen: the ids of events, in the order in which they
    came; history: how many of them at most came by age, before it followed."""
    LAST = "data"       # the kind of call that finish() waits for
    BY_AGE = True       # whether it begins with the history, if there is any

    def __init__(self, site):
        super().__init__(name=type(self).__name__, daemon=True)
        self.site = site
        self.url = site.url
        self.cursor = None
        self.seen, self.known = [], set()
        self.history = 0
        self.is_history = self.BY_AGE and bool(site.order(self.where()))
        self.ready = False
        self.error = None
        self.away = threading.Event()       # while set, it does not read
        self.ending = threading.Event()
        self.start()

    def where(self):
        """The condition of SQL for its events."""
        return f"application_id = '{self.site.application}'"

    def run(self):
        try:
            self.work()
        except Exception as e:  # reported by check()
            self.error = e

    def work(self):
        while not self.ending.is_set():
            if self.away.is_set() or not self.step():
                # Nothing new, or no response: not as fast as possible.
                self.ending.wait(0.02)

    def get(self, path, key):
        """The JSON of a response, or None while the server cannot respond."""
        try:
            a = send(self.url, "GET", path, [("ApiKey", key)])
        except (OSError, http.client.HTTPException):
            return None
        if a.status >= 500:
            return None
        assert a.status == 200, (a.status, a.body)
        return json.loads(a.body)

    def step(self):
        """Reads one page; returns whether there was anything new."""
        page = self.page()
        if page is None:
            return False
        self.take(page["items"], page["cursor"])
        return bool(page["items"])

    def take(self, items, cursor):
        ids = [i["id"].split(".")[0] for i in items]
        self.move(cursor)
        self.add(ids)
        if self.is_history:
            self.history += len(ids)
        self.is_history = self.cursor.startswith("h:")
        self.ready = True

    def move(self, cursor):
        """Takes the next cursor, which may not be before this one."""
        def place(text):
            *kind, position, event = text.split(":")
            return kind, int(position), event
        if self.cursor and place(self.cursor)[0] == place(cursor)[0] and \
                place(cursor) < place(self.cursor):
            raise Repeated(f"{self.name}: from {self.cursor} to {cursor}")
        self.cursor = cursor

    def add(self, ids):
        for id in ids:
            if id in self.known:
                raise Repeated(f"{self.name}: {id} twice")
            self.known.add(id)
            self.seen.append(id)

    def expect(self, id):
        """Waits until it has read this event."""
        def found():
            assert not self.error, repr(self.error)
            return id in self.known
        wait_for(found, f"{self.name} to read {id}: at {self.cursor}")

    def check(self, stored, lost):
        """Compares what it has read with the log."""
        assert not self.error, repr(self.error)
        seen = [id for id in self.seen if id not in lost]
        skipped = [id for id in stored if id not in self.known]
        assert not skipped, \
            f"{self.name} skipped {len(skipped)} of {len(stored)}: " \
            f"{skipped[:3]}"
        assert set(seen) <= set(stored), f"{self.name} read unknown events"
        # A page with the end of the history may have newer events behind it.
        by_age = 0
        while by_age < self.history and \
                seen[by_age] == max(seen[:by_age + 1][-2:]):
            by_age += 1
        followed = seen[by_age:]
        behind = set(followed)
        assert followed == [id for id in stored if id in behind], \
            f"{self.name}: order"

    def end(self):
        self.ending.set()
        self.join(90)


class Feed(Follower):
    """Reads the feed as fast as it can, from the oldest event on."""
    LIMIT, WAIT = 50, 0

    def page(self):
        query = {"limit": self.LIMIT, "wait": self.WAIT, **(
            {"cursor": self.cursor} if self.cursor else {"order": "oldest"})}
        return self.get(f"/applications/{self.site.application}/events?"
                        + urllib.parse.urlencode(query), self.site.reader)


class WaitingFeed(Feed):
    """Reads the feed with requests that wait."""
    LIMIT, WAIT = 100, 2


class HookFeed(Feed):
    """Reads the events of one hook among others."""

    def where(self):
        return f"hook_id = '{self.site.hook}'"

    def page(self):
        query = {"hookId": self.site.hook, "limit": 100, **(
            {"cursor": self.cursor} if self.cursor else {"order": "oldest"})}
        return self.get(f"/applications/{self.site.application}/events?"
                        + urllib.parse.urlencode(query), self.site.reader)


class Records(Follower):
    """Reads the records of a form."""
    LAST = "form"

    def where(self):
        return f"hook_id = '{self.site.form.id}'"

    def page(self):
        query = {"limit": 9, **(
            {"cursor": self.cursor} if self.cursor else {"order": "oldest"})}
        return self.get(f"/applications/{self.site.application}/forms/"
                        f"{self.site.form.id}/records?"
                        + urllib.parse.urlencode(query), self.site.reader)


class Commands(Follower):
    """A device that requests its commands with its last cursor."""
    LAST = "action"
    BY_AGE = False
    WAIT = 2

    def __init__(self, site):
        made = site.device()
        self.id, self.key = made["id"], made["key"]
        self.since = site.psql("SELECT position FROM creel.device "
                               f"WHERE id = '{self.id}'")
        super().__init__(site)

    def where(self):
        return super().where() + " AND targets IS NOT NULL AND " \
            f"position > {self.since}"

    def page(self):
        query = {"wait": self.WAIT, "limit": 50, **(
            {"after": self.cursor} if self.cursor else {})}
        return self.get("/devices/me/commands?"
                        + urllib.parse.urlencode(query), self.key)


class Push(Commands):
    """A device that listens, and requests its commands after each hint only.
    Then it must find the event that the hint names."""
    WAIT = 0

    def work(self):
        while not self.ready and not self.ending.is_set():
            self.step()
        listener = WebSocket(types.SimpleNamespace(
            key=self.key, stack=self.site))
        try:
            self.listen(listener)
        finally:
            listener.close()

    def listen(self, listener):
        heard = 0
        while not self.ending.is_set():
            hints = listener.hints[heard:]
            heard += len(hints)
            if hints:
                self.poll()
            else:
                self.ending.wait(0.02)
            missing = [h for h in hints if h not in self.known]
            # The channel also has hints from before the device existed.
            if missing and not self.ending.is_set():
                missing = set(missing) & set(self.site.order(self.where()))
                assert not missing, f"hints for {missing}, and no commands"

    def poll(self):
        more = True
        while more and not self.ending.is_set():
            page = self.page()
            if page is None:
                self.ending.wait(0.02)
                continue
            self.take(page["items"], page["cursor"])
            more = page["more"]


class Sql(Follower):
    """A reader that uses SQL, as the view creel.event_payload describes."""
    BY_AGE = False

    def work(self):
        self.cursor = (0, ZERO)
        session, where = None, None
        while not self.ending.is_set():
            now = (self.site.cluster.host, self.site.database)
            try:
                if where != now:
                    session, where = Session(*now), now
                self.look(session)
            except (AssertionError, OSError):
                where = None
                self.ending.wait(0.02)
        if session:
            session.process.kill()

    def look(self, session):
        horizon = session.run(
            "SELECT creel.horizon(creel.highest_position())")
        rows = session.run(
            f"""SELECT position || ' ' || id FROM creel.event
            WHERE {self.where()} AND (position, id) > ({self.cursor[0]},
                '{self.cursor[1]}') AND position < {horizon}
            ORDER BY position, id""").split("\n")
        for position, id in (row.split() for row in rows if row):
            self.add([id])
            self.cursor = (int(position), id)
        self.ready = True


class Ctl(Follower):
    """creelctl event list --follow, of all applications. It must start while
    nothing is written: a call shows that it follows."""

    def where(self):
        return "true"

    def work(self):
        process = subprocess.Popen(
            [self.site.build / "creelctl", "-f", self.site.conf, "--json",
             "event", "list", "--limit", "100000", "--follow"], text=True,
            stdout=subprocess.PIPE)
        threading.Thread(target=self.started, daemon=True).start()
        self.process = process
        for line in process.stdout:
            self.add([json.loads(line)["id"]])
        assert process.wait() == 0 or self.ending.is_set(), "it ended"

    def started(self):
        id = self.site.call("foreign")
        wait_for(lambda: id in self.known or self.error, "creelctl")
        self.history = len(self.seen)
        self.ready = True

    def end(self):
        self.ending.set()
        self.process.terminate()
        self.join(90)


# Ctl has no cursor: it ends when the server does.
LASTING = (Feed, WaitingFeed, HookFeed, Records, Commands, Push, Sql)
KINDS = (*LASTING, Ctl)


class Sender(threading.Thread):
    """Makes calls of each kind in turn, on a kept connection. accepted: the
    ids of the events, in the order in which they were acknowledged."""

    def __init__(self, site, kinds):
        super().__init__(daemon=True)
        u = urllib.parse.urlsplit(site.url)
        self.site, self.address = site, (u.hostname, u.port)
        self.kinds = itertools.cycle(kinds)
        self.accepted = []
        self.ending = threading.Event()
        self.start()

    def run(self):
        c = None
        while not self.ending.is_set():
            path, headers, body = self.site.calls[next(self.kinds)]
            try:
                c = c or http.client.HTTPConnection(*self.address, timeout=60)
                c.request("POST", path, json.dumps(body), {
                    **headers, "Content-Type": "application/json"})
                r = c.getresponse()
                r.read()
            except (OSError, http.client.HTTPException):
                c = None
                continue
            if r.status == 200:
                self.accepted.append(r.headers["Creel-Event"])
            else:
                # The server cannot store it now.
                assert r.status >= 500, r.status
                self.ending.wait(0.05)


class SqlSender(threading.Thread):
    """Stores batches with SQL, as a worker does, on a connection of its own;
    some are rolled back."""

    def __init__(self, site):
        super().__init__(daemon=True)
        self.site = site
        self.accepted = []
        self.ending = threading.Event()
        self.start()

    def run(self):
        session, n = None, 0
        while not self.ending.is_set():
            n += 1
            sql, ids = batch(self.site, n % 5 + 1)
            try:
                session = session or Session(self.site.cluster.host,
                                             self.site.database)
                session.run(f"BEGIN; {sql}; "
                            + ("COMMIT" if n % 7 else "ROLLBACK"))
                self.accepted += ids if n % 7 else []
            except (AssertionError, OSError):
                session = None
                self.ending.wait(0.05)
        if session:
            session.close()


def batch(site, n):
    """SQL that stores a batch of n events, every second one a command;
    returns it and their ids."""
    ids = [event_id() for _ in range(n)]
    parsed = json.dumps({"eventId": "1", "timeout": TIMEOUT, "steps": [
        {"function": "PAUSE_LOOP", "parameters": {}, "targets": ["all"]}]})
    rows = ",".join(
        f"('{id}'::uuid, {literal(parsed) if i % 2 else 'NULL'}::json, "
        f"{literal('{all}') if i % 2 else 'NULL'}::text[])"
        for i, id in enumerate(ids))
    return f"""INSERT INTO creel.event (application_id, id, hook_id,
        received_at, method, path, query, headers, body, principal,
        remote_address, status, parsed, targets, position)
        SELECT '{site.application}', v.id, '{site.hook}', now(), 'POST', '/',
            '', '{{}}', '', 'key:x', '', 'success', v.parsed, v.targets,
            (SELECT creel.next_position())
        FROM (VALUES {rows}) AS v (id, parsed, targets)""", ids


class Load:
    """Senders of all kinds until stop()."""

    def __init__(self, site, senders=4, sql=2):
        kinds = ["data", "form", "action"]
        self.senders = [Sender(site, kinds[n % 3:] + kinds[:n % 3])
                        for n in range(senders)]
        if "foreign" in site.calls:
            self.senders.append(Sender(site, ["foreign"]))
        self.senders += [SqlSender(site) for _ in range(sql)]
        self.site = site
        site.loads.append(self)

    def accepted(self):
        return [id for s in self.senders for id in s.accepted]

    def wait(self, more, seconds=60):
        """Waits until so many more calls were acknowledged."""
        def calls():
            return sum(len(s.accepted) for s in self.senders
                       if isinstance(s, Sender))
        want = calls() + more
        wait_for(lambda: calls() >= want, "acknowledged calls", seconds)

    def end(self):
        for s in self.senders:
            s.ending.set()
        for s in self.senders:
            s.join(90)

    def stop(self, lost=()):
        """Returns the acknowledged events. The later call of a sender must be
        later in the log."""
        self.end()
        place = {id: n for n, id in enumerate(self.site.order())}
        for s in self.senders:
            places = [place[id] for id in s.accepted if id not in lost]
            assert places == sorted(places), "a later call is earlier"
        return self.accepted()


@pytest.fixture(scope="module")
def shared_site(cluster):
    s = Site(cluster)
    yield s
    s.close()


@pytest.fixture
def site(shared_site):
    """The site of a module; ends what a failed test left running."""
    yield shared_site
    shared_site.end()
