# SPDX-License-Identifier: ISC
"""Writers that stop between the lock of their position and their commit:
readers wait there, and lose nothing.  Other transactions stop no reader."""
import contextlib
import json
import os
import signal
import threading
import time

import pytest

from conftest import wait_for
from device_api import Groups, commands
from feed_api import Reader
from followers import Commands, Load, shared_site, site  # noqa: F401
from stalling import Stopped, StoppedBatch, writers
from transactions import Session


def is_hidden(site, key, *ids):
    """Whether requests that begin now return none of these events."""
    feed, _ = Reader(site, site.reader).follow()
    page = json.loads(commands(site, key, limit=1000).body)
    own = {c["id"].split(".")[0] for c in page["items"]}
    return not (set(feed) | own) & set(ids)


def test_stopped_batch(site):
    """Readers stop at the horizon while a writer is stopped and others go on;
    when it commits, they read its events first."""
    site.begin()
    key = site.device()["key"]
    load = Load(site)
    load.wait(100)
    with StoppedBatch(site) as stopped:
        load.wait(300)
        later = [site.call(kind) for kind in ("data", "form", "action")]
        assert is_hidden(site, key, *later)
        assert not any(f.known & {*later, *stopped.ids}
                       for f in site.followers)
        stopped.end("COMMIT")
    site.finish([*load.stop(), *later, *stopped.ids])


@pytest.mark.parametrize("how", ["ROLLBACK", signal.SIGTERM, "client"], ids=str)
def test_aborted_batch(site, how):
    """A batch that is rolled back, or ends with its connection, releases the
    readers."""
    site.begin()
    key = site.device()["key"]
    with StoppedBatch(site) as stopped:
        later = [site.call(kind) for kind in ("data", "form", "action")]
        assert is_hidden(site, key, *later)
        stopped.end(how)
        site.finish(later)
    assert not set(site.order()) & set(stopped.ids)


def test_stopped_workers(site):
    """The database processes of the workers are stopped between lock and
    commit, one after the other, while calls arrive."""
    site.begin()
    load = Load(site, senders=6, sql=3)
    load.wait(50)
    caught = 0
    deadline = time.monotonic() + 60
    while caught < 20 and time.monotonic() < deadline:
        for pid in writers(site):
            caught += stop_writer(site, load, pid)
    site.finish(load.stop())
    assert caught


def stop_writer(site, load, pid):
    """Stops a process for a while; returns whether that was after it got a
    position and before its commit."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    try:
        if pid not in writers(site):
            return False
        # Others go on, unless this one holds a lock that they need.
        with contextlib.suppress(AssertionError):
            load.wait(10, seconds=0.3)
        return True
    finally:
        os.kill(pid, signal.SIGCONT)


LOCKS = """SELECT string_agg(mode, ' ') FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid()"""


def sql_session(site, user="creel_owner"):
    return contextlib.closing(Session(site.cluster.host, site.database, user))


def test_locks_of_a_transaction(site):
    """One, however many positions it gets; others get theirs meanwhile."""
    with sql_session(site) as session:
        session.run("BEGIN; CREATE TEMPORARY TABLE got AS SELECT"
                    " creel.next_position() FROM generate_series(1, 20000)")
        assert session.run(LOCKS) == "ShareLock"
        site.call("data")
        session.run("COMMIT")
        assert session.run(LOCKS) == ""


def test_failed_position(site):
    """A session that fails before it has published its position keeps no
    lock."""
    with sql_session(site, "creel_worker") as session:
        site.psql("REVOKE UPDATE ON SEQUENCE creel.position FROM creel_worker")
        try:
            session.run("\\set ON_ERROR_STOP 0\nSELECT creel.next_position()")
        finally:
            site.psql("GRANT UPDATE ON SEQUENCE creel.position TO creel_worker")
        assert session.run(LOCKS) == ""
        site.call("data")


@pytest.mark.parametrize("late", [False, True], ids=["", "late"])
def test_horizon_of_a_position(site, late):
    """Readers still find what they have found, for example after a hint, while
    a new position is under way, even if its lock came late."""
    # Ahead of the clock, so that positions are known beforehand.
    found = int(site.psql("SELECT creel.clock() + 20000000"))
    site.psql(f"SELECT creel.raise_position({found})")
    with sql_session(site) as before, sql_session(site) as session:
        key = f"x'4352'::bigint << 48 | {found} / 16 + 1"
        before.run(f"BEGIN; SELECT pg_advisory_xact_lock({key})" if late
                   else "BEGIN")
        session.start("BEGIN; SELECT creel.next_position()")
        if late:
            wait_for(site.cluster.waits, "the lock")
            found += 32
            site.psql(f"SELECT creel.raise_position({found})")
        before.run("COMMIT")
        position = int(session.output())
        horizon = int(site.psql(
            "SELECT creel.horizon(creel.highest_position())"))
        assert found < horizon <= position
        session.run("ROLLBACK")


@pytest.mark.parametrize("database", ["own", "other"])
def test_long_transaction(site, database):
    """A transaction that writes other tables, here or in another database of
    the same server, holds up no reader."""
    site.begin()
    other = database == "other"
    session = Session(site.cluster.host, "postgres" if other else site.database,
                      "postgres")
    try:
        session.run("BEGIN; CREATE TABLE long_one (i int);"
                    "INSERT INTO long_one VALUES (1)")
        assert session.run("SELECT pg_current_xact_id_if_assigned()")
        load = Load(site)
        load.wait(100)
        site.finish(load.stop())
    finally:
        session.run("ROLLBACK")
        session.close()


# -- membership of devices

class Member(Commands):
    """A device that follows; which commands it gets depends on its groups and
    tags."""

    def where(self):
        return "false"

    def check(self, stored, lost):
        assert not self.error, repr(self.error)


class Changes(threading.Thread):
    """Puts devices into a group and a tag, and takes them out, until ended."""

    def __init__(self, site, group, members):
        super().__init__(daemon=True)
        self.site, self.group, self.members = site, group, members
        self.groups = Groups(site)
        self.ending = threading.Event()
        self.n = 0
        self.start()

    def run(self):
        while not self.ending.is_set():
            m = self.members[self.n % len(self.members)]
            inside = self.n // len(self.members) % 2
            self.site.devices.call("PATCH", "/" + m.id, status=200, body={
                "tags": [] if inside else ["x"]})
            self.groups.call("POST", f"/{self.group}/devices", status=200,
                             body={"remove" if inside else "add": [m.id]})
            self.n += 1


def test_membership(site):
    """A device gets the commands of its groups and tags, and counts as
    addressed by these events only, whether a change of them commits before or
    after a call, late, or not at all."""
    group = Groups(site).new("g")["id"]
    actions = [site.door.action(steps=[
        {"function": "PAUSE_LOOP", "targets": t}])["eventId"]
        for t in ({"tags": ["x"]}, {"deviceGroupIds": [group]})]
    members = site.begin([Member] * 4)
    changes = Changes(site, group, members[:2])
    events = []

    def calls(n):
        for i in range(n):
            a = site.door.post({"event_id": actions[i % 2]})
            assert a.status == 200, a.body
            events.append(a.headers["Creel-Event"])
    try:
        for n in range(6):
            calls(6)
            for m, how in zip(members[2:], ("COMMIT", "ROLLBACK")):
                with Stopped(site, change(site, m, group, n % 2)) as stopped:
                    calls(6)
                    stopped.end(how)
                calls(2)
        wait_for(lambda: changes.n > 20, "changes")
    finally:
        changes.ending.set()
        changes.join(60)
    site.finish(events)
    got = {e: {m.id for m in members if e in m.known} for e in events}
    assert got == {e: addressed(site, e) & {m.id for m in members}
                   for e in events}
    assert any(members[2].id in g for g in got.values())
    assert not any(members[3].id in g for g in got.values())


def change(site, member, group, inside):
    """SQL that puts a device into the group and the tag, or takes it out."""
    tags, add, remove = ("{}", "{}", f"{{{member.id}}}") if inside else (
        "{x}", f"{{{member.id}}}", "{}")
    return (f"SELECT creel.device_patch('{site.application}', '{member.id}', "
            f"NULL, NULL, '{tags}', NULL, false);"
            f"SELECT creel.group_store('{site.application}', '{group}', false, "
            f"NULL, NULL, NULL, '{add}', '{remove}', false)")


def addressed(site, event):
    """The devices that the event targets, as its reader sees them."""
    a = site.get(f"/applications/{site.application}/events/{event}/devices"
                 "?limit=1000", site.reader)
    assert a.status == 200, a.body
    return {d["deviceId"] for d in json.loads(a.body)["items"]}
