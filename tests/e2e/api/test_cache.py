# SPDX-License-Identifier: ISC
"""
The worker's cache: a known caller costs no look-up, changes drop entries, and
unknown callers harm neither.  (Entries live for an hour here, so that only the
event under test can drop them.)
"""
import collections
import concurrent.futures
import contextlib
import re
import signal
import threading
import time
import uuid

import pytest

from conftest import stop_process, wait_for
from fcgi_client import Connection, variables
from transactions import Transaction

LOOKED_UP = ["address", "credential", "hook", "application"]


@pytest.fixture
def make(make_stack):
    """A stack of its own for each test, with a listener."""
    def make(**options):
        s = make_stack(**{"threads": 4, "cache_ttl": 3600, **options})
        if "listen_database" not in options:
            listens(s)
        return s
    return make


@pytest.fixture
def stack(make):
    return make()


def listeners(stack):
    return stack.psql("SELECT pid FROM pg_stat_activity WHERE datname ="
                      " current_database() AND application_name ="
                      " 'creel listener'",
                      user="postgres").split()


def listens(stack, times=1):
    """Waits until that many workers listen for changes, each of which clears
    its cache then and loads the known addresses."""
    wait_for(lambda: stack.logs().count("known addresses: ") >= times,
             "a listener")


def locked(stack):
    """Look-ups block until it ends."""
    tables = ", ".join(f"creel.{t}" for t in LOOKED_UP)
    return Transaction(stack, f"LOCK TABLE {tables}")


@contextlib.contextmanager
def waits(stack, status, **call):
    """A call that waits for the lock, and gets this status after its end."""
    def blocked():
        return int(stack.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname ="
            " current_database() AND wait_event_type = 'Lock'",
            user="postgres"))

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with locked(stack):
            waiting = pool.submit(stack.post, **call)
            wait_for(lambda: blocked() == 1, "a call that waits")
            yield
        assert waiting.result().status == status


def scans(stack):
    """Returns the number of look-ups so far; stops the worker, because
    sessions count at their end."""
    stack.stop_worker()
    wait_for(lambda: not stack.psql(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'creel_worker'"
        " AND datname = current_database()", user="postgres"),
        "sessions to end")
    return int(stack.psql("SELECT seq_scan + idx_scan"
                          " FROM pg_stat_user_tables"
                          " WHERE relname = 'address'"))


def posts(stack, n=20, **headers):
    return {stack.post(**headers).status for _ in range(n)}


def becomes(stack, status, **headers):
    wait_for(lambda: stack.post(**headers).status == status, status)


def new_key(stack, *args):
    made = stack.made("key", "create", "--name", "k", "--application",
                      stack.application, *args)
    return made["id"], made["key"]


def new_organization(stack):
    return stack.creelctl("organization", "create", "o").stdout.strip()


def organization_token(stack, organization):
    return stack.creelctl("jwt", "--issuer", "local", "--subject", "s",
                          "--organization", organization).stdout.strip()


def move(stack, organization):
    value = f"'{organization}'" if organization else "NULL"
    stack.psql(f"UPDATE creel.application SET organization_id = {value}"
               f" WHERE id = '{stack.application}'")


# -- look-ups

def test_known_caller_costs_nothing(stack):
    organization = new_organization(stack)
    move(stack, organization)
    callers = [{"ApiKey": stack.api_key},
               {"ApiKey": None, "Authentication": stack.token},
               {"ApiKey": None, "Authentication":
                organization_token(stack, organization)}]
    for caller in callers:
        becomes(stack, 200, **caller)
    with waits(stack, 401, ApiKey=stack.reader_key):
        for caller in callers:
            assert posts(stack, **caller) == {200}
    with waits(stack, 404, datasource=str(uuid.uuid4())):
        pass


def test_unknown_caller_costs_little(stack):
    wrong = "ck_" + "w" * 43
    assert stack.post(ApiKey=wrong).status == 401
    with locked(stack):
        assert posts(stack, ApiKey=wrong) == {401}


def test_without_a_cache(make):
    """The worker listens only for replies."""
    s = make(cache_entries=0, listen_database="")
    assert posts(s, 3) == {200}
    wait_for(lambda: len(listeners(s)) == 1, "a listener")
    with waits(s, 200):
        pass
    id, key = new_key(s)
    assert s.post(ApiKey=key).status == 200
    s.creelctl("key", "disable", id)
    assert s.post(ApiKey=key).status == 401


def test_ttl(make):
    """An entry is looked up again after its ttl, and the row must exist
    then."""
    s = make(cache_ttl=1, database_timeout=5000)
    becomes(s, 200)
    with locked(s):
        becomes(s, 503)


# -- changes

def stop(worker):
    """Stops a worker's process: it accepts no connection."""
    stop_process(worker.pid)


def test_revoked_key_on_every_worker(stack):
    """Two workers behind one socket, each called alone."""
    first, second = stack.worker, stack.start_worker()
    listens(stack, 2)
    id, key = new_key(stack)
    try:
        for other in (first, second):
            stop(other)
            assert posts(stack, 2, ApiKey=key) == {200}
            other.send_signal(signal.SIGCONT)
        with locked(stack):
            for other in (first, second):
                stop(other)
                assert posts(stack, 2, ApiKey=key) == {200}
                other.send_signal(signal.SIGCONT)
        for verb, status in (("disable", 401), ("enable", 200),
                             ("delete", 401)):
            stack.creelctl("key", verb, id)
            for other in (first, second):
                stop(other)
                becomes(stack, status, ApiKey=key)
                other.send_signal(signal.SIGCONT)
    finally:
        for w in (first, second):
            w.send_signal(signal.SIGCONT)
        stack.stop_worker(worker=first)


def test_key_changes(stack):
    id, key = new_key(stack)
    becomes(stack, 200, ApiKey=key)
    for column, value, status in (
            ("scopes", "'{event.get}'", 401),
            ("scopes", "'{datasource.post}'", 200),
            ("hook_ids", "'{}'", 401), ("hook_ids", "NULL", 200),
            ("expires_at", "now()", 401), ("expires_at", "NULL", 200)):
        stack.psql(f"UPDATE creel.credential SET {column} = {value}"
                   f" WHERE id = '{id}'")
        becomes(stack, status, ApiKey=key)
    with locked(stack):
        assert posts(stack, ApiKey=key) == {200}


def test_key_expires(stack):
    """A cache entry does not outlive its key."""
    id, key = new_key(stack, "--expires", "+4s")
    assert stack.post(ApiKey=key).status == 200
    with locked(stack):
        assert stack.post(ApiKey=key).status == 200
        becomes(stack, 401, ApiKey=key)


def test_hook_changes(stack):
    """Unknown, created, disabled, enabled, with other settings, deleted."""
    guid = str(uuid.uuid4())
    assert posts(stack, 3, datasource=guid) == {404}
    id, _ = stack.new_hook(None, "--handle", guid)
    becomes(stack, 200, datasource=guid)
    stack.creelctl("hook", "disable", id)
    becomes(stack, 404, datasource=guid)
    stack.creelctl("hook", "enable", id)
    becomes(stack, 200, datasource=guid)
    assert stack.post(b"[]", datasource=guid).status == 400
    stack.psql("UPDATE creel.hook SET settings = '{\"acceptArrays\":true}'"
               f" WHERE id = '{id}'")
    wait_for(lambda: stack.post(b"[]", datasource=guid).status == 200, "200")
    stack.creelctl("hook", "delete", id)
    becomes(stack, 404, datasource=guid)
    assert stack.post().status == 200


def test_application_deleted(stack):
    application = stack.made("application", "create", "third")["id"]
    _, guid = stack.new_hook(application)
    key = stack.new_key(application=application)
    becomes(stack, 200, ApiKey=key, datasource=guid)
    stack.creelctl("application", "delete", "--force", application)
    becomes(stack, 401, ApiKey=key, datasource=guid)
    # Neither the hook's nor the key's rows are left in the cache.
    assert stack.post(datasource=guid).status == 404


def test_application_moves(stack):
    """To another organization, whose token then reaches it."""
    mine, other = new_organization(stack), new_organization(stack)
    tokens = [{"ApiKey": None, "Authentication": organization_token(stack, o)}
              for o in (mine, other)]
    for home, answers in ((None, (404, 404)), (mine, (200, 404)),
                          (other, (404, 200)), (None, (404, 404))):
        move(stack, home)
        for token, status in zip(tokens, answers):
            becomes(stack, status, **token)
    with locked(stack):
        assert [stack.post(**t).status for t in tokens] == [404, 404]


def test_truncate(stack):
    assert stack.post().status == 200
    stack.psql("TRUNCATE creel.address")
    becomes(stack, 401)


def notified(stack, sql):
    """Returns the payloads that these statements send, sorted."""
    out = stack.psql(f"LISTEN creel; {sql}; SELECT 1;")
    return sorted(line.split('payload "')[1].split('"')[0]
                  for line in out.split("\n") if "payload" in line)


def test_notifications(stack):
    """Each change is notified once, and nothing else is."""
    a = stack.application
    key_id, key = new_key(stack)
    handle = stack.psql("SELECT handle FROM creel.address"
                        f" WHERE target_id = '{key_id}'")
    key, hook = f"key {handle}", f"datasource {stack.datasource}"
    one, two = new_organization(stack), new_organization(stack)
    where = f"WHERE id = '{key_id}'"
    assert notified(stack, "UPDATE creel.credential SET last_used_at = now()"
                    ) == []
    assert notified(stack, "UPDATE creel.hook SET updated_at = now(),"
                    " name = 'x'") == []
    assert notified(stack, "UPDATE creel.application SET name = 'x'") == []
    for column in ("enabled = false", "enabled = true", "expires_at = now()",
                   "scopes = '{}'", "hook_ids = NULL"):
        assert notified(
            stack, f"UPDATE creel.credential SET {column} {where}") == [key]
    for column in ("enabled = true", "settings = '{}'"):
        assert notified(stack, f"UPDATE creel.hook SET {column}"
                        f" WHERE id = '{stack.hook}'") == [hook]
    for value in (f"'{one}'", f"'{two}'", "NULL"):
        assert notified(stack, "UPDATE creel.application SET organization_id"
                        f" = {value} WHERE id = '{a}'") == [f"application {a}"]
    # A transaction that changes a row many times notifies once.
    assert notified(stack, "BEGIN; " + "UPDATE creel.hook SET enabled = true;"
                    * 9 + "COMMIT") == sorted(
                        [hook, f"datasource {stack.foreign_datasource}"])
    assert notified(stack, f"BEGIN; DELETE FROM creel.credential {where};"
                    "ROLLBACK") == []
    assert notified(stack, "UPDATE creel.address SET handle = repeat('x',"
                    f" 8000) WHERE target_id = '{key_id}'") == ["*", key]
    assert notified(stack, f"DELETE FROM creel.address WHERE target_id ="
                    f" '{key_id}'") == ["*"]
    assert notified(stack, "TRUNCATE creel.credential") == ["*"]


# -- the listener

def test_ttl_without_a_listener(make):
    """Without a listener, a change is effective after the ttl at the
    latest."""
    s = make(listen_database="host=/nonexistent", cache_ttl=3)
    wait_for(lambda: "cache invalidation delayed" in s.logs(), "a warning")
    id, key = new_key(s)
    assert s.post(ApiKey=key).status == 200
    s.creelctl("key", "disable", id)
    becomes(s, 401, ApiKey=key)


def test_listener_cut(make):
    """Changes while the listener was disconnected are effective when it is
    back."""
    s = make()
    s.stop_worker()
    s.configure(threads=4, cache_ttl=3600, listen_database=(
        f"host={s.cluster.host} dbname={s.database} user=creel_owner"))
    s.start_worker()
    listens(s, 2)
    id, key = new_key(s)
    assert s.post(ApiKey=key).status == 200
    try:
        s.psql("ALTER ROLE creel_owner NOLOGIN", user="postgres")
        for pid in listeners(s):
            s.psql(f"SELECT pg_terminate_backend({pid})", user="postgres")
        wait_for(lambda: "cache invalidation delayed" in s.logs(), "a warning")
        s.psql("UPDATE creel.credential SET enabled = false"
               f" WHERE id = '{id}'", user="postgres")
        assert posts(s, 5, ApiKey=key) == {200}
    finally:
        s.psql("ALTER ROLE creel_owner LOGIN", user="postgres")
    becomes(s, 401, ApiKey=key)
    assert s.post().status == 200


def test_listener_terminated(stack):
    """It reconnects each time that its session is terminated."""
    id, key = new_key(stack)
    for verb, status in (("disable", 401), ("enable", 200)) * 3:
        for pid in listeners(stack):
            stack.psql(f"SELECT pg_terminate_backend({pid})", user="postgres")
        stack.creelctl("key", verb, id)
        becomes(stack, status, ApiKey=key)


def test_restart_with_a_listener(stack):
    """It does not delay the stop, not even while it cannot connect."""
    assert stack.stop_worker() == 0
    stack.start_worker()
    listens(stack, 2)
    stack.cluster.stop("fast")
    try:
        wait_for(lambda: "cache invalidation delayed" in stack.logs(),
                 "a warning")
        assert stack.stop_worker() == 0
    finally:
        stack.cluster.start()


# -- floods

class Flood:
    """Calls on the worker's socket, on one kept connection."""

    def __init__(self, stack):
        self.stack = stack

    def __enter__(self):
        self.connection = Connection(self.stack.socket)
        return self

    def __exit__(self, *_):
        self.connection.close()

    def call(self, datasource=None, **headers):
        return self.connection.request(variables(
            self.stack.path(datasource), "POST", 2,
            content_type="application/json", **headers), b"{}").status


def test_flood_of_unknown_keys(make):
    """The valid key keeps its entry, and the database sees no more look-ups
    than the rate."""
    rate = 5
    s = make(lookup_rate=rate, cache_entries=100)
    before = scans(s)
    s.start_worker()
    listens(s, 2)
    began = time.monotonic()
    answers = []
    with Flood(s) as f:
        assert f.call(apikey=s.api_key) == 200
        for i in range(600):
            answers.append(f.call(apikey=f"ck_{i:043}"))
        took = time.monotonic() - began
        with locked(s):
            assert f.call(apikey=s.api_key) == 200
    assert set(answers) == {401, 503}
    # And the valid key and its hook, and the listener's three.
    assert 0 < scans(s) - before <= rate * (took + 1) + 5
    assert answers.count(401) <= rate * (took + 1)


def test_flood_of_unknown_hooks(make):
    s = make(lookup_rate=5, cache_entries=100)
    with Flood(s) as f:
        assert f.call(apikey=s.api_key) == 200
        answers = [f.call(str(uuid.uuid4()), apikey=s.api_key)
                   for _ in range(300)]
        with locked(s):
            assert f.call(apikey=s.api_key) == 200
    assert set(answers) == {404, 503}


@contextlib.contextmanager
def flooding(stack, **unknown):
    """Floods the worker with unknown keys or hooks while it runs; yields the
    statuses of the flood's calls."""
    ending = threading.Event()
    statuses = collections.Counter()

    def run(n):
        with Flood(stack) as f:
            while not ending.is_set():
                statuses[f.call(
                    str(uuid.uuid4()) if unknown["hook"] else None,
                    apikey=unknown["key"] or f"ck_{uuid.uuid4().hex:0>43}")
                ] += 1

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        floods = [pool.submit(run, n) for n in range(2)]
        try:
            wait_for(lambda: statuses[503] > 50, "refusals")
            yield statuses
        finally:
            ending.set()
        for f in floods:
            f.result()


@pytest.mark.parametrize("what", ["keys", "hooks"])
def test_flood_beside_hooks_not_seen_yet(make, what):
    """The calls of hooks and keys that no worker has looked up succeed, also of
    those that were created during the flood."""
    s = make(lookup_rate=5, lookup_rate_network=2)
    good = [(s.new_hook()[1], s.new_key()) for _ in range(20)]
    s.stop_worker()
    s.start_worker()
    listens(s, 2)
    unknown = {"hook": what == "hooks",
               "key": s.api_key if what == "hooks" else None}
    with flooding(s, **unknown) as statuses, Flood(s) as f:
        before = statuses[503]
        for hook, key in good:
            assert f.call(hook, apikey=key) == 200
        hook, key = s.new_hook()[1], s.new_key()
        wait_for(lambda: f.call(hook, apikey=key) == 200, "a new hook")
        assert statuses[503] > before


def test_many_addresses(make):
    """More than the filter had room for: it is loaded again."""
    s = make(lookup_rate=1, lookup_rate_network=1)
    s.psql(f"""INSERT INTO creel.address (kind, handle, application_id,
            target_id)
        SELECT 'webhook', 'many-' || i, '{s.application}', '{s.hook}'
        FROM generate_series(1, 70000) AS i""")
    wait_for(lambda: re.search(r"known addresses: 7\d{4}", s.logs()),
             "another load")


def test_flood_of_invalid_tokens(make):
    """Each is rejected, without an entry or a look-up."""
    s = make(lookup_rate=5, cache_entries=100)
    with Flood(s) as f:
        assert f.call(authorization=f"Bearer {s.token}") == 200
        body, _, signature = s.token.rpartition(".")
        with locked(s):
            answers = {f.call(authorization=f"Bearer {body}."
                                            f"{signature[:-8]}{i:08}")
                       for i in range(400)}
            assert f.call(authorization=f"Bearer {s.token}") == 200
    assert answers == {401}


def test_flood_of_valid_tokens(make):
    """More than the cache holds: all are valid, and the key keeps its
    entry."""
    s = make(cache_entries=20)
    tokens = [s.new_token() for _ in range(60)]
    with Flood(s) as f:
        for token in tokens:
            assert f.call(authorization=f"Bearer {token}") == 200
            assert f.call(apikey=s.api_key) == 200
        with locked(s):
            assert f.call(apikey=s.api_key) == 200
