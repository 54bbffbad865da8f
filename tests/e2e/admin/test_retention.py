# SPDX-License-Identifier: ISC
"""Retention: creelctl maintain deletes the events whose time has run out, and
keeps everything else, the current values of data sources included."""
import collections
import contextlib
import gzip
import json
import signal
import time

import pytest

from conftest import Load, wait_for
from events import add_event, event_id
from record_api import Form
from retention_api import (DAY, Tenant, age, begins, clear, conf, maintain,
                           old_partitions)
from seeded import CASES, generator
from transactions import Transaction
from wallboard_api import Door
from webhook_api import Webhook

EX_USAGE, EX_NOINPUT, EX_TEMPFAIL, EX_CONFIG = 64, 66, 75, 78
OVERDUE = "expired partitions are dropped"


@pytest.fixture(scope="module")
def shared(make_stack):
    return make_stack()


@pytest.fixture
def stack(shared):
    """A stack without events, partitions of the past and other tenants."""
    clear(shared)
    return shared


# -- the clocks

# retention_days and retention_failed_days of creel.conf and of the application
# (None: not set), and for how many days events, and failed ones, are kept.
CLOCKS = [
    (0, 0, None, None, None, None),
    (10, 0, None, None, 10, 10),
    (10, 30, None, None, 10, 30),
    (30, 10, None, None, 30, 10),
    (0, 10, None, None, None, 10),
    (10, 0, 30, None, 30, 30),
    (30, 0, 10, None, 10, 10),
    (10, 30, 20, None, 20, 30),
    (10, 30, None, 20, 10, 20),
    (10, 30, 0, None, None, 30),
    (10, 30, 20, 0, 20, 20),
    (0, 0, 10, None, 10, 10),
    (0, 0, None, 10, None, 10),
    (0, 0, 20, 10, 20, 10),
]


@pytest.mark.parametrize("installation", sorted({c[:2] for c in CLOCKS}))
def test_clocks(stack, installation):
    """Successful and failed events, of the installation and of applications
    with their own clocks: each is kept until its own clock has run out, also if
    others of the same day are kept for longer."""
    conf(stack, *installation)
    kept = {}
    for _, _, own, failed, days, failed_days in \
            [c for c in CLOCKS if c[:2] == installation]:
        t = Tenant(stack, *(() if own is None else ("--retention", str(own))),
                   *(() if failed is None
                     else ("--retention-failed", str(failed))))
        kept[t] = set()
        for status, limit in (("success", days), ("pending", days),
                              ("failed", failed_days)):
            for old in (5, 15, 25, 35):
                id = t.add(old, status)
                if limit is None or old < limit:
                    kept[t].add(id)
    maintain(stack)
    for t, ids in kept.items():
        assert t.events() == ids
    assert maintain(stack)["dropped"] == []


def test_options_of_an_application(stack):
    """An administrator sets, reads and resets the clocks of an application, and
    bad values change nothing."""
    t = Tenant(stack, "--retention", "7")

    def shown():
        a = stack.made("application", "show", t.id)
        assert a in stack.made("application", "list")
        return a["retentionDays"], a["retentionFailedDays"]

    assert shown() == (7, None)
    stack.creelctl("application", "change", t.id, "--retention-failed", "90")
    assert shown() == (7, 90)
    stack.creelctl("application", "change", t.id, "--retention", "0")
    assert shown() == (0, 90)
    stack.creelctl("application", "change", t.id, "--retention", "default",
                   "--retention-failed", "36600")
    assert shown() == (None, 36600)
    for words in (("--retention", "-1"), ("--retention", "36601"),
                  ("--retention", "x"), ("--retention-failed", ""),
                  ("--retention-failed", "1.5")):
        p = stack.creelctl("application", "change", t.id, *words, check=False)
        assert p.returncode == EX_USAGE
        assert f"{words[0]}: must be between 0 and 36600" in p.stderr
    assert shown() == (None, 36600)
    p = stack.creelctl("application", "change", "0" * 24, "--retention", "1",
                       check=False)
    assert p.returncode == EX_NOINPUT and "no application" in p.stderr


def test_partition_of_a_silent_tenant(stack):
    """A tenant that keeps its events forever but has none in a partition does
    not make the events of all others be deleted row by row."""
    conf(stack, 10)
    quiet, busy = Tenant(stack, "--retention", "0"), Tenant(stack)
    kept = quiet.add(40)
    busy.fill(20, 10)
    busy.fill(40, 10)
    done = maintain(stack)
    # One partition is dropped; ten events of the other are deleted.
    assert len(done["dropped"]) == 1 and done["expired"] == 10
    assert busy.rows() == (0, 0, 0, 0) and quiet.events() == {kept}
    # When that event is deleted, its partition is dropped as well.
    stack.creelctl("application", "change", quiet.id, "--retention", "default")
    assert len(maintain(stack)["dropped"]) == 1
    assert old_partitions(stack) == []


def test_deleted_over_http(stack):
    """The events of an application that does not exist any longer are kept as
    long as most, in a partition that another one keeps."""
    conf(stack, 10)
    gone, keeps = Tenant(stack), Tenant(stack, "--retention", "30")
    gone.fill(5, 3), gone.fill(20, 3), keeps.fill(20, 3)
    stack.psql(f"DELETE FROM creel.application WHERE id = '{gone.id}'")
    maintain(stack)
    assert gone.rows()[0] == 3 and keeps.rows() == (3, 3, 3, 3)


# -- the same for generated events

Event = collections.namedtuple("Event", "tenant hook status ms id")


class Model:
    """What is left of events: those whose partition has not ended as many days
    ago as their clock says."""

    def __init__(self, random, span):
        self.span = span * DAY * 1000
        self.random = random
        self.installation = self.clock(False), self.clock(False)
        self.own = [(self.clock(True), self.clock(True)) for _ in range(6)]

    def clock(self, unset):
        return self.random.choice([None] * unset + [0, 3, 10, 20, 35, 50])

    def days(self, tenant, failed):
        own, own_failed = self.own[tenant]
        days, failed_days = self.installation
        own = days if own is None else own
        own_failed = failed_days if own_failed is None else own_failed
        return (failed and own_failed) or own

    def expired(self, event, now):
        days = self.days(event.tenant, event.status == "failed")
        epoch = 946684800000
        ends = event.ms - (event.ms - epoch) % self.span + self.span
        return days > 0 and ends <= now * 1000 - days * DAY * 1000


@pytest.mark.parametrize("span", [1, 3, 7])
def test_model(make_stack, span):
    """Events of any age, status and hook, in applications with any clocks:
    maintain leaves those that a simple model of the rule leaves, with their
    keys, replies and receipts, and each data source has the value of its newest
    success, whether that is left or not."""
    random = generator(f"retention {span}")
    stack = make_stack(partition_days=span)
    model = Model(random, span)
    tenants = [Tenant(stack) for _ in model.own]
    hooks = [[t.hook, stack.new_hook(t.id)[0], Form(
        stack, application=t.id).id, Webhook(stack, t.id).id] for t in tenants]
    guid = dict(line.split("|") for line in stack.psql(
        "SELECT id, handle FROM creel.hook WHERE kind = 'datasource'").split())
    devices = [stack.made("device", "create", "--application", t.id, "--name",
                          "d")["id"] for t in tenants]
    position = stack.psql("SELECT creel.next_position()")
    now = time.time()
    events = []
    for _ in range(CASES // 5):
        tenant = random.randrange(len(tenants))
        at = now - random.uniform(0, 70) * DAY
        events.append(Event(tenant, random.choice(hooks[tenant]),
                            random.choice(["success"] * 3 + ["failed",
                                                             "pending"]),
                            int(at * 1000), event_id(at=at)))
    stack.psql("".join(
        f"INSERT INTO creel.event (application_id, id, hook_id, received_at,"
        f" method, path, query, headers, body, principal, remote_address,"
        f" status, position) VALUES ('{tenants[e.tenant].id}', '{e.id}',"
        f" '{e.hook}', now(), 'POST', '/', '', '{{}}', '{e.id}', 'key:x',"
        f" '192.0.2.1', '{e.status}', {position});"
        f"INSERT INTO creel.dedupe VALUES ('{tenants[e.tenant].id}',"
        f" '{e.hook}', '', '{e.id}', '', '{e.id}', {e.status == 'failed'});"
        f"INSERT INTO creel.reply VALUES ('{tenants[e.tenant].id}', '{e.id}',"
        f" '{e.id}', 200, '', '');"
        f"INSERT INTO creel.receipt VALUES ('{tenants[e.tenant].id}', '{e.id}',"
        f" '{devices[e.tenant]}', 1, 'done');" for e in events))
    newest = {e.hook: e.id for e in sorted(events, key=lambda e: e.ms)
              if e.status == "success"}
    readers = [stack.new_key("datasource.get", application=t.id)
               for t in tenants]
    while True:
        conf(stack, *model.installation, partition_days=span)
        for t, (days, failed) in zip(tenants, model.own):
            stack.creelctl("application", "change", t.id, "--retention",
                           "default" if days is None else str(days),
                           "--retention-failed",
                           "default" if failed is None else str(failed))
        possible = [time.time()]
        assert maintain(stack)["later"] == []
        possible.append(time.time())
        possible = [{e.id for e in events if not model.expired(e, now)}
                    for now in possible]
        left = set(stack.psql("SELECT id FROM creel.event").split())
        assert left in possible, model.__dict__
        for table in ("dedupe", "reply", "receipt"):
            assert set(stack.psql(f"SELECT event_id FROM creel.{table}"
                                  ).split()) == left
        for t, of, key in zip(tenants, hooks, readers):
            for hook in of[:2]:
                a = stack.get(stack.path(guid[hook]), key)
                assert a.body.decode() == newest.get(hook, ""), hook
        events = [e for e in events if e.id in left]
        if model.own == [(None, None)] * len(tenants):
            break
        # Again with other clocks, and at last with those of all.
        model.installation = model.clock(False), model.clock(False)
        model.own = [random.choice([own, (None, None)]) for own in model.own]
    if model.installation[0]:
        assert len(old_partitions(stack)) <= max(
            model.installation) // span + 2


# -- readers and writers meanwhile

@contextlib.contextmanager
def reader(stack):
    """A reader with a transaction that does not end, such as a dump."""
    with Transaction(stack, "SELECT FROM creel.event LIMIT 1"):
        yield


def test_writers_beside_a_reader(stack):
    """A reader holds the log while a partition is to be dropped: calls are
    stored meanwhile, maintain says that the partition is dropped later and does
    everything else, and a later run drops it."""
    conf(stack, 10)
    t, keeps = Tenant(stack), Tenant(stack, "--retention", "30")
    t.fill(20, 5), t.fill(15, 5), keeps.fill(15, 5)
    maintain_creates(stack)
    name = old_partitions(stack)[0]
    load = Load(stack, 2)
    with reader(stack):
        p = begins(stack)
        wait_for(lambda: due(stack) == [name], "the drop")
        while p.poll() is None:
            load.wait(5)
        out, err = p.communicate(timeout=60)
        assert (p.returncode, err) == (0, "")
        done = json.loads(out)
        assert done["later"] == [name] and done["dropped"] == []
        assert done["expired"] == 5
        # The events that were to be dropped are still there.
        assert t.rows() == (5, 5, 5, 5) and keeps.rows() == (5, 5, 5, 5)
    assert maintain(stack)["dropped"] == [name]
    assert t.rows() == (0, 0, 0, 0)
    assert {status for status, _ in load.stop()} == {200}
    assert stack.events() == len(load.accepted()) + 5


def maintain_creates(stack):
    """Has the partitions of old events created, and deletes nothing."""
    text = stack.conf.read_text()
    conf(stack)
    stack.creelctl("maintain")
    stack.conf.write_text(text)


def due(stack):
    return stack.psql("SELECT name FROM creel.partition_expired"
                      " ORDER BY name").split()


def test_check_warns_when_overdue(stack):
    """A partition that could not be dropped for days: check names it, until it
    is dropped."""
    conf(stack, 10)
    t = Tenant(stack)
    t.fill(20, 1)
    maintain_creates(stack)
    name = old_partitions(stack)[0]
    with reader(stack):
        p = begins(stack)
        wait_for(lambda: due(stack) == [name], "the drop")
        p.kill()
        p.communicate()
    check = {r["what"]: r for r in json.loads(stack.creelctl(
        "--json", "check").stdout)}
    assert check[OVERDUE]["ok"]
    stack.psql("UPDATE creel.partition_expired SET found_at = found_at"
               " - interval '49 hours'")
    p = stack.creelctl("check", check=False)
    assert p.returncode == EX_CONFIG
    assert f"WRONG {OVERDUE}: {name} expired more than 2 days ago" in p.stdout
    # Its events are to be kept after all.
    stack.creelctl("application", "change", t.id, "--retention", "0")
    assert maintain(stack)["dropped"] == [] and due(stack) == []
    assert OVERDUE in stack.creelctl("check").stdout
    stack.creelctl("application", "change", t.id, "--retention", "10")
    assert maintain(stack)["dropped"] == [name] and due(stack) == []


def test_creation_beside_a_reader(stack):
    """A reader holds the log while a partition is to be created: calls are
    stored, expired events are deleted, and maintain fails at the end, because
    the partition is still missing."""
    conf(stack, 10, partitions_ahead=9)
    t, keeps = Tenant(stack), Tenant(stack, "--retention", "30")
    t.fill(20, 5), keeps.fill(20, 5)
    conf(stack, 10)
    maintain_creates(stack)
    conf(stack, 10, partitions_ahead=9)
    load = Load(stack, 2)
    with reader(stack):
        p = begins(stack)
        while p.poll() is None:
            load.wait(5)
        out, err = p.communicate(timeout=60)
        assert p.returncode == EX_TEMPFAIL
        assert err.startswith("creelctl: partitions ahead: ")
        assert json.loads(out)["expired"] == 5
    assert {status for status, _ in load.stop()} == {200}
    assert len(maintain(stack)["made"]) == 2


# -- interruptions

# What a run meets in each of its steps: SQL that has the step wait.
BLOCKS = {
    "values": "SELECT FROM creel.hook WHERE id = '{t.hook}' FOR UPDATE",
    "rows": "SELECT FROM creel.event WHERE application_id = '{t.id}'"
            " AND status = 'success' ORDER BY id DESC LIMIT 1 FOR UPDATE",
    "failed": "SELECT FROM creel.event WHERE application_id = '{t.id}'"
              " AND status = 'failed' ORDER BY id DESC LIMIT 1 FOR UPDATE",
    "keys": "SELECT FROM creel.dedupe WHERE application_id = '{t.id}'"
            " ORDER BY key DESC LIMIT 1 FOR UPDATE",
    "replies": "SELECT FROM creel.reply WHERE application_id = '{t.id}'"
               " ORDER BY event_id DESC LIMIT 1 FOR UPDATE",
    "receipts": "SELECT FROM creel.receipt WHERE application_id = '{t.id}'"
                " ORDER BY event_id DESC LIMIT 1 FOR UPDATE",
}


@pytest.mark.parametrize("step", BLOCKS)
def test_killed(stack, step):
    """kill -9 of maintain in each step of a retention that deletes rows: the
    next run completes it, and deletes nothing else."""
    conf(stack, 10)
    t, keeps = Tenant(stack), Tenant(stack, "--retention", "30")
    for status in ("success", "failed"):
        t.fill({"success": 20, "failed": 21}[status], 2500, status)
    for day in (20, 21):
        keeps.fill(day, 3)
    maintain_creates(stack)
    with Transaction(stack, BLOCKS[step].format(t=t)):
        p = begins(stack)
        wait_for(stack.cluster.waits, "a step that waits")
        p.send_signal(signal.SIGKILL)
        p.communicate()
        # Steps that it had completed.
        left = {"rows": 500, "failed": 3000}.get(step)
        assert left is None or t.rows()[0] == left
    wait_for(lambda: not stack.cluster.waits(), "its last step to end")
    maintain(stack)
    assert t.rows() == (0, 0, 0, 0) and keeps.rows() == (6, 6, 6, 6)
    key = stack.new_key("datasource.get", application=t.id)
    assert stack.get(stack.path(t.guid), key).body == b"2500"


def test_killed_while_it_drops(stack):
    """kill -9 while maintain tries to lock the log: the next run drops the
    partition."""
    conf(stack, 10)
    t = Tenant(stack)
    t.fill(20, 10)
    maintain_creates(stack)
    with reader(stack):
        p = begins(stack)
        wait_for(lambda: due(stack), "the drop")
        p.send_signal(signal.SIGKILL)
        p.communicate()
        # It may be in a statement, which does not end with the command.
        wait_for(lambda: stack.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE usename ="
            " 'creel_owner' AND application_name = 'creel' AND datname ="
            " current_database()") == "0", "its session to end")
    assert t.rows()[0] == 10
    assert len(maintain(stack)["dropped"]) == 1
    assert t.rows() == (0, 0, 0, 0) and due(stack) == []


def test_two_at_once(stack):
    """Two runs at the same time: both succeed, and each event is deleted by one
    of them."""
    conf(stack, 10)
    t, keeps = Tenant(stack), Tenant(stack, "--retention", "30")
    t.fill(20, 3500), keeps.fill(20, 3)
    maintain_creates(stack)
    with Transaction(stack, BLOCKS["rows"].format(t=t)):
        p = begins(stack)
        wait_for(stack.cluster.waits, "a step that waits")
        q = begins(stack)
        wait_for(lambda: stack.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname ="
            " current_database() AND wait_event_type = 'Lock'",
            user="postgres") == "2", "both to wait")
    done = [json.loads(process.communicate(timeout=120)[0])
            for process in (p, q)]
    assert sum(d["expired"] for d in done) == 3500
    assert t.rows() == (0, 0, 0, 0) and keeps.rows() == (3, 3, 3, 3)


# -- current values

BODIES = {
    "json": (b' {"v": 1, "v": 2, "\\u0000": 1e400}\n', {}),
    "type": (b'{"a": "\xc3\xa4"}', {"Content_Type": "application/a+json"}),
    "coded": (gzip.compress(b'{"z": 1}'), {"Content_Encoding": "gzip"}),
    "marked": (b'\xef\xbb\xbf{"m": 1}', {}),
    "large": (b'{"x": "' + b"y" * 100000 + b'"}', {}),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("drops", [True, False])
def test_current_value(stack, body, drops):
    """A device reads the current value of a data source, and all of its events
    have expired: the response is the same as before, byte for byte, whether the
    partition was dropped or the event was deleted from it."""
    def get(*headers):
        a = stack.get(stack.path(guid), headers=headers)
        return a.status, a.headers["Content-Type"], a.headers["ETag"], a.body

    conf(stack, 10)
    keeps = Tenant(stack, "--retention", "0")
    body, headers = BODIES[body]
    hook, guid = stack.new_hook()

    def post(body, **headers):
        a = stack.post(body, datasource=guid, **headers)
        assert a.status == 200

    post(b'{"older": 1}')
    post(body, **headers)
    age(stack, 20)
    if not drops:
        keeps.add(20)
    before = get()
    assert before[0] == 200
    done = maintain(stack)
    assert (len(done["dropped"]), done["expired"]) == (
        (1, 0) if drops else (0, 2))
    assert stack.events() == (not drops)
    assert get() == before
    assert get(("If-None-Match", before[2]))[0] == 304
    maintain(stack)
    assert get() == before
    # A later one replaces it, and is kept in turn.
    post(b'{"new": 1}')
    assert get()[3] == b'{"new": 1}'
    age(stack, 15, f"hook_id = '{hook}'")
    maintain(stack)
    assert get()[3] == b'{"new": 1}'
    # An older one that arrives late, with a tenant that moves, does not.
    add_event(stack, b'{"late": 1}', at=time.time() - 18 * DAY, hook=hook)
    maintain(stack)
    assert get()[3] == b'{"new": 1}'
    # It is deleted with its data source.
    stack.creelctl("hook", "delete", hook)
    assert stack.psql("SELECT count(*) FROM creel.kept_value") == "0"


def test_only_successes_are_values(stack):
    """A data source of which only failed events were stored has no value."""
    conf(stack, 10)
    t = Tenant(stack)
    t.add(20, "failed"), t.add(21, "pending")
    maintain(stack)
    key = stack.new_key("datasource.get", application=t.id)
    assert t.events() == set()
    assert stack.get(stack.path(t.guid), key).status == 204


def test_only_data_sources_have_values(stack):
    """Nothing is kept of the events of webhooks, forms and actions: it could
    not be read, and it may be a person's data."""
    conf(stack, 10)
    webhook, form, door = Webhook(stack), Form(stack), Door(stack)
    door.action("e")
    assert webhook.call(body=b"{}").status == 200
    assert door.post({"event_id": "e"}).status == 200
    form.add()
    assert stack.events() == 3
    age(stack, 20)
    assert len(maintain(stack)["dropped"]) == 1
    assert stack.events() == 0
    assert stack.psql("SELECT count(*) FROM creel.kept_value") == "0"
