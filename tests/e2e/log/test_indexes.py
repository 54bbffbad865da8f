# SPDX-License-Identifier: ISC
"""
The indexes of the log: a row goes to few of them, and each list reads as many
pages as it returns events, whatever other tenants store.
"""
# route: GET /applications/:application/events
import json
import re

import pytest

from events import event_id, insert, position_of
from feed_api import Reader

MANY = 40000
FEW = 150  # pages; the primary key alone has more
NIL = "00000000-0000-0000-0000-000000000000"
LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
END = 1 << 62


def store_many(stack, application, hook, status="success", age=0, n=MANY):
    """Stores events, in batches of 100, with rising ids as workers do: the
    planner knows that the primary key then has the order of the table."""
    stack.psql(f"""
        INSERT INTO creel.event (application_id, id, hook_id, received_at,
            method, path, query, headers, body, principal, remote_address,
            status, position)
        SELECT '{application}', (left(creel.uuid_floor(now() - interval
            '{age + 5} s' + i / 50 * interval '1 ms')::text, 14) || '7' ||
            substr(m, 1, 3) || '-8' || substr(m, 4, 3) || '-' ||
            substr(m, 7, 12))::uuid,
            '{hook}', now(), 'POST', '/', '', '{{}}', '', 'key:x',
            '192.0.2.1', '{status}', {position_of(age)} + i / 100
        FROM generate_series(1, {n}) i, md5('{hook}{status}{age}' || i) m""")


class Log:
    """Many events of a hook of one application and a few of another, with
    statistics that are out of date in one way or another."""

    def __init__(self, stack):
        self.stack = stack
        self.other = stack.made("application", "create", "busy")["id"]
        self.third = stack.made("application", "create", "empty")["id"]
        self.busy, self.quiet = "b" * 24, "c" * 24
        # Statistics and the summaries of event_recent stay as they are.
        stack.psql("DO $$ DECLARE p regclass; BEGIN FOR p IN SELECT relid FROM"
                   " pg_partition_tree('creel.event') WHERE isleaf LOOP EXECUTE"
                   " format('ALTER TABLE %s SET (autovacuum_enabled = off)',"
                   " p); END LOOP; END $$")

    def analyze(self):
        self.stack.psql("VACUUM ANALYZE creel.event", "postgres")

    def store_busy(self, **columns):
        store_many(self.stack, self.other, self.busy, **columns)

    def store_quiet(self):
        self.ids = [event_id() for _ in range(5)]
        for id, status in zip(self.ids, ("success", "failed", "pending",
                                         "success", "success")):
            self.stack.psql(insert(self.stack, id, hook=self.quiet,
                                   status=status))

    def pages_read(self, calls, application, hook, mode):
        """The numbers of pages that these calls read, with what they call in
        turn, by their names; the first time they also read the catalog."""
        explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)"
        sql = [f"SET plan_cache_mode = force_{mode}_plan;"]
        for role, _, text in calls:
            text = text.format(app=application, hook=hook)
            sql += [f"SET ROLE {role};"
                    f" SET creel.application = '{application}'; BEGIN;",
                    f" {explain} SELECT * FROM creel.{text};" * 3, "ROLLBACK;"]
        out = self.stack.psql("".join(sql), "postgres")
        plans = [json.loads(text)[0]["Plan"] for text in
                 re.split(r"^(?=\[)", out, flags=re.M)[1:]][2::3]
        return {f"{name}: {text}":
                p["Shared Hit Blocks"] + p["Shared Read Blocks"]
                for (_, name, text), p in zip(calls, plans, strict=True)}

    def many(self, calls, application, hook, mode):
        """Those that read many pages."""
        self.stack.cluster.require("plans of one database")
        read = self.pages_read(calls, application, hook, mode)
        return {name: n for name, n in read.items() if n >= FEW}


def all_busy(log):
    """The other application had all of the log."""
    log.store_busy()
    log.analyze()
    log.store_quiet()


def all_quiet(log):
    """The application itself had all of the log."""
    store_many(log.stack, log.stack.application, log.quiet, n=300)
    log.analyze()
    log.store_busy()
    log.store_quiet()


def unknown(log):
    """There are none."""
    log.store_busy()
    log.store_quiet()


def old(log):
    """All ids were lower."""
    log.store_busy(age=7200)
    log.analyze()
    log.store_busy()
    log.store_quiet()


def own_hook(log):
    """Another hook of the application had all of the log."""
    store_many(log.stack, log.stack.application, log.busy)
    log.analyze()
    log.store_quiet()


def failures(log):
    """All events of the other application had failed."""
    log.store_busy(status="failed")
    log.analyze()
    log.store_quiet()


@pytest.fixture(scope="module",
                params=[all_busy, all_quiet, unknown, old, own_hook, failures],
                ids=lambda f: f.__name__)
def log(request, make_stack):
    stack = make_stack()
    stack.psql("SELECT creel.maintain(1, 1)")
    log = Log(stack)
    log.kind = request.param
    log.kind(log)
    return log


RANGE = "(SELECT begins FROM creel.event_partition ORDER BY 1 LIMIT 1)," \
        " (SELECT ends FROM creel.event_partition ORDER BY 1 LIMIT 1)"
STATUSES = ("NULL", "'success'", "'failed'", "'pending'")
TIMES = ("epoch", "-1h")
SINCE = {"epoch": "creel.uuid_floor('epoch')",
         "-1h": "creel.uuid_floor(now() - interval '1 hour')"}


def listed(hook):
    return {f"list {status} {since}":
            f"event_list('{{app}}', {hook}, {status}, {SINCE[since]},"
            " NULL, 50)" for status in STATUSES for since in TIMES}


# Calls that workers make for a tenant, and those of the owner.  {app}, {hook}.
WORKER = {
    "follow": f"event_follow('{{app}}', NULL, 0, '{NIL}', {END}, 100)",
    "last": f"event_last('{{app}}', 0, '{NIL}', false)",
    "history": f"event_history('{{app}}', NULL, {END}, '{NIL}', 100)",
    "newest": f"event_newest('{{app}}', NULL, {END}, '{LAST}', 100)",
    "commands": f"event_last('{{app}}', 0, '{NIL}', true)"}
WORKER_HOOK = {
    "history": f"event_history('{{app}}', '{{{{{{hook}}}}}}', {END}, '{NIL}',"
               " 100)",
    "newest": f"event_newest('{{app}}', '{{{{{{hook}}}}}}', {END}, '{LAST}',"
              " 100)",
    "current": f"event_current('{{app}}', '{{hook}}', {SINCE['-1h']})",
    "records": f"record_scan('{{app}}', '{{hook}}', {SINCE['-1h']}, '{LAST}',"
               " false)",
    "newest records": f"record_scan('{{app}}', '{{hook}}', '{NIL}', '{LAST}',"
                      " true)"}
OWNER = {
    **listed("NULL"),
    "tail": f"event_tail('{{app}}', NULL, NULL, 0, '{NIL}', {END}, 100)",
    "erase": f"erasure_scan('{{app}}', NULL, '{NIL}', '{LAST}', 0, '{NIL}',"
             f" {END}, 100)"}
OWNER_HOOK = {
    **listed("'{hook}'"),
    **{f"form {status}": f"form_events('{{app}}', '{{hook}}', {status},"
       f" {SINCE['-1h']}, '{LAST}', 100)" for status in STATUSES[1:]},
    "value": f"value_keep('{{app}}', '{{hook}}', {RANGE})",
    "expire": f"expired_delete('{{app}}', '{{hook}}', false, '{NIL}', {RANGE},"
              " 3)",
    "expire failed": f"expired_delete('{{app}}', '{{hook}}', true, '{NIL}',"
                     f" {RANGE}, 3)"}


MODES = pytest.mark.parametrize("mode", ["custom", "generic"])
CALLS = [(role, name, text) for role, calls in (
    ("creel_worker", WORKER), ("creel_worker", WORKER_HOOK),
    ("postgres", OWNER), ("postgres", OWNER_HOOK))
    for name, text in calls.items()]


@MODES
def test_quiet_tenant(log, mode):
    """A tenant with a few events lists them, by application and by hook, of
    each status and since any time, without reading those of another."""
    calls = CALLS
    if log.kind in (own_hook, all_quiet):
        # It has many of its own.
        calls = [c for c in CALLS if "{hook}" in c[2] and "records" not in c[1]]
    assert not log.many(calls, log.stack.application, log.quiet, mode)


@MODES
def test_hook_of_another_tenant(log, mode):
    """A reader that names the busy hook of another tenant finds nothing, and
    reads nothing of it.  Nor does the deletion of an application."""
    assert not log.many(CALLS + [
        ("postgres", "count", "event_count('{app}', current_date + 2)"),
        ("postgres", "delete", "events_delete('{app}', NULL, 100)")],
        log.third, log.busy, mode)


@MODES
def test_all_applications(log, mode):
    """An admin lists the newest events of all applications, and retention looks
    for those that are kept."""
    calls = [("postgres", f"list {status} {since}",
              f"event_list(NULL, NULL, {status}, {SINCE[since]}, NULL, 50)")
             for status in STATUSES for since in SINCE]
    calls += [("postgres", "retention", f"partition_lives({RANGE}, {days},"
               f" {failed})") for days, failed in (
                   (0, 0), (-3, -3), (-3, 10000), (10000, -3))]
    if log.kind is failures:
        # They pass the failures until they find an event that succeeded.
        calls = [c for c in calls if "'success'" not in c[2]
                 and " 10000, -3" not in c[2]]
    assert not log.many(calls, "", "", mode)


@MODES
def test_known_id(log, mode):
    """An event is found by its id, with its application and without, among many
    of others."""
    id = log.ids[0]
    assert not log.many([
        ("creel_worker", "get", f"event_get('{{app}}', '{id}')"),
        ("creel_worker", "gone", f"events_gone('{{app}}', '{{{{{id}}}}}')"),
        ("postgres", "open", f"event_open('{{{{{{app}}}}}}', '{id}', NULL)"),
        ("postgres", "delete", f"event_delete('{{app}}', '{{{{{id}}}}}')"),
        ("postgres", "find", f"event_find('{id}')")],
        log.stack.application, "", mode)


@MODES
def test_follow_all_applications(log, mode):
    """A follower of all applications reads event_recent, not the ids of the
    last day."""
    log.analyze()
    assert not log.many([("postgres", "follow", "event_tail_all(NULL,"
        f" creel.highest_position() + 1, '{NIL}', {END}, 100)")], "", "", mode)


def test_row_scatters_to_two_indexes(stack):
    """A row has entries in three indexes, of which those that begin with the
    application or the hook are two: each of these goes to another leaf for each
    tenant."""
    columns = stack.psql(
        "SELECT pg_get_indexdef(i.indexrelid, 1, true) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_am a ON a.oid = c.relam"
        " WHERE i.indrelid = 'creel.event'::regclass AND i.indpred IS NULL"
        " AND a.amname = 'btree' ORDER BY 1", "postgres").split()
    assert columns == ["application_id", "application_id", "id"]


# -- order

def shuffled(stack, hook):
    """Stores events, the IDs of which are in another order than their
    positions; returns the IDs in the order of the log."""
    order = [3, 0, 4, 1, 2, 6, 5]
    ids = [event_id() for _ in order]
    placed = [ids[i] for i in order]
    for id in placed:
        stack.psql(insert(stack, id, hook=hook,
                          application=stack.application))
    return placed, sorted(ids)


def read_newest(reader, **query):
    found, cursor = [], {}
    while True:
        page = reader.page(limit=2, **cursor, **query)
        found += [i["id"] for i in page["items"]]
        cursor = {"cursor": page["cursor"]}
        if not page["more"]:
            return found


def test_orders(make_stack):
    """An application's events are listed in the order of the log, those of a
    hook in the order of IDs, oldest and newest first, page by page."""
    stack = make_stack()
    reader = Reader(stack, stack.new_key("event.body"))
    hook = "d" * 24
    placed, by_id = shuffled(stack, hook)
    assert reader.follow(limit=2)[0] == placed
    assert reader.follow(limit=2, hookId=hook)[0] == by_id
    assert read_newest(reader) == placed[::-1]
    assert read_newest(reader, hookId=hook) == by_id[::-1]
    # A reader that follows continues behind them.
    _, cursor = reader.follow(limit=3)
    later = event_id(age=60)
    stack.psql(insert(stack, later, hook=hook))
    assert reader.follow(cursor)[0] == [later]


def test_cursor_without_its_hook(make_stack):
    """A reader that omits the hook of its cursor continues behind the last
    event that it got, in the order of the log."""
    stack = make_stack()
    reader = Reader(stack, stack.new_key("event.body"))
    placed, by_id = shuffled(stack, "d" * 24)
    page = reader.page(order="oldest", limit=2, hookId="d" * 24)
    last = page["items"][-1]["id"]
    found, _ = reader.follow(page["cursor"], limit=2)
    assert found == placed[placed.index(last) + 1:]
    page = reader.page(limit=2, hookId="d" * 24)
    last = page["items"][-1]["id"]
    page = reader.page(cursor=page["cursor"])
    assert [i["id"] for i in page["items"]] == \
        placed[:placed.index(last)][::-1]
