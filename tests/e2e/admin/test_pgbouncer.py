# SPDX-License-Identifier: ISC
"""
Behind PgBouncer in transaction mode: each transaction of the worker may use
another session, and each event that was accepted is stored once.
"""
import concurrent.futures
import json
import re
import shutil
import signal
import subprocess

import pytest

from conftest import ROOT, Load, program, run, wait_for
from transactions import Session, locked_events, writer_waits

POOL = 4
LISTENING = "listening for changes"


class Pooler:
    """A private PgBouncer before the cluster."""

    def __init__(self, cluster):
        self.dir = cluster.dir / "pgbouncer"
        self.dir.mkdir(0o755)
        self.log = self.dir / "pgbouncer.log"
        self.conf = self.dir / "pgbouncer.ini"
        (self.dir / "users").write_text('"creel_worker" ""\n')
        self.conf.write_text(f"""\
[databases]
* = host={cluster.host}
[pgbouncer]
listen_addr =
unix_socket_dir = {self.dir}
listen_port = 5432
auth_type = trust
auth_file = {self.dir}/users
admin_users = creel_worker
pool_mode = transaction
default_pool_size = {POOL}
max_client_conn = 40
server_login_retry = 1
""")
        if ROOT:
            shutil.chown(self.dir, "postgres", "postgres")
        self.start()

    def start(self):
        user = ["setpriv", "--reuid=postgres", "--regid=postgres",
                "--init-groups"] if ROOT else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*user, program("pgbouncer"), str(self.conf)],
                stdout=log, stderr=log)
        wait_for(lambda: self.psql("SHOW VERSION", check=False).returncode
                 == 0, f"PgBouncer: see {self.log}")

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        self.process.wait(30)

    def psql(self, sql, database="pgbouncer", check=True):
        return run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.dir,
                   "-U", "creel_worker", "-d", database, "-c", sql,
                   check=check)


@pytest.fixture(scope="module")
def pooler(cluster):
    cluster.require("a socket of PostgreSQL")
    p = Pooler(cluster)
    yield p
    if p.process.poll() is None:
        p.stop()


@pytest.fixture
def make(make_stack, pooler):
    """A stack of its own for each test, whose workers go through the pooler
    and whose listener and owner do not."""
    def make(**options):
        s = make_stack(threads=4, cache_ttl=3600, database_timeout=5000)
        s.stop_worker()
        through(s, pooler, **options)
        before = s.logs().count(LISTENING)
        s.start_worker()
        if options.get("cache_entries") != 0:
            wait_for(lambda: s.logs().count(LISTENING) > before, "a listener")
        assert s.url
        return s
    return make


@pytest.fixture
def stack(make, pooler):
    s = make()
    yield s
    s.cluster.start()
    if pooler.process.poll() is not None:
        pooler.start()


def direct(stack):
    return (f"host={stack.cluster.host} dbname={stack.database}"
            " user=creel_worker")


def through(stack, pooler, **options):
    stack.configure(**{
        "threads": 4, "cache_ttl": 3600, "database_timeout": 5000,
        "database": direct(stack).replace(str(stack.cluster.host),
                                          str(pooler.dir)),
        "listen_database": direct(stack), "prepared_statements": "no",
        **options})


def bodies(stack):
    """The bodies of all events, by their ids."""
    rows = stack.psql("SELECT id, convert_from(body, 'UTF8')"
                      " FROM creel.event")
    return dict(row.split("|", 1) for row in rows.split("\n") if row)


def posted(stack, n, **headers):
    """Posts n different bodies from eight threads; returns {event id:
    body}."""
    sent = [f'{{"{stack.database}":{i}}}' for i in range(n)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda b: stack.post(b, **headers), sent))
    assert {a.status for a in answers} == {200}
    stored = {a.headers["Creel-Event"]: b for a, b in zip(answers, sent)}
    assert len(stored) == n
    return stored


def becomes(stack, status, **headers):
    wait_for(lambda: stack.post(**headers).status == status, status)


def check_load(stack, load):
    """Each 200 is stored once; the other responses are 503."""
    answers = load.stop()
    assert {status for status, _ in answers} == {200, 503}
    accepted = load.accepted()
    assert len(accepted) == len(set(accepted))
    stored = bodies(stack)
    assert set(accepted) <= set(stored)
    loads = [b for b in stored.values() if "load" in b]
    assert len(loads) == len(set(loads))


def sessions(stack):
    """The number of the pool's sessions in PostgreSQL."""
    return int(stack.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'creel_worker'"
        " AND datname = current_database() "
        "AND application_name <> 'creel listener'",
        user="postgres"))


def transaction(pooler, stack):
    """A session in a transaction, so that it keeps its connection."""
    session = Session(pooler.dir, stack.database, "creel_worker")
    session.run("BEGIN")
    return session


# -- calls

def test_calls(stack):
    stored = posted(stack, 400)
    assert bodies(stack) == stored
    assert 0 < sessions(stack) <= POOL


def test_two_databases(stack, make):
    """Behind one pooler, at the same time, without mixing events."""
    other = make()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        stored = list(pool.map(lambda s: posted(s, 150), [stack, other]))
    assert bodies(stack) == stored[0]
    assert bodies(other) == stored[1]


def test_statements_are_not_mixed_up(make):
    """Without a cache every call runs many statements, from two workers in few
    sessions, and gets its own results."""
    s = make(cache_entries=0, listen_database="")
    older, _ = s.worker, s.start_worker()
    first = s.post(b'{"first":1}').headers["Creel-Event"]
    _, guid = s.new_hook()
    assert s.post(b'{"current":2}', datasource=guid).status == 200

    def store(i):
        a = s.post(b'{"n":%d}' % i)
        return a.status == 200 and (a.headers["Creel-Event"], f'{{"n":{i}}}')

    def store_keyed(i):
        a, b = (s.post(b'{"k":%d}' % i, **{"Idempotency-Key": f"k{i}"})
                for _ in range(2))
        return a.status == b.status == 200 and a.headers["Creel-Event"] == \
            b.headers["Creel-Event"] and (a.headers["Creel-Event"],
                                          f'{{"k":{i}}}')

    def read_event(i):
        a = s.get(f"/events/{first}")
        return a.status == 200 and json.loads(a.body)["id"] == first

    def read_current(i):
        a = s.get(s.path(guid))
        return a.status == 200 and json.loads(a.body)

    def refuse(i):
        return s.post(ApiKey=f"ck_{i:043}").status == 401

    def lose(i):
        return s.post(datasource=f"0000{i:04}-0000-4000-8000-0123456789ab"
                      ).status == 404

    kinds = [store, store_keyed, read_event, read_current, refuse, lose]
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            jobs = [(k, pool.submit(k, i)) for i in range(60) for k in kinds]
            got = {k: [j.result() for kind, j in jobs if kind == k]
                   for k in kinds}
    finally:
        s.stop_worker(worker=older)
    for kind in kinds:
        assert all(got[kind]), kind
    stored = bodies(s)
    for event, body in got[store] + got[store_keyed]:
        assert stored[event] == body
    assert len(stored) == 2 + 60 + 60
    assert all("current" in json.dumps(c) for c in got[read_current])


def test_sessions_stay_clean(stack, pooler):
    """A session that others get next has no settings, prepared statements,
    locks or LISTEN left."""
    posted(stack, 100)
    stack.creelctl("check")
    open = [transaction(pooler, stack) for _ in range(POOL)]
    try:
        assert len({t.run("SELECT pg_backend_pid()") for t in open}) == POOL
        for t in open:
            assert t.run(
                "SELECT current_setting('statement_timeout'),"
                " (SELECT count(*) FROM pg_prepared_statements),"
                " (SELECT count(*) FROM pg_listening_channels()),"
                " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"
            ) == "0|0|0|0"
    finally:
        for t in open:
            t.close()


def test_revoked_key(stack):
    made = stack.made("key", "create", "--name", "k", "--application",
                      stack.application, "--scope", "datasource.post")
    for verb, status in (("disable", 401), ("enable", 200), ("delete", 401)):
        if verb == "disable":
            becomes(stack, 200, ApiKey=made["key"])
        stack.creelctl("key", verb, made["id"])
        becomes(stack, status, ApiKey=made["key"])


# -- outages

@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGTERM])
def test_pooler_ends_under_load(stack, pooler, sig):
    load = Load(stack)
    try:
        for _ in range(3):
            load.wait(50)
            pooler.stop(sig)
            wait_for(lambda: stack.post().status == 503, "a 503")
            pooler.start()
        load.wait(50)
    finally:
        load.ending.set()
    check_load(stack, load)


@pytest.mark.parametrize("how", ["kill", "fast"])
def test_postgres_ends_under_load(stack, how):
    """The pooler reports it (08P01), or lets clients wait."""
    load = Load(stack)
    try:
        for _ in range(2):
            load.wait(50)
            stack.cluster.end(how)
            wait_for(lambda: stack.post().status == 503, "a 503")
            stack.cluster.start()
            load.wait(50)
    finally:
        load.ending.set()
    check_load(stack, load)


def test_sessions_terminated(stack):
    posted(stack, 50)
    stack.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE usename = 'creel_worker' AND datname ="
               " current_database()", user="postgres")
    assert [stack.post().status for _ in range(12)] == [200] * 12


@pytest.mark.parametrize("what", ["pooler", "postgres", "both"])
def test_worker_starts_before(stack, pooler, what):
    stack.stop_worker()
    if what != "postgres":
        pooler.stop()
    if what != "pooler":
        stack.cluster.stop("fast")
    # PgBouncer lets the first wait, and rejects the following (08P01).
    for _ in range(4):
        stack.start_worker()
        a = stack.post()
        assert a.status == 503 and a.headers["Retry-After"]
        assert stack.stop_worker() == 0
    assert ("server login has been failing" in stack.logs()) == (
        what == "postgres")
    stack.start_worker()
    if what != "pooler":
        stack.cluster.start()
    if what != "postgres":
        pooler.start()
    becomes(stack, 200)


def test_too_many_clients(stack, pooler):
    """The pooler rejects connections: 503, and recovery without a restart."""
    held = transaction(pooler, stack)
    stack.stop_worker()
    pooler.psql("SET max_client_conn = 1")
    try:
        stack.start_worker()
        assert stack.post().status == 503
    finally:
        held.close()
        pooler.stop()
        pooler.start()
    becomes(stack, 200)


# -- timeouts

def test_database_is_slow(stack):
    with locked_events(stack):
        assert stack.post().status == 503
    becomes(stack, 200)


def test_timeout_of_the_role(stack):
    """A statement_timeout that the worker does not set may be set for the
    role: then no statement outlives its call."""
    stack.psql("ALTER ROLE creel_worker IN DATABASE"
               f" {stack.database} SET statement_timeout = 500",
               user="postgres")
    stack.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE usename = 'creel_worker' AND datname ="
               " current_database()", user="postgres")
    becomes(stack, 200)
    before = stack.events()
    with locked_events(stack):
        assert stack.post().status == 503
        wait_for(lambda: not writer_waits(stack), "the statement to end")
    assert "57014" in stack.logs()
    assert stack.events() == before


# -- creelctl

def test_check(stack, pooler):
    text = stack.creelctl("check").stdout
    assert "WRONG" not in text
    assert "ok    database, as the worker\n" in text
    assert "ok    notifications of changes\n" in text
    pooler.stop()
    p = stack.creelctl("check", check=False)
    assert p.returncode != 0
    assert re.search("^WRONG database, as the worker: ", p.stdout, re.M)
    assert "ok    database, as the owner\n" in p.stdout


@pytest.mark.parametrize("listen", ["", "through the pooler"])
def test_check_of_a_listener_behind_the_pooler(stack, pooler, listen):
    through(stack, pooler, listen_database=listen and (
        f"host={pooler.dir} dbname={stack.database} user=creel_worker"))
    p = stack.creelctl("check", check=False)
    assert p.returncode != 0
    assert re.search("^WRONG notifications of changes: .*listen_database",
                     p.stdout, re.M)
    assert p.stdout.count("WRONG") == 1
    # Without a listener there is nothing to check.
    through(stack, pooler, listen_database="", cache_entries=0)
    assert "notifications" not in stack.creelctl("check").stdout


def test_owner_bypasses_the_pooler(stack, pooler):
    stack.post(b'{"a":1}')
    pooler.stop()
    for args in (["migrate"], ["maintain"], ["hook", "list", "--application",
                                             stack.application]):
        stack.creelctl(*args)
    pooler.start()
