# SPDX-License-Identifier: ISC
"""A log that is distributed over the nodes of a Citus cluster.  Without
TEST_CITUS (citus.py) only the error of creelctl distribute is tested."""
import contextlib
import json
import os
import signal
import threading
import time

import pytest

from conftest import CITUS, run, wait_for
from events import event_id, insert
from feed_api import Reader
from transactions import Session
from webhook_api import Webhook

needs_citus = pytest.mark.skipif(not CITUS, reason="TEST_CITUS is not set")


def test_without_citus(stack):
    """An administrator who runs it on an ordinary PostgreSQL learns what is
    missing, and nothing changes."""
    if CITUS:
        pytest.skip("Citus is there")
    p = stack.creelctl("distribute", check=False)
    assert p.returncode == 78
    assert p.stderr == ("creelctl: extension citus: not installed in this "
                        "database: as a superuser run CREATE EXTENSION "
                        "citus\n")
    assert "distributed" not in stack.creelctl("check").stdout


@needs_citus
def test_distribute_again(stack):
    """What is distributed already stays so; check has a line for the nodes,
    and migrate and maintain work as before."""
    assert json.loads(stack.creelctl("--json", "distribute").stdout) == {
        "nodes": len(stack.cluster.nodes) - 1}
    stack.creelctl("migrate")
    stack.creelctl("maintain")
    assert "ok    nodes of the distributed log\n" in \
        stack.creelctl("check").stdout


@needs_citus
def test_events_move(cluster, make_stack):
    """A log that has events is distributed with them, also those outside of
    the partitions, and creelctl maintain moves these."""
    s = make_stack(distributed=False)
    webhook = Webhook(s)
    stray = event_id(at=time.time() - 400 * 86400)
    s.psql(insert(s, stray, hook=webhook.id))
    assert webhook.call(body=b"1").status == 200
    cluster.prepare(s)
    reader = Reader(s, s.new_key("all.Application.read"))
    before, _ = reader.follow()
    assert len(before) == 2 and stray in before
    assert s.psql("SELECT count(*) FROM creel.event_default") == "1"
    s.creelctl("maintain")
    assert s.psql("SELECT count(*) FROM creel.event_default") == "0"
    assert reader.follow()[0] == before
    for node in cluster.nodes[1:]:
        assert cluster.on(node, "SELECT count(*) FROM creel.event",
                          s.database) == "2"


@needs_citus
def test_delete_application(stack):
    """Events and idempotency keys of a deleted application go with it."""
    gone = stack.made("application", "create", "gone")["id"]
    _, guid = stack.new_hook(gone)
    key = stack.new_key(application=gone)
    assert stack.post(datasource=guid, ApiKey=key,
                      Idempotency_Key="once").status == 200
    count = (f"SELECT (SELECT count(*) FROM creel.event WHERE application_id ="
             f" '{gone}') + (SELECT count(*) FROM creel.dedupe WHERE"
             f" application_id = '{gone}')")
    assert stack.psql(count) == "2"
    p = stack.creelctl("application", "delete", gone, check=False)
    assert p.returncode and "events" in p.stderr
    stack.creelctl("application", "delete", gone, "--force")
    assert stack.psql(count) == "0"


@pytest.fixture(scope="module")
def tenants(stack):
    """Two applications, each with a webhook, on different nodes."""
    found = {}
    while len(found) < 2:
        a = stack.made("application", "create", "t")["id"]
        found.setdefault(node_of(stack, a), Tenant(stack, a))
    return [found[node] for node in sorted(found)]


class Tenant:
    def __init__(self, stack, application):
        self.application = application
        self.node = node_of(stack, application)
        self.webhook = Webhook(stack, application)
        self.reader = Reader(stack, stack.new_key(
            "all.Application.read", application=application), application)


def node_of(stack, application):
    """The port of the node that has the application's events."""
    return int(stack.psql(f"""
        SELECT n.nodeport
        FROM pg_dist_placement p
        JOIN pg_dist_node n USING (groupid)
        WHERE p.shardid = get_shard_id_for_distribution_column(
            'creel.event', '{application}')"""))


def backends(stack, port, state="true"):
    """The processes of a node that serve the stack's database."""
    node = next(n for n in stack.cluster.nodes if int(n[1]) == port)
    return [int(pid) for pid in stack.cluster.on(
        node, "SELECT pid FROM pg_stat_activity WHERE backend_type ="
        f" 'client backend' AND datname = '{stack.database}' AND {state}"
        ).split()]


@contextlib.contextmanager
def stopped(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class Batch:
    """A batch of both tenants that its nodes have prepared and the coordinator
    has not committed: it waits for a standby that does not exist."""

    def __init__(self, stack, tenants):
        self.stack = stack
        self.ids = [event_id() for _ in tenants]
        self.session = Session(stack.cluster.host, stack.database)
        self.session.run("BEGIN; SET LOCAL synchronous_commit = on; " + "".join(
            insert(stack, id, hook=t.webhook.id, application=t.application)
            for id, t in zip(self.ids, tenants)))
        self.standby("nobody")
        self.thread = threading.Thread(target=self.session.run,
                                       args=["COMMIT"])
        self.thread.start()
        wait_for(lambda: stack.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event ="
            " 'SyncRep'") == "1", "the batch to be prepared")

    def standby(self, name):
        stack = self.stack
        stack.cluster.psql(
            f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        stack.cluster.psql("ALTER SYSTEM SET citus.recover_2pc_interval ="
                           " '1h'" if name else
                           "ALTER SYSTEM RESET citus.recover_2pc_interval")
        stack.cluster.psql("SELECT pg_reload_conf()")

    def prepared(self, port):
        """The process of a node that prepared its part."""
        return backends(self.stack, port,
                        "query LIKE 'PREPARE TRANSACTION%'")

    def close(self):
        self.standby("")
        self.thread.join()
        self.session.close()


def known(tenant, cursor):
    """What a follower reads now; None while it is told to come again."""
    a = tenant.reader.get(cursor=cursor)
    assert a.status == 200 or (a.status == 503 and a.headers["Retry-After"])
    return None if a.status == 503 else \
        [i["id"] for i in json.loads(a.body)["items"]]


@needs_citus
def test_node_stops_before_it_commits(stack, tenants):
    """A node is stopped between PREPARE and COMMIT PREPARED.  The coordinator
    holds the batch's lock meanwhile: no reader passes it, on any node."""
    cursors = [t.reader.follow()[1] for t in tenants]
    batch = Batch(stack, tenants)
    later = [event_id() for _ in tenants]
    with stopped(batch.prepared(tenants[0].node)):
        batch.standby("")
        wait_for(lambda: known(tenants[1], cursors[1]) is not None,
                 "the other node")
        for t, id in zip(tenants, later):
            stack.psql(insert(stack, id, hook=t.webhook.id,
                              application=t.application))
        for t, cursor in zip(tenants, cursors):
            assert known(t, cursor) == []
    batch.close()
    for t, cursor, *ids in zip(tenants, cursors, batch.ids, later):
        assert t.reader.follow(cursor)[0] == ids


@needs_citus
def test_node_crashes_before_it_commits(stack, tenants):
    """A node crashes between PREPARE and COMMIT PREPARED.  The batch has ended
    on the coordinator, and is not visible on the node until Citus has
    recovered it: its tenants' readers wait, the others do not."""
    cursors = [t.reader.follow()[1] for t in tenants]
    batch = Batch(stack, tenants)
    first, second = tenants
    for pid in batch.prepared(first.node):
        os.kill(pid, signal.SIGKILL)
    # The server starts again by itself.
    wait_for(lambda: run("pg_isready", "-q", "-h", "127.0.0.1", "-p",
                         first.node, check=False).returncode == 0
             and not batch.prepared(first.node), "the node to start")
    batch.close()
    later = event_id()
    stack.psql(insert(stack, later, hook=first.webhook.id,
                      application=first.application))
    assert known(first, cursors[0]) is None
    assert known(second, cursors[1]) == [batch.ids[1]]
    assert stack.psql("SELECT creel.horizon(1)", check=False).returncode
    stack.cluster.psql("SELECT recover_prepared_transactions()",
                       stack.database)
    assert known(first, cursors[0]) == [batch.ids[0], later]


@needs_citus
def test_nothing_is_skipped(stack, tenants):
    """Many writers for tenants on both nodes, a follower of each tenant, and a
    node whose processes are stopped for a second again and again: each
    follower reads each event once."""
    seen = {t.application: [] for t in tenants}
    sent = {t.application: [] for t in tenants}
    cursors = {t.application: t.reader.follow()[1] for t in tenants}
    writing, reading = threading.Event(), threading.Event()

    def write(t):
        while not writing.is_set():
            a = t.webhook.call(body=b"{}", headers=[
                ("Content-Type", "application/json")])
            if a.status == 200:
                sent[t.application].append(a.headers["Creel-Event"])

    def read(t):
        while True:
            last = reading.is_set()
            a = t.reader.get(cursor=cursors[t.application])
            if a.status == 503:
                continue
            page = json.loads(a.body)
            seen[t.application] += [i["id"] for i in page["items"]]
            cursors[t.application] = page["cursor"]
            if last and not page["more"] and not page["items"]:
                return

    writers = [threading.Thread(target=write, args=[t])
               for t in tenants for _ in range(6)]
    readers = [threading.Thread(target=read, args=[t]) for t in tenants]
    for thread in writers + readers:
        thread.start()
    for n in range(6):
        with stopped(backends(stack, tenants[n % 2].node)):
            time.sleep(1)
        goal = {a: len(ids) + 50 for a, ids in sent.items()}
        wait_for(lambda: all(len(sent[a]) >= goal[a] for a in goal),
                 "writers", 120)
    writing.set()
    for thread in writers:
        thread.join()
    reading.set()
    for thread in readers:
        thread.join()
    for application, ids in seen.items():
        assert len(ids) == len(set(ids)), "repeated"
        assert set(sent[application]) <= set(ids), "skipped"
