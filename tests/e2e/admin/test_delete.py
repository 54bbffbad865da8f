# SPDX-License-Identifier: ISC
"""creelctl application delete: events are deleted in steps of 1,000, after the
application, and its neighbours do not notice."""
import concurrent.futures
import contextlib
import subprocess
import types

import pytest

from conftest import BUILD, send, wait_for
from endings import interrupt, kill, lose_connections
from events import add_event
from transactions import Session, Transaction

STEP = 1000
EX_NOINPUT = 66


class Tenant:
    """An application with a hook, a key, and events of the last hours, each
    with an idempotency key."""

    def __init__(self, stack, events, keys=None):
        self.stack = stack
        self.id = stack.made("application", "create", "tenant")["id"]
        self.hook, self.guid = stack.new_hook(self.id)
        self.key = stack.new_key(application=self.id)
        position = stack.psql("SELECT creel.next_position()")
        stack.psql(f"""
            INSERT INTO creel.event (application_id, id, hook_id, received_at,
                method, path, query, headers, body, principal, remote_address,
                status, position)
            SELECT '{self.id}', creel.uuid_floor(now() - i * interval '1 s'),
                '{self.hook}', now(), 'POST', '/', '', '{{}}', '', 'key:x',
                '192.0.2.1', 'success', {position}
            FROM generate_series(1, {events}) AS i;
            INSERT INTO creel.dedupe
            SELECT '{self.id}', '{self.hook}', sha256('x'), 'key ' || i, '',
                creel.uuid_floor(now() - i * interval '1 s'), false
            FROM generate_series(1, {keys or events}) AS i""")

    def post(self, **headers):
        return self.stack.post(datasource=self.guid, ApiKey=self.key,
                               **headers).status

    def rows(self):
        """The numbers of its events and idempotency keys."""
        return tuple(int(self.stack.psql(
            f"SELECT count(*) FROM creel.{table} WHERE application_id ="
            f" '{self.id}'")) for table in ("event", "dedupe"))

    def listed(self):
        """Its row in the list of applications, or None."""
        return next((a for a in self.stack.made("application", "list")
                     if a["id"] == self.id), None)

    def deletion(self):
        return self.stack.psql("SELECT events FROM creel.deletion WHERE"
                               f" application_id = '{self.id}'")

    def delete(self):
        return self.stack.made("application", "delete", self.id, "--force")

    def delete_begins(self):
        return subprocess.Popen(
            [BUILD / "creelctl", "-f", self.stack.conf, "application",
             "delete", self.id, "--force"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @contextlib.contextmanager
    def halted(self):
        """A deletion whose second step waits until the block ends."""
        event = self.stack.psql("SELECT id FROM creel.event WHERE"
                                f" application_id = '{self.id}' ORDER BY id"
                                f" OFFSET {STEP * 3 // 2} LIMIT 1")
        with Transaction(self.stack, "SELECT FROM creel.event WHERE"
                         f" application_id = '{self.id}' AND id = '{event}'"
                         " FOR UPDATE"):
            p = self.delete_begins()
            wait_for(lambda: self.deletion() == str(STEP)
                     and self.stack.cluster.waits(), "a step that waits")
            yield p


def steps(stack):
    """The sessions that run a step."""
    return stack.psql("SELECT pid FROM pg_stat_activity WHERE datname ="
                      " current_database() AND state = 'active'"
                      " AND query LIKE '%FROM creel.deletion_step%'"
                      " AND pid <> pg_backend_pid()", user="postgres").split()


def test_in_steps(stack):
    """While the events of a tenant are deleted, its credentials and hooks are
    gone, its handle is free, and the list shows how far the deletion is."""
    gone = Tenant(stack, 2500)
    other = Tenant(stack, 100)
    assert gone.post() == 200 and gone.listed()["state"] == "active"
    assert gone.listed()["eventsDeleted"] is None
    with gone.halted() as p:
        assert gone.rows() == (2501 - STEP, 2500 - STEP)
        listed = gone.listed()
        assert listed["state"] == "deleting"
        assert listed["eventsDeleted"] == STEP and listed["hooks"] == 0
        assert listed["name"] == "tenant"
        line = next(row for row in stack.creelctl(
            "application", "list").stdout.splitlines() if gone.id in row)
        assert f"deleting  {STEP}" in line
        # Scripts find the same members in each row.
        assert len({tuple(a) for a in stack.made("application", "list")}) == 1
        wait_for(lambda: gone.post() == 401, "the key to be rejected")
        made = stack.made("hook", "create", "--application", other.id,
                          "--kind", "datasource", "--name", "h", "--handle",
                          gone.guid)
        assert made["handle"] == gone.guid
        # Nothing new can be created in it.
        p2 = stack.creelctl("hook", "create", "--application", gone.id,
                            "--kind", "datasource", "--name", "h", check=False)
        assert p2.returncode == EX_NOINPUT
        # A neighbour's calls do not wait for the step.
        assert other.post() == 200
        assert p.poll() is None
    assert p.communicate(timeout=60) == ("deleted\n", "")
    assert gone.rows() == (0, 0) and other.rows() == (101, 100)
    assert gone.listed() is None
    p = stack.creelctl("application", "show", gone.id, check=False)
    assert p.returncode == EX_NOINPUT


def cut(stack, p):
    lose_connections(stack, p, lambda: steps(stack),
                     "is deleted, but not all of its events")


@pytest.mark.parametrize("end", [kill, interrupt, cut])
@pytest.mark.parametrize("again", ["delete", "maintain"])
def test_continues(stack, end, again):
    """A deletion that ended in the middle is shown until the same command, or
    maintain, has completed it."""
    gone, other = Tenant(stack, 3500), Tenant(stack, 100)
    with gone.halted() as p:
        end(stack, p)
    wait_for(lambda: not steps(stack), "its last step to end")
    left = gone.rows()[0]
    assert 0 < left <= 3500 - STEP
    listed = gone.listed()
    assert listed["state"] == "deleting"
    assert listed["eventsDeleted"] == 3500 - left
    if again == "delete":
        assert gone.delete() == {"deleted": gone.id}
    else:
        assert stack.made("maintain")["dropped"] == []
    assert gone.rows() == (0, 0) and other.rows() == (100, 100)
    assert gone.deletion() == "3500" and gone.listed() is None


def test_more_keys_than_events(stack):
    """Idempotency keys are deleted in steps too: retention deletes events and
    keys at different times."""
    gone, other = Tenant(stack, 10, keys=2500), Tenant(stack, 10)
    assert gone.delete() == {"deleted": gone.id}
    assert gone.rows() == (0, 0) and other.rows() == (10, 10)
    assert gone.deletion() == "10"


def test_two_at_once(stack):
    """Two commands delete the same tenant: both succeed, and each event is
    counted once."""
    gone = Tenant(stack, 3500)
    with gone.halted() as p:
        q = gone.delete_begins()
        wait_for(lambda: len(steps(stack)) == 2, "both to run")
    for process in (p, q):
        assert process.communicate(timeout=60) == ("deleted\n", "")
    assert gone.rows() == (0, 0) and gone.deletion() == "3500"


def test_call_stored_late(stack):
    """A worker has accepted a call, and stores it when the deletion is
    complete: maintain deletes it.  That ends a day later, as no worker can have
    one."""
    gone = Tenant(stack, 1)
    assert gone.post() == 200
    with contextlib.closing(Session(stack.cluster.host,
                                    stack.database)) as session:
        # Its batch waits for a position.
        session.run("BEGIN; SELECT pg_advisory_xact_lock("
                    "hashtext('creel.position'))")
        with stack_call(stack, gone) as call:
            wait_for(stack.cluster.waits, "a batch that waits")
            gone.delete()
            assert gone.rows() == (0, 0)
            session.run("COMMIT")
        assert call.status == 200
    assert gone.rows() == (1, 1)
    stack.creelctl("maintain")
    assert gone.rows() == (0, 0) and gone.deletion() == "3"
    stack.creelctl("maintain")
    assert gone.deletion() == "3"
    stack.psql("UPDATE creel.deletion SET emptied_at = emptied_at"
               " - interval '25 hours'")
    add_event(stack, application=gone.id, hook=gone.hook)
    stack.creelctl("maintain")
    assert gone.rows() == (0, 0) and gone.deletion() == ""
    p = stack.creelctl("application", "delete", gone.id, "--force",
                       check=False)
    assert p.returncode == EX_NOINPUT and "no application" in p.stderr


@contextlib.contextmanager
def stack_call(stack, tenant):
    """A call with an idempotency key during the block; afterwards it has its
    status."""
    call = types.SimpleNamespace(status=None)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(tenant.post, Idempotency_Key="late")
        yield call
        call.status = future.result()


def test_moved_back(stack):
    """A tenant that was deleted here, because it lived in another database, is
    copied back: its events stay."""
    back = Tenant(stack, 10)
    row = stack.psql("SELECT id, name FROM creel.application WHERE id ="
                     f" '{back.id}'").split("|")
    back.delete()
    stack.psql("INSERT INTO creel.application (id, name)"
               f" VALUES ('{row[0]}', '{row[1]}')")
    assert back.deletion() == ""
    add_event(stack, application=back.id, hook=back.hook)
    stack.creelctl("maintain")
    assert back.rows() == (1, 0) and back.listed()["state"] == "active"


def test_moved_back_during_a_step(stack):
    """The copy waits for the step that runs, and no step follows it."""
    back = Tenant(stack, 2500)
    with back.halted() as p:
        q = subprocess.Popen(["psql", "-XAtq", "-h", stack.cluster.host, "-U",
                              "creel_owner", "-d", stack.database, "-c",
                              "INSERT INTO creel.application (id, name)"
                              f" VALUES ('{back.id}', 'back')"])
        wait_for(lambda: stack.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname ="
            " current_database() AND wait_event_type = 'Lock' AND query LIKE"
            " 'INSERT INTO creel.application%'", user="postgres") == "1",
            "the copy to wait")
    assert q.wait(60) == 0 and p.wait(60) == 0
    left = back.rows()[0]
    stack.creelctl("maintain")
    assert back.rows()[0] == left and left in (500, 0)
    assert back.listed()["state"] == "active"


def test_deleted_over_http(stack):
    """DELETE leaves the events, and maintain leaves them too; application
    delete --force deletes them."""
    gone = Tenant(stack, 1500)
    key = stack.new_key("all.Application", application=gone.id)
    assert send(stack.url, "DELETE", f"/applications/{gone.id}",
                [("ApiKey", key)]).status == 200
    stack.creelctl("maintain")
    assert gone.rows() == (1500, 0)
    p = stack.creelctl("application", "delete", gone.id, check=False)
    assert p.returncode == EX_NOINPUT
    assert gone.delete() == {"deleted": gone.id}
    assert gone.rows() == (0, 0) and gone.deletion() == "1500"


def test_large_bodies(stack):
    """A step deletes no more after 8 MiB of bodies, but one event at least."""
    gone = Tenant(stack, 1)
    size = 3 << 20
    position = stack.psql("SELECT creel.next_position()")
    stack.psql(f"""
        INSERT INTO creel.event (application_id, id, hook_id, received_at,
            method, path, query, headers, body, principal, remote_address,
            status, position)
        SELECT '{gone.id}', creel.uuid_floor(now() + i * interval '1 s'),
            '{gone.hook}', now(), 'POST', '/', '', '{{}}', b.body, 'key:x',
            '192.0.2.1', 'success', {position}
        FROM generate_series(1, 5) AS i
        CROSS JOIN (SELECT string_agg(sha256(n::text::bytea), '') AS body
            FROM generate_series(1, {size} / 32) AS n) AS b""")
    stack.psql(f"INSERT INTO creel.deletion VALUES ('{gone.id}', 'x')")
    steps = []
    while steps[-1:] != [("false", "")]:
        place = f"'{steps[-1][1]}'" if steps and steps[-1][1] else "NULL"
        steps.append(tuple(stack.psql(
            f"SELECT remains::text, last_event FROM creel.deletion_step("
            f"'{gone.id}', {STEP}, {place}, NULL)").split("|")))
        assert len(steps) < 10
    # The small one and three large ones, the rest, end, and nothing new.
    assert [bool(last) for _, last in steps] == [True, True, False, False]
    assert gone.rows()[0] == 0
