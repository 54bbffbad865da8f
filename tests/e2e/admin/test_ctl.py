# SPDX-License-Identifier: ISC
"""creelctl: every command, its JSON, its errors and exit statuses."""
import base64
import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import pty
import queue
import re
import struct
import subprocess
import termios
import threading
import time
import unicodedata
import uuid

import pytest

from clusters import Preparing
from conftest import BUILD, SOURCE, run, wait_for
from events import add_event, event_id, insert
from transactions import Session

EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_CANTCREAT = 64, 65, 66, 73
EX_TEMPFAIL, EX_CONFIG = 75, 78
ID = re.compile(r"[0-9a-f]{24}")
UNKNOWN = "0" * 24


def rejected(stack, status, *args):
    """Runs a command that must fail; returns its line on stderr."""
    p = stack.creelctl(*args, check=False)
    assert p.returncode == status, (args, p.returncode, p.stdout, p.stderr)
    assert p.stderr.startswith("creelctl: ")
    assert p.stderr.count("\n") == 1
    return p.stderr


def answer(stack, *args):
    return json.loads(stack.creelctl("--json", *args).stdout)


class Bare:
    """An empty database with a configuration; nothing is migrated."""

    def __init__(self, cluster, folder):
        self.cluster = cluster
        self.conf = folder / "creel.conf"
        self.name = f"bare{uuid.uuid4().hex[:12]}"
        cluster.create_database(self.name)
        self.configure()

    def configure(self, owner="creel_owner", role="creel_worker", rest="",
                  worker="creel_worker"):
        where = f"host={self.cluster.host} dbname={self.name}"
        self.conf.write_text(
            f"[creel]\ndatabase = {where} user={worker}\n"
            f"admin_database = {where} user={owner}\n"
            f"worker_role = {role}\n{rest}")

    def creelctl(self, *args, check=True):
        return run(BUILD / "creelctl", "-f", self.conf, *args, check=check)

    def psql(self, sql, user="creel_owner"):
        return self.cluster.psql(sql, self.name, user)

    def session(self):
        return Session(self.cluster.host, self.name)

    def close(self):
        self.cluster.drop_database(self.name)


@pytest.fixture
def bare(cluster, tmp_path):
    with contextlib.closing(Bare(cluster, tmp_path)) as b:
        yield b


@pytest.fixture
def migrated(bare):
    bare.creelctl("migrate")
    bare.creelctl("maintain")
    return bare


# -- the command line

def test_help(stack):
    text = stack.creelctl("--help").stdout
    for words in ("migrate", "hook create", "form view ID|KEY", "user key ID",
                  "event show ID"):
        assert f"\n  {words}" in text
    hook = stack.creelctl("hook", "--help").stdout
    assert "hook create" in hook and "migrate" not in hook
    assert "--settings JSON" in stack.creelctl("hook", "create",
                                               "--help").stdout
    for words in ([], ["hook"], ["hook", "create"]):
        assert stack.creelctl("help", *words).stdout == \
            stack.creelctl(*words, "--help").stdout
    assert "--force" in stack.creelctl("application", "--help").stdout
    assert stack.creelctl("--version").stdout.startswith("creelctl ")


@pytest.mark.parametrize("args, text", [
    ([], "a command is required"),
    (["nonsense"], "nonsense: unknown command"),
    (["hook", "nonsense"], "hook nonsense: unknown command"),
    (["hook"], "hook: a subcommand is required"),
    (["--nonsense"], "--nonsense: unknown option"),
    (["hook", "list", "-x"], "-x: unknown option"),
    (["hook", "list", "--force"], "--force: unknown option"),
    (["hook", "list", "--application"], "--application: requires a value"),
    (["hook", "list", "more"], "more: unexpected argument"),
    (["hook", "show"], "ID|HANDLE: required"),
    (["hook", "create", "--name", "n"], "--application: required"),
    (["key", "create", "--name", "n", "--name", "m"],
     "--name: must not be repeated"),
])
def test_usage(stack, args, text):
    line = rejected(stack, EX_USAGE, *args)
    assert text in line and "--help)" in line


def test_options_after_the_command(stack):
    ids = [a["id"] for a in answer(stack, "application", "list")]
    p = run(BUILD / "creelctl", "application", "list", "--json", "--file",
            stack.conf)
    assert [a["id"] for a in json.loads(p.stdout)] == ids


def test_bad_configuration(stack, tmp_path):
    conf = tmp_path / "creel.conf"
    conf.write_text("[creel]\nnonsense = 1\n")
    for path in (conf, tmp_path / "none"):
        p = run(BUILD / "creelctl", "-f", path, "hook", "list", check=False)
        assert p.returncode == EX_CONFIG and str(path) in p.stderr


def test_no_database(stack, tmp_path):
    conf = tmp_path / "creel.conf"
    conf.write_text(f"[creel]\ndatabase = host={tmp_path} dbname=x\n")
    p = run(BUILD / "creelctl", "-f", conf, "hook", "list", check=False)
    assert p.returncode == EX_TEMPFAIL


def test_output_that_cannot_be_written(stack):
    with open("/dev/full", "w") as full:
        p = subprocess.run([BUILD / "creelctl", "-f", stack.conf,
                            "application", "list"], stdout=full,
                           stderr=subprocess.PIPE)
    assert p.returncode == 74


# -- migrate, maintain

def test_migrate(bare):
    assert "applied 001_schema" in bare.creelctl("migrate").stdout
    assert bare.psql("SELECT version, name FROM creel.schema_version "
                     "WHERE version = 1") == "1|001_schema"
    assert bare.psql("SELECT nspowner::regrole FROM pg_namespace "
                     "WHERE nspname = 'creel'") == "creel_owner"
    again = bare.creelctl("migrate").stdout
    assert "up to date" in again and "applied" not in again
    said = answer(bare, "migrate")
    assert said["applied"] == [] and said["version"] >= 1
    assert said["roleMade"] is False


def test_migrate_restores_grants(bare):
    bare.creelctl("migrate")
    bare.psql("REVOKE ALL ON creel.event FROM creel_worker;"
              "GRANT DELETE ON creel.organization TO creel_worker")
    bare.creelctl("migrate")
    assert bare.psql(
        "SELECT has_table_privilege('creel_worker', 'creel.event', 'INSERT'),"
        "has_table_privilege('creel_worker', 'creel.organization', 'DELETE')"
    ) == "t|f"


def test_migrate_two_at_once(bare):
    said = []
    for _ in range(4):
        ps = [subprocess.Popen([BUILD / "creelctl", "-f", bare.conf,
                                "migrate"], text=True, stdout=-1, stderr=-1)
              for _ in range(4)]
        for p in ps:
            out, err = p.communicate(timeout=60)
            assert p.returncode == 0, err
            said.append("applied 001_schema" in out)
        assert bare.psql("SELECT count(*) FROM creel.schema_version "
                         "WHERE version = 1") == "1"
        bare.psql("DROP SCHEMA creel CASCADE")
    assert sum(said) == 4


def test_migrate_waits_for_its_lock(bare, cluster):
    bare.psql("CREATE SCHEMA creel")  # the state of a migrate that has begun
    holder = Session(cluster.host, bare.psql("SELECT current_database()"))
    holder.run("BEGIN; SELECT pg_advisory_xact_lock(hashtext("
               "'creel.migrate'))")
    p = subprocess.Popen([BUILD / "creelctl", "-f", bare.conf, "migrate"],
                         stdout=subprocess.PIPE, text=True)
    wait_for(lambda: bare.psql(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
        "AND NOT granted AND database = (SELECT oid FROM pg_database "
        "WHERE datname = current_database())") == "1", "the lock")
    holder.run("ROLLBACK;")
    holder.close()
    assert "applied 001_schema" in p.communicate(timeout=60)[0]


def test_migrate_newer_schema(bare):
    bare.creelctl("migrate")
    bare.psql("INSERT INTO creel.schema_version VALUES (999, '999_future');"
              "REVOKE ALL ON creel.event FROM creel_worker")
    assert "version 999" in rejected(bare, EX_CONFIG, "migrate")
    assert "999" in rejected(bare, EX_CONFIG, "hook", "list")
    assert bare.psql("SELECT has_table_privilege('creel_worker', "
                     "'creel.event', 'INSERT')") == "f"


def test_no_schema(bare):
    assert "creelctl migrate" in rejected(bare, EX_CONFIG, "hook", "list")


def test_migrate_creates_the_role(bare, cluster):
    role = "o'd\"d " + uuid.uuid4().hex[:8]
    quoted = '"' + role.replace('"', '""') + '"'
    bare.configure(role=role)
    try:
        said = answer(bare, "migrate")
        assert said["roleMade"] is True
        assert bare.psql(f"SELECT has_table_privilege($${role}$$, "
                         f"'creel.event', 'INSERT'), rolcanlogin FROM "
                         f"pg_roles WHERE rolname = $${role}$$") == "t|t"
    finally:
        bare.psql(f"DROP OWNED BY {quoted}; DROP ROLE {quoted}", "postgres")


def test_migrate_may_not_create_the_role(bare):
    bare.configure(owner="creel_worker", role="no_such_role")
    line = rejected(bare, EX_CONFIG, "migrate")
    assert 'CREATE ROLE "no_such_role"' in line
    assert bare.psql("SELECT to_regnamespace('creel') IS NULL") == "t"


def test_maintain(bare):
    bare.configure(rest="partitions_ahead = 2\nretention_days = 10\n")
    bare.creelctl("migrate")
    application, hook = UNKNOWN, UNKNOWN
    stray = event_id()
    bare.psql(insert(None, stray, hook=hook, application=application))
    first = bare.creelctl("maintain").stdout
    today = datetime.datetime.now(datetime.timezone.utc)
    assert re.search(rf"^made +.*event_{today:%Y%m%d}", first, re.M)
    assert re.search(r"^strays +1$", first, re.M)
    assert bare.psql("SELECT count(*) FROM creel.event_default") == "0"
    assert bare.psql("SELECT id FROM creel.event") == stray
    assert answer(bare, "maintain") == {"made": [], "dropped": [],
                                        "later": [], "expired": 0,
                                        "strays": 0}
    old = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    floor = [f"creel.uuid_floor('{old + datetime.timedelta(days=d)}')"
             for d in (0, 1)]
    bare.psql(f"DO $$ BEGIN EXECUTE format('CREATE TABLE creel.event_20200101"
              f" PARTITION OF creel.event FOR VALUES FROM (%L) TO (%L)',"
              f" {floor[0]}, {floor[1]}); END $$")
    assert answer(bare, "maintain")["dropped"] == ["event_20200101"]


def test_maintain_after_other_days(bare):
    """After partition_days changed, no event stays in event_default."""
    bare.configure(rest="partitions_ahead = 9\n")
    bare.creelctl("migrate")
    bare.creelctl("maintain")
    bare.psql("DO $$ DECLARE p text; BEGIN"
              " FOR p IN SELECT name FROM creel.event_partition"
              "   ORDER BY begins OFFSET 3 LIMIT 2 LOOP"
              "   EXECUTE format('DROP TABLE creel.%I', p);"
              " END LOOP; END $$")
    for days in (3, 4, 30):
        at = bare.psql(f"SELECT creel.uuid_floor(now() + '{days} days')")
        bare.psql(insert(None, at, hook=UNKNOWN, application=UNKNOWN))
    assert bare.psql("SELECT count(*) FROM creel.event_default") == "3"
    bare.configure(rest="partition_days = 7\npartitions_ahead = 20\n")
    bare.creelctl("maintain")
    assert bare.psql("SELECT count(*) FROM creel.event_default") == "0"
    assert bare.psql("SELECT count(*) FROM creel.event") == "3"
    assert answer(bare, "maintain")["made"] == []


def wait_for_lock(bare, cluster, table, waits):
    """Waits until a session waits for a lock of the table, or does not.  In
    the database, because it waits for a few milliseconds at a time."""
    session = Session(cluster.host, bare.psql("SELECT current_database()"))
    session.run(f"DO $$ BEGIN WHILE {'NOT' if waits else ''} EXISTS (SELECT"
                f" FROM pg_locks WHERE NOT granted AND relation ="
                f" 'creel.{table}'::regclass) LOOP"
                f" PERFORM pg_sleep(0.001); END LOOP; END $$")
    session.close()


def test_maintain_gives_up_a_lock(bare, cluster):
    """A lock that it waits for does not block inserts, and it retries."""
    bare.configure(rest="partitions_ahead = 2\nretention_days = 10\n")
    bare.creelctl("migrate")
    bare.psql("CREATE TABLE creel.event_20200101 PARTITION OF creel.event"
              " FOR VALUES FROM ('00000000-0000-0000-0000-000000000000')"
              " TO ('016f5e66-e800-0000-0000-000000000000')")
    session = Session(cluster.host, bare.psql("SELECT current_database()"))
    session.run("BEGIN; LOCK TABLE creel.event IN ACCESS SHARE MODE;")
    p = subprocess.Popen([BUILD / "creelctl", "-f", bare.conf, "maintain"],
                         stdout=subprocess.PIPE, text=True)
    wait_for_lock(bare, cluster, "event_default", True)
    wait_for_lock(bare, cluster, "event_default", False)
    session.run("COMMIT;")
    session.close()
    assert "event_20200101" in p.communicate(timeout=60)[0]
    assert p.returncode == 0


def test_maintain_beside_an_insert(bare, cluster):
    """It waits for an uncommitted row of event_default."""
    bare.creelctl("migrate")
    session = Session(cluster.host, bare.psql("SELECT current_database()"))
    id = event_id()
    session.run("BEGIN;" + insert(None, id, hook=UNKNOWN, application=UNKNOWN))
    p = subprocess.Popen([BUILD / "creelctl", "-f", bare.conf, "maintain"],
                         stdout=subprocess.PIPE, text=True)
    wait_for_lock(bare, cluster, "event_default", True)
    session.run("COMMIT;")
    session.close()
    p.communicate(timeout=60)
    assert p.returncode == 0
    assert bare.psql("SELECT id FROM creel.event") == id
    assert bare.psql("SELECT count(*) FROM creel.event_default") == "0"


# -- check

def lines(text):
    return dict(re.fullmatch(r"(ok   |WRONG|note ) ([^:]*).*", line).group(2, 1)
                for line in text.splitlines())


def test_check(stack):
    stack.conf.parent.joinpath("es256.key").chmod(0o600)
    p = stack.creelctl("check", check=False)
    assert p.returncode == 0, p.stdout + p.stderr
    assert set(lines(p.stdout).values()) == {"ok   "}
    rows = answer(stack, "check")
    assert len(rows) == len(p.stdout.splitlines()) >= 11
    assert all(r["ok"] for r in rows)


def without_numbers(text):
    """Two runs print different ages."""
    return re.sub(r"\d+", "N", text)


def wrong(bare, rest="", **options):
    """The tests of check that fail: {what: how}."""
    bare.configure(rest=rest, **options)
    p = bare.creelctl("--json", "check", check=False)
    rows = json.loads(p.stdout)
    found = {r["what"]: r["how"] for r in rows if not r["ok"]}
    assert p.returncode == (EX_CONFIG if found else 0), p.stderr
    text = without_numbers(bare.creelctl("check", check=False).stdout)
    for what, how in found.items():
        assert without_numbers(f"WRONG {what}: {how}\n") in text
    return found


def test_check_finds(bare, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(os.urandom(48))
    secret.chmod(0o640)
    issuer = (f"[issuer x]\nissuer = x\naudience = y\nalgorithm = HS256\n"
              f"secret_file = {secret}\n")
    assert "creelctl migrate" in wrong(bare)["schema"]
    bare.creelctl("migrate")
    assert "creelctl maintain" in wrong(bare)["partitions for today and ahead"]
    bare.creelctl("maintain")
    assert wrong(bare) == {}
    assert wrong(bare, issuer) == {}
    secret.chmod(0o644)
    assert "chmod" in wrong(bare, issuer)[f"secret file {secret}"]
    secret.write_bytes(b"short")
    secret.chmod(0o600)
    assert list(wrong(bare, issuer)) == ["issuers and their keys"]
    assert list(wrong(bare, "nonsense = 1\n")) == ["configuration"]
    bare.psql("REVOKE INSERT ON creel.event FROM creel_worker")
    how = wrong(bare)[RUN]
    assert "EVENT_STORE" in how and "creelctl migrate" in how
    bare.creelctl("migrate")
    bare.psql(insert(None, event_id(at=1e9), hook=UNKNOWN, application=UNKNOWN))
    assert "1 events" in wrong(bare)["event_default is empty"]
    bare.psql("DELETE FROM creel.event")
    assert wrong(bare) == {}
    bare.psql("INSERT INTO creel.schema_version VALUES (999, 'x')")
    assert "999" in wrong(bare)["schema"]


def test_check_settings(bare, cluster):
    bare.creelctl("migrate")
    bare.creelctl("maintain")
    name = bare.psql("SELECT current_database()")
    cluster.psql(f"ALTER ROLE creel_worker IN DATABASE {name} "
                 "SET synchronous_commit = off")
    assert list(wrong(bare)) == [
        "fsync, full_page_writes and synchronous_commit"]


CONNECTIONS = "database connections of all workers"


@pytest.mark.parametrize("rest, reason", [
    ("workers = 1\nthreads = 20\nwriters = 4", None),
    ("workers = 1\nthreads = 20\nwriters = 5", "52 connections, and database"),
    ("workers = 2000", "24012 connections, and database"),
    # Those of the workers' statements go through a pooler.
    ("workers = 49\nlisten_database = {listen}", None),
    ("workers = 50\nlisten_database = {listen}", "51 connections, and "
     "database")])
def test_check_connections(migrated, cluster, rest, reason):
    """The workers and one more, during a restart, open more connections than a
    database with a limit of 50 allows."""
    cluster.psql(f"ALTER DATABASE {migrated.name} CONNECTION LIMIT 50")
    found = wrong(migrated, rest.format(
        listen=f"host={cluster.host} dbname={migrated.name}"
        " user=creel_worker"))
    assert list(found) == [CONNECTIONS] * bool(reason)
    if reason:
        assert reason in found[CONNECTIONS] and " allows 50: lower" in \
            found[CONNECTIONS]


def test_check_connections_of_the_server(migrated, cluster):
    """Those that are reserved for superusers do not count."""
    limit, reserved = (int(cluster.psql(f"SHOW {name}")) for name in (
        "max_connections", "superuser_reserved_connections"))
    for workers, is_wrong in ((limit - reserved - 1, False),
                              (limit - reserved, True)):
        found = wrong(migrated, f"workers = {workers}\nlisten_database = "
                      f"host={cluster.host} dbname={migrated.name}"
                      " user=creel_worker")
        assert list(found) == [CONNECTIONS] * is_wrong
        assert not found or f"allows {limit - reserved}:" in \
            found[CONNECTIONS]


def test_check_database_down(bare, tmp_path):
    bare.conf.write_text(f"[creel]\ndatabase = host={tmp_path} dbname=x\n")
    p = bare.creelctl("check", check=False)
    assert p.returncode == EX_CONFIG
    line = p.stdout.splitlines()[-1]
    assert line.startswith("WRONG database, as the owner: ")
    assert "\t" not in line and "directory Is the server" in line
    assert "start PostgreSQL or correct admin_database" in line


RUN = "the worker may run its statements"
RIGHTS = "the worker has its rights"
READERS = "readers of the log"

# PostgreSQL checks none of these when it plans a statement.
UNPLANNED = {
    "UPDATE ON SEQUENCE creel.position": "UPDATE on creel.position",
    "SELECT ON SEQUENCE creel.position": "SELECT on creel.position",
    "SELECT ON creel.device_member": "SELECT on creel.device_member",
    "UPDATE (cursor_position) ON creel.device":
        "UPDATE (cursor_position) on creel.device",
}


@pytest.mark.parametrize("right", UNPLANNED)
def test_check_unplanned_right(migrated, right):
    """A right that only a PL/pgSQL function uses is revoked: no plan shows
    it, and calls fail with 503.  creelctl migrate grants it again."""
    migrated.psql(f"REVOKE {right} FROM creel_worker")
    assert wrong(migrated)[RIGHTS] == (
        f"{UNPLANNED[right]} is missing: check that database uses the role in "
        "worker_role, then run creelctl migrate")
    migrated.creelctl("migrate")
    assert wrong(migrated) == {}


def granted(bare):
    """Every right of the worker in the schema creel, as GRANT has it."""
    return bare.psql("""
        SELECT format('%s ON SCHEMA creel', x.privilege_type)
        FROM pg_namespace n, aclexplode(n.nspacl) x
        WHERE n.nspname = 'creel' AND x.grantee = 'creel_worker'::regrole
        UNION ALL
        SELECT format('%s ON %s %s', x.privilege_type, CASE c.relkind
            WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, 'creel.' || c.relname)
        FROM pg_class c, aclexplode(c.relacl) x
        WHERE c.relnamespace = 'creel'::regnamespace
            AND x.grantee = 'creel_worker'::regrole
        UNION ALL
        SELECT format('%s (%I) ON TABLE %s', x.privilege_type, a.attname,
            'creel.' || c.relname)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid,
            aclexplode(a.attacl) x
        WHERE c.relnamespace = 'creel'::regnamespace
            AND x.grantee = 'creel_worker'::regrole""").splitlines()


def test_check_every_right(bare):
    """Whichever right of the worker is revoked, the statement of check names
    it, or fails without that right."""
    bare.creelctl("migrate")
    statement = (SOURCE / "sql/query/CTL_RIGHTS.sql").read_text()
    rights = granted(bare)
    assert len(rights) > 50
    for right in rights:
        p = bare.cluster.psql(
            f"BEGIN; REVOKE {right} FROM creel_worker;"
            f"SET LOCAL ROLE creel_worker; {statement}", bare.name,
            check=False)
        if p.returncode == 0:
            assert p.stdout.strip() == re.sub(" (TABLE|SEQUENCE)", "",
                                              right.replace("ON", "on", 1))
        else:
            assert right in ("USAGE ON SCHEMA creel",
                             "SELECT ON TABLE creel.worker_right")
            assert "permission denied for" in p.stderr


@pytest.mark.parametrize("worker", ["creel_owner", "postgres"])
def test_check_worker_with_all_rights(migrated, worker):
    """The worker's role is the owner or a superuser, which need no grants, but
    pass the fence between tenants."""
    migrated.psql("DROP OWNED BY creel_worker", "postgres")
    assert RIGHTS in wrong(migrated)
    assert wrong(migrated, worker=worker).keys() == {
        "row level security between tenants"}


def test_check_inherited_rights(migrated):
    """The worker connects as a member of worker_role, with a name that needs
    quotes."""
    role = "o'd\"d " + uuid.uuid4().hex[:8]
    quoted = '"' + role.replace('"', '""') + '"'
    migrated.psql("DROP OWNED BY creel_worker", "postgres")
    migrated.configure(role=role)
    try:
        migrated.creelctl("migrate")
        assert RIGHTS in wrong(migrated, role=role)
        migrated.psql(f"GRANT {quoted} TO creel_worker", "postgres")
        assert wrong(migrated, role=role) == {}
        migrated.psql(f"REVOKE UPDATE ON SEQUENCE creel.position "
                      f"FROM {quoted}")
        assert list(wrong(migrated, role=role)) == [RIGHTS]
    finally:
        migrated.psql(f"DROP OWNED BY {quoted}; DROP ROLE {quoted}",
                      "postgres")


def test_check_without_rights(migrated):
    """A restore without privileges leaves the worker none."""
    migrated.psql("DROP OWNED BY creel_worker", "postgres")
    found = wrong(migrated)
    assert "creelctl migrate" in found[RUN]
    assert "permission denied for schema creel" in found[RIGHTS]


def test_check_worker_role_missing(migrated):
    """Without the role of the worker, its connection fails."""
    found = wrong(migrated, worker="no_such_role")
    assert list(found) == ["database, as the worker"]


def named(position):
    """Takes the lock of a batch at a position, as creel.next_position()."""
    return (f"SELECT pg_advisory_lock_shared(x'4352'::bigint << 48 | "
            f"{position} / 16)")


@pytest.mark.parametrize("behind, held", [(0, False), (59, False),
                                          (61, True), (120, True)])
def test_check_foreign_lock(migrated, behind, held):
    """A session holds a lock with the mark of a batch, some seconds behind the
    highest position: more than a minute is reported."""
    highest = int(migrated.psql("SELECT setval('creel.position', "
                                "creel.clock() / 16 * 16)"))
    with contextlib.closing(migrated.session()) as session:
        session.run(named(highest - behind * 1000000))
        pid = session.run("SELECT pg_backend_pid()")
        found = wrong(migrated)
        assert list(found) == ([READERS] if held else [])
        if held:
            assert re.match(f"held up by pid {pid} of creel_owner for "
                            r"\d+ s: end sessions with SELECT "
                            r"pg_terminate_backend\(PID\)", found[READERS])
        session.run("SELECT pg_advisory_unlock_all()")
        assert wrong(migrated) == {}


def test_check_nothing_held_up(migrated):
    """The lock is old, but no position was assigned behind it: no reader
    waits, until one is."""
    with contextlib.closing(migrated.session()) as session:
        session.run(named("(creel.clock() - 120 * 1000000)"))
        assert wrong(migrated) == {}
        migrated.psql("SELECT creel.next_position()")
        assert list(wrong(migrated)) == [READERS]


def later(bare):
    """Assigns the position of two minutes from now."""
    bare.psql("SELECT setval('creel.position', creel.clock() + 120 * 1000000)")


@pytest.mark.parametrize("sql", [
    "SELECT creel.next_position()",
    insert(None, event_id(), hook=UNKNOWN, application=UNKNOWN)],
    ids=["position", "event"])
def test_check_open_transaction(migrated, sql):
    """Two sessions are idle in a transaction that was assigned a position, and
    others have committed behind it: the older one is named first."""
    pids = []
    with contextlib.closing(migrated.session()) as first, \
            contextlib.closing(migrated.session()) as second:
        for session in (first, second):
            session.run(f"BEGIN; {sql}")
            pids.append(session.run("SELECT pg_backend_pid()"))
            sql = "SELECT creel.next_position()"
        later(migrated)
        assert re.match(r"held up by pid {} of creel_owner for \d+ s, "
                        r"pid {} of creel_owner for \d+ s: ".format(*pids),
                        wrong(migrated)[READERS])
        first.run("ROLLBACK")
        second.run("ROLLBACK")
        assert READERS not in wrong(migrated)


def test_check_prepared_transaction(cluster, tmp_path):
    """A prepared transaction was forgotten: it is named, also after a restart
    of the server, until it is ended."""
    cluster.require("a PostgreSQL of its own")
    with contextlib.closing(Preparing()) as own, \
            contextlib.closing(Bare(own, tmp_path)) as bare:
        bare.creelctl("migrate")
        bare.creelctl("maintain")
        bare.psql("BEGIN; SELECT creel.next_position(); "
                  "PREPARE TRANSACTION 'it''s'")
        later(bare)
        for _ in range(2):
            how = wrong(bare)[READERS]
            assert re.match("held up by prepared transaction it's of "
                            r"creel_owner for \d+ s: ", how)
            assert "ROLLBACK PREPARED" in how
            own.stop()
            own.start()
        bare.psql("ROLLBACK PREPARED 'it''s'")
        assert READERS not in wrong(bare)


# -- organizations and applications

def test_organization(bare):
    bare.creelctl("migrate")
    assert "no organizations yet" in bare.creelctl("organization",
                                                   "list").stdout
    assert answer(bare, "organization", "list") == []
    id = bare.creelctl("organization", "create", "Æther & Co").stdout.strip()
    assert ID.fullmatch(id)
    other = answer(bare, "organization", "create", "Other")["id"]
    assert [o["name"] for o in answer(bare, "organization", "list")] == [
        "Æther & Co", "Other"]
    table = bare.creelctl("organization", "list").stdout.splitlines()
    assert table[0].split() == ["ID", "NAME", "APPLICATIONS",
                                "QUOTAS", "CREATED"]
    assert len({line.rindex(word) for line, word in zip(
        table, ("APPLICATIONS", "0 ", "0 "))}) == 1
    assert answer(bare, "organization", "show", id)["name"] == "Æther & Co"
    assert re.search(r"(?m)^name +Æther & Co$", bare.creelctl(
        "organization", "show", id).stdout)
    bare.creelctl("application", "create", "a", "--organization", id)
    assert "has applications" in rejected(bare, EX_CANTCREAT, "organization",
                                         "delete", id)
    bare.creelctl("organization", "delete", other)
    for verb in ("show", "delete"):
        rejected(bare, EX_NOINPUT, "organization", verb, other)
    rejected(bare, EX_USAGE, "organization", "create", "")
    rejected(bare, EX_USAGE, "organization", "create", "ä" * 256)
    bare.creelctl("organization", "create", "ä" * 255)


def test_application(bare):
    bare.creelctl("migrate")
    assert "no applications yet" in bare.creelctl("application",
                                                  "list").stdout
    assert answer(bare, "application", "list") == []
    id = bare.creelctl("application", "create", "shop").stdout.strip()
    shown = answer(bare, "application", "show", id)
    assert shown["name"] == "shop" and shown["organizationId"] is None
    assert [a["id"] for a in answer(bare, "application", "list")] == [id]
    assert id in bare.creelctl("application", "list").stdout
    assert "shop" in bare.creelctl("application", "show", id).stdout
    rejected(bare, EX_NOINPUT, "application", "create", "x",
            "--organization", UNKNOWN)
    for verb in ("show", "delete"):
        rejected(bare, EX_NOINPUT, "application", verb, UNKNOWN)
        rejected(bare, EX_NOINPUT, "application", verb, "' OR true --")
    assert answer(bare, "application", "delete", id) == {"deleted": id}
    assert answer(bare, "application", "list") == []


def test_application_delete_with_contents(stack):
    id = answer(stack, "application", "create", "full")["id"]
    hook = answer(stack, "hook", "create", "--application", id, "--kind",
                  "datasource", "--name", "h")["id"]
    line = rejected(stack, EX_CANTCREAT, "application", "delete", id)
    assert "has hooks:" in line
    answer(stack, "key", "create", "--application", id, "--name", "k")
    add_event(stack, hook=hook, application=id)
    line = rejected(stack, EX_CANTCREAT, "application", "delete", id)
    assert "hooks, keys, events" in line and "--force" in line
    count = (f"SELECT (SELECT count(*) FROM creel.event WHERE application_id"
             f" = '{id}') + (SELECT count(*) FROM creel.address WHERE"
             f" application_id = '{id}')")
    assert stack.psql(count) == "3"
    others = stack.psql("SELECT count(*) FROM creel.address")
    for kind in ("device", "group"):
        answer(stack, kind, "create", "--application", id, "--name", "n")
    line = rejected(stack, EX_CANTCREAT, "application", "delete", id)
    assert "hooks, keys, devices, device groups, events" in line
    stack.creelctl("application", "delete", id, "--force")
    assert stack.psql(count) == "0"
    assert int(stack.psql("SELECT count(*) FROM creel.address")) == \
        int(others) - 2
    rejected(stack, EX_NOINPUT, "application", "show", id)


@pytest.mark.parametrize("kind, has, args", [
    ("device", "devices", ()), ("group", "device groups", ()),
    ("action", "hooks", ("--function", "PAUSE_LOOP", "--all"))])
def test_application_delete_with_one_thing(stack, kind, has, args):
    id = answer(stack, "application", "create", "one")["id"]
    made = answer(stack, kind, "create", "--application", id, "--name", "n",
                  *args)["id"]
    assert f"has {has}:" in rejected(stack, EX_CANTCREAT, "application",
                                    "delete", id)
    assert answer(stack, kind, "show", made)["id"] == made
    stack.creelctl(kind, "delete", made)
    stack.creelctl("application", "delete", id)


# -- hooks

def hook_create(stack, *args):
    return ("hook", "create", "--application", stack.application, "--kind",
            "datasource", "--name", "n", *args)


def test_hook(stack):
    made = answer(stack, *hook_create(stack, "--description", "what for",
                                      "--settings", '{"acceptArrays":true}'))
    assert ID.fullmatch(made["id"])
    assert made["path"] == f"/hooks/incoming/{made['handle']}"
    assert made["settings"] == {"acceptArrays": True}
    assert made["enabled"] is True and made["description"] == "what for"
    for name in (made["id"], made["handle"], made["handle"].upper(),
                 "{" + made["handle"] + "}"):
        assert answer(stack, "hook", "show", name) == made
    assert made in answer(stack, "hook", "list")
    assert made in answer(stack, "hook", "list", "--application",
                          stack.application)
    assert made not in answer(stack, "hook", "list", "--application",
                              stack.other_application)
    table = stack.creelctl("hook", "list").stdout.splitlines()
    assert table[0].split() == ["ID", "APPLICATION", "KIND", "HANDLE",
                                "ENABLED", "NAME"]
    text = stack.creelctl(*hook_create(stack)).stdout
    assert re.fullmatch(r"id +[0-9a-f]{24}\nhandle +([0-9a-f-]{36})\n"
                        r"path +/hooks/incoming/\1\n", text)


def enable_disable_delete(stack, noun, made, name, off, **call):
    """Calls return the status off while it is disabled, and when it is
    deleted. Returns the number of accepted calls."""
    seen = []

    def becomes(status):
        def post():
            seen.append(stack.post(**call).status)
            return seen[-1] == status

        wait_for(post, status)

    becomes(200)
    stack.creelctl(noun, "disable", made["id"])
    assert answer(stack, noun, "show", made["id"])["enabled"] is False
    becomes(off)
    stack.creelctl(noun, "enable", name)
    becomes(200)
    assert answer(stack, noun, "delete", name) == {"deleted": made["id"]}
    becomes(off)
    assert stack.psql("SELECT count(*) FROM creel.address WHERE target_id = "
                      f"'{made['id']}'") == "0"
    for verb in ("show", "enable", "disable", "delete"):
        rejected(stack, EX_NOINPUT, noun, verb, made["id"])
    return seen.count(200)


def test_hook_enable_disable_delete(stack):
    made = answer(stack, *hook_create(stack))
    accepted = enable_disable_delete(
        stack, "hook", made, made["handle"], 404, datasource=made["handle"],
        ApiKey=stack.new_key())
    assert stack.psql(f"SELECT count(*) FROM creel.event WHERE hook_id ="
                      f" '{made['id']}'") == str(accepted)


def test_hook_handle(stack):
    guid = str(uuid.uuid4())
    made = answer(stack, *hook_create(stack, "--handle", guid.upper()))
    assert made["handle"] == guid
    before = stack.psql("SELECT count(*) FROM creel.hook")
    assert "in use" in rejected(stack, EX_CANTCREAT,
                               *hook_create(stack, "--handle", guid))
    assert stack.psql("SELECT count(*) FROM creel.hook") == before
    assert "must be a GUID" in rejected(stack, EX_USAGE,
                                   *hook_create(stack, "--handle", "x"))


@pytest.mark.parametrize("settings", [
    "{", "[]", "null", '{"unknown":1}', '{"acceptArrays":1}',
    '{"acceptArrays":true,"acceptArrays":true}'])
def test_hook_settings(stack, settings):
    line = rejected(stack, EX_DATAERR,
                   *hook_create(stack, "--settings", settings))
    assert "--settings: " in line


def test_hook_unknown_setting(stack):
    line = rejected(stack, EX_DATAERR, *hook_create(
        stack, "--settings", '{"acceptArrays":true,"f\\n":1}'))
    assert r'--settings: unknown member "f\n", must be one of ' \
        "acceptArrays" in line


def test_hook_rejected(stack):
    args = hook_create(stack)
    assert "datasource" in rejected(
        stack, EX_USAGE, *["nope" if a == "datasource" else a for a in args])
    rejected(stack, EX_NOINPUT, *[UNKNOWN if a == stack.application else a
                                 for a in args])
    rejected(stack, EX_USAGE, *["" if a == "n" else a for a in args])
    rejected(stack, EX_NOINPUT, "hook", "list", "--application", UNKNOWN)


# -- keys and bearer tokens

def key_create(stack, *args):
    return ("key", "create", "--application", stack.application, "--name",
            "n", *args)


def test_key(stack):
    made = answer(stack, *key_create(stack))
    assert set(made) == {"id", "key"}
    key = made["key"]
    assert re.fullmatch(r"ck_[A-Za-z0-9_-]{43}", key)
    assert stack.psql(
        "SELECT handle FROM creel.address a JOIN creel.credential c ON "
        f"a.target_id = c.id WHERE c.id = '{made['id']}' AND a.kind = 'key' "
        "AND handle = encode(c.secret_sha256, 'hex')") == hashlib.sha256(
            key.encode()).hexdigest()
    shown = answer(stack, "key", "show", made["id"])
    assert shown["scopes"] == ["datasource.post"]
    assert shown["hookIds"] is None and shown["prefix"] == key[:8]
    assert shown["expiresAt"] is None
    assert shown in answer(stack, "key", "list", "--application",
                           stack.application)
    for args in (("key", "show", made["id"]), ("key", "list")):
        for form in ([], ["--json"]):
            text = stack.creelctl(*form, *args).stdout
            assert key[:8] in text and key[:12] not in text
    text = stack.creelctl(*key_create(stack)).stdout
    assert re.search(r"(?m)^key +ck_[A-Za-z0-9_-]{43}$", text)
    assert "cannot be shown again" in text


def test_key_enable_disable_delete(stack):
    made = answer(stack, *key_create(stack))
    enable_disable_delete(stack, "key", made, made["id"], 401,
                          ApiKey=made["key"])


def test_key_hooks(stack):
    id, guid = stack.new_hook()
    made = answer(stack, *key_create(stack, "--hook", guid, "--hook",
                                     stack.hook))
    assert answer(stack, "key", "show", made["id"])["hookIds"] == [
        id, stack.hook]
    made = answer(stack, *key_create(stack, "--hook", id))
    assert stack.post(ApiKey=made["key"]).status != 200
    assert stack.post(datasource=guid, ApiKey=made["key"]).status == 200
    for name in (stack.foreign_datasource, UNKNOWN):
        rejected(stack, EX_NOINPUT, *key_create(stack, "--hook", name))


def test_key_scopes(stack):
    made = answer(stack, *key_create(stack, "--scope", "event.get", "--scope",
                                     "datasource.*"))
    assert answer(stack, "key", "show", made["id"])["scopes"] == [
        "event.get", "datasource.*"]
    line = rejected(stack, EX_USAGE, *key_create(stack, "--scope", "event"))
    assert '--scope: no scope "event"; see SCOPES in creel-api(7)' in line


@pytest.mark.parametrize("text, ahead", [
    ("+30d", 30 * 86400), ("+2h", 7200), ("-1m", -60), ("+1w", 604800)])
def test_key_expires_in(stack, text, ahead):
    made = answer(stack, *key_create(stack, "--expires", text))
    at = datetime.datetime.fromisoformat(answer(
        stack, "key", "show", made["id"])["expiresAt"].replace("Z", "+00:00"))
    assert abs(at.timestamp() - time.time() - ahead) < 60
    assert stack.post(ApiKey=made["key"]).status == (200 if ahead > 0
                                                     else 401)


@pytest.mark.parametrize("text, at", [
    ("2031-02-28", "2031-02-28T00:00:00.000Z"),
    ("2031-02-28T12:30:00+02:00", "2031-02-28T10:30:00.000Z"),
    ("2031-02-28T12:30:00.25Z", "2031-02-28T12:30:00.250Z")])
def test_key_expires_at(stack, text, at):
    made = answer(stack, *key_create(stack, "--expires", text))
    assert answer(stack, "key", "show", made["id"])["expiresAt"] == at


@pytest.mark.parametrize("text, status", [
    ("tomorrow", EX_USAGE), ("30d", EX_USAGE), ("+30", EX_USAGE),
    ("2031-02-28T12:30:00", EX_USAGE), ("2031-2-28", EX_USAGE),
    ("+9999999d", EX_USAGE), ("", EX_USAGE),
    ("2031-02-30", EX_USAGE)])
def test_key_expires_rejected(stack, text, status):
    rejected(stack, status, *key_create(stack, "--expires", text))


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_jwt(stack):
    token = stack.creelctl("jwt", "--subject", "me", "--application",
                           stack.application, "--lifetime", "60").stdout
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", token)
    body = claims(token)
    assert body["sub"] == "me" and body["exp"] - body["iat"] == 60
    assert body["scope"] == "datasource.post"
    assert body["applications"] == [stack.application]
    assert stack.post(ApiKey=None, Authorization="Bearer " +
                      token.strip()).status == 200
    body = claims(answer(stack, "jwt", "--issuer", "local", "--subject",
                         "me", "--scope", "event.get", "--scope",
                         "event.body", "--organization", UNKNOWN)["token"])
    assert body["scope"] == "event.get event.body"
    assert body["organization"] == UNKNOWN
    assert body["exp"] - body["iat"] == 3600


@pytest.mark.parametrize("status, args", [
    (EX_CONFIG, ["--issuer", "unknown", "--subject", "x"]),
    (EX_CONFIG, ["--issuer", "other", "--subject", "x"]),  # no signing_key
    (EX_USAGE, []),
    (EX_USAGE, ["--subject", ""]),
    (EX_USAGE, ["--subject", "x", "--scope", "nope"]),
    (EX_USAGE, ["--subject", "x", "--application", "nope"]),
    (EX_USAGE, ["--subject", "x", "--organization", "nope"]),
    (EX_USAGE, ["--subject", "x", "--lifetime", "0"]),
    (EX_USAGE, ["--subject", "x", "--lifetime", "1h"])])
def test_jwt_rejected(stack, status, args):
    rejected(stack, status, "jwt", *args)


# -- events

def test_event_list(stack):
    hook, guid = stack.new_hook()
    select = ("event", "list", "--hook", guid)
    assert "no events yet" in stack.creelctl(*select).stdout
    assert answer(stack, *select) == []
    old = add_event(stack, hook=hook, at=time.time() - 7200)
    failed = add_event(stack, hook=hook, status="failed", body=b"12345")
    new = add_event(stack, hook=hook)

    def ids(*args):
        return [e["id"] for e in answer(stack, *select, *args)]

    assert ids() == [old, failed, new]
    assert ids("--limit", "2") == [failed, new]
    assert ids("--limit", "0") == []
    assert ids("--status", "failed") == [failed]
    assert ids("--since", "-1h") == [failed, new]
    assert ids("--since", "+1d") == []
    assert ids("--application", stack.application) == [old, failed, new]
    assert [e["size"] for e in answer(stack, *select)] == [2, 5, 2]
    everything = [e["id"] for e in answer(stack, "event", "list")]
    assert everything[-2:] == [failed, new] and old in everything
    assert [e["id"] for e in answer(stack, "event", "list", "--limit", "1")
            ] == [new]
    table = stack.creelctl(*select).stdout.splitlines()
    assert table[0].split() == ["ID", "RECEIVED", "HOOK", "STATUS", "SIZE",
                                "PRINCIPAL", "PATH"]
    assert table[2].split()[3] == "failed" and len(table) == 4
    rejected(stack, EX_USAGE, *select, "--status", "nope")
    rejected(stack, EX_USAGE, *select, "--limit", "-1")
    rejected(stack, EX_USAGE, *select, "--since", "nope")
    rejected(stack, EX_NOINPUT, "event", "list", "--hook", UNKNOWN)
    rejected(stack, EX_NOINPUT, *select, "--application",
            stack.other_application)


def test_event_show(stack):
    id = stack.post(b'{"temperature": 21.50}', X_Custom="seen") \
        .headers["Creel-Event"]
    text = stack.creelctl("event", "show", id).stdout
    assert re.search(r"(?m)^status +success$", text)
    assert re.search(r"(?m)^  x-custom: seen$", text)
    assert text.endswith('\n\n{"temperature": 21.50}\n')
    shown = answer(stack, "event", "show", id.upper())
    assert shown["body"] == {"temperature": 21.5} and shown["id"] == id
    assert shown["headers"]["x-custom"] == "seen"
    assert "no devices" in stack.creelctl("event", "devices", id).stdout
    for nothing in (event_id(), "nope"):
        for verb in ("show", "devices"):
            assert f'no event "{nothing}"' in rejected(
                stack, EX_NOINPUT, "event", verb, nothing)


def test_event_body(stack):
    for body in (bytes(range(256)) * 40, b"", b"no newline", b"\0\n"):
        id = add_event(stack, body)
        p = subprocess.run([BUILD / "creelctl", "-f", stack.conf, "event",
                            "show", id, "--body"], stdout=subprocess.PIPE)
        assert p.returncode == 0 and p.stdout == body
    id = add_event(stack, b"\xff\x00", value=[255, 0])
    assert stack.creelctl("event", "show", id).stdout.endswith("\n[255, 0]\n")
    assert answer(stack, "event", "show", id)["body"] == [255, 0]


def test_control_characters(stack):
    """Control characters of a request are escaped."""
    evil = "\x1b[2J\u009b2J\x7f"
    id = add_event(stack, f"a\tb\n{evil}".encode(), path=f"/{evil}",
                   headers=json.dumps({"x": evil, evil: "y"}))
    for args in (("event", "show", id), ("event", "list")):
        text = stack.creelctl(*args).stdout
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
        assert r"/\x1b[2J\xc2\x9b2J\x7f" in text
    assert "a\tb\n\\x1b" in stack.creelctl("event", "show", id).stdout


# -- tables on a terminal

def terminal(stack, columns, *args):
    """The lines that a command prints on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns,
                                                        0, 0))
    p = subprocess.Popen([BUILD / "creelctl", "-f", stack.conf, *args],
                         stdout=theirs)
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 65536):
            text += chunk
    except OSError:  # the terminal's end of file
        pass
    os.close(ours)
    assert p.wait(10) == 0
    return text.decode().splitlines()


def width(line):
    return sum(0 if unicodedata.combining(c) else
               1 + (unicodedata.east_asian_width(c) in "WF") for c in line)


def datasource(stack, app, name):
    return answer(stack, "hook", "create", "--application", app, "--kind",
                  "datasource", "--name", name)


def shortened(cell, full):
    head, tail = cell.split("...")
    return (full.startswith(head) and full.endswith(tail) and len(tail) > 3
            and 0 <= len(head) - len(tail) <= 1)


@pytest.mark.parametrize("columns", [0, 80, 100, 200])
def test_table_on_a_terminal(stack, columns):
    app = answer(stack, "application", "create", "tables")["id"]
    made = [datasource(stack, app, name) for name in ("a", "b c d")]
    base = ("hook", "list", "--application", app)
    full = stack.creelctl(*base).stdout.splitlines()
    assert terminal(stack, columns, "--wide", *base) == full
    assert max(map(width, full)) > 110
    lines = terminal(stack, columns, *base)
    assert max(map(width, lines)) == (80 if columns == 80 else 100)
    for hook, line in zip(made, lines[1:]):
        cells = re.split("  +", line)
        assert cells[0] == hook["id"] and cells[-1] == hook["name"]
        assert shortened(cells[-3], hook["handle"])
        assert (cells[1] == app) == (columns != 80)
    # Names are cut last, when the optional columns are omitted already.
    name = "from " + "a to b " * 12 + "to"
    datasource(stack, app, name)
    lines = terminal(stack, columns, *base)
    assert max(map(width, lines)) == (80 if columns == 80 else 100)
    assert "APPLICATION" not in lines[0]
    assert shortened(lines[3].split("  ")[-1], name)


def test_short_table_on_a_terminal(stack):
    app = answer(stack, "application", "create", "tables")["id"]
    answer(stack, "group", "create", "--application", app, "--name", "n")
    base = ("group", "list", "--application", app)
    assert terminal(stack, 100, *base) == \
        stack.creelctl(*base).stdout.splitlines()


def test_every_table_fits(stack):
    """With wide and with combining characters."""
    name = "\u6f22\u5b57e\u0301" * 50
    org = answer(stack, "organization", "create", name)["id"]
    app = answer(stack, "application", "create", "--organization", org,
                 name)["id"]
    of = ("--application", app, "--name", name)
    hook = answer(stack, "hook", "create", *of, "--kind", "datasource")
    answer(stack, "form", "create", *of, "--field", "a:text", "--usage",
           "Web", "--usage", "Mobile", "--usage", "Webhook")
    device = answer(stack, "device", "create", *of, "--tag", "x" * 60,
                    "--tag", "y" * 60)["id"]
    answer(stack, "group", "create", *of)
    answer(stack, "action", "create", *of, "--event-id", "e" * 64, "--all",
           "--function", "PAUSE_LOOP")
    for kind in ("key", "token"):
        id = answer(stack, kind, "create", *of, "--expires", "+1d", "--scope",
                    "event.get", "--scope", "event.body")["id"]
        stack.psql("UPDATE creel.credential SET last_used_at = now() WHERE "
                   f"id = '{id}'")
    answer(stack, "user", "create", "--application", app, "--email",
           f"{'e' * 60}@example.org", "--form", answer(
               stack, "form", "list", "--application", app)[0]["id"])
    event = add_event(stack, application=app, hook=hook["id"],
                      path="/hooks/incoming/" + hook["handle"],
                      body=b"x" * 100000)
    stack.psql("UPDATE creel.credential SET last_used_at = now() WHERE "
               f"application_id = '{app}'; UPDATE creel.device SET "
               f"last_seen_at = now() WHERE id = '{device}'")
    of = ("--application", app)
    lists = [(kind, "list", *of) for kind in (
        "hook", "form", "device", "group", "action", "key", "token", "user",
        "event")] + [("application", "list"), ("organization", "list")]
    for args in lists:
        lines = terminal(stack, 100, *args)
        assert max(map(width, lines)) <= 100, args
        assert any("..." in line for line in lines), args
        ids = [row["id"] for row in answer(stack, *args)]
        assert [line.split()[0] for line in lines] == ["ID", *ids]
        assert "\ufffd" not in "".join(lines)
        assert "...\u0301" not in "".join(lines)
        narrow = terminal(stack, 80, *args)
        assert max(map(width, narrow)) <= 80, args
        assert [line.split()[0] for line in narrow] == ["ID", *ids]
    assert device in terminal(stack, 100, "device", "list", *of)[1]
    line = terminal(stack, 100, "event", "list", *of)[1]
    assert line.startswith(event) and "  /hooks" in line
    for kind, heading in (("key", "EXPIRES"), ("device", "LAST SEEN")):
        for columns, shown in ((100, True), (80, False)):
            headings = terminal(stack, columns, kind, "list", *of)[0]
            assert (heading in headings) == shown


def test_columns_of_wide_characters(bare):
    bare.creelctl("migrate")
    for name in ("\u6f22\u5b57", "e\u0301", "abcd"):
        bare.creelctl("organization", "create", name)
    lines = bare.creelctl("organization", "list").stdout.splitlines()
    assert len({width(line[:line.rindex(word)]) for line, word in zip(
        lines, ("APPLICATIONS", "0  ", "0  ", "0  "))}) == 1


class Follower:
    """Runs creelctl event list --follow and queues its lines."""

    def __init__(self, stack, *args):
        self.process = subprocess.Popen(
            [BUILD / "creelctl", "-f", stack.conf, *args, "event", "list",
             "--follow"], text=True, stdout=subprocess.PIPE)
        self.queue = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.queue.put(line)

    def ids_until(self, last):
        """The ids that are printed, up to the last one."""
        ids = []
        while last not in ids:
            id = json.loads(self.queue.get(timeout=60))["id"]
            assert id not in ids
            ids.append(id)
        return ids

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()


def test_event_follow(stack):
    """An event of the oldest batch, which commits last, is printed once, and
    so are those committed before it."""
    first = add_event(stack)
    late, before, during, last = (event_id() for _ in range(4))
    session = Session(stack.cluster.host, stack.database)
    session.run("BEGIN;" + insert(stack, late))
    stack.psql(insert(stack, before))
    follower = Follower(stack, "--json")
    try:
        assert follower.ids_until(first)[-1] == first
        stack.psql(insert(stack, during))
        with pytest.raises(queue.Empty):  # an older batch is under way
            follower.queue.get(timeout=2.5)
        session.run("COMMIT;")
        assert follower.ids_until(during) == [late, before, during]
        stack.psql(insert(stack, last))
        assert follower.ids_until(last) == [last]
    finally:
        follower.close()
        session.close()


def test_event_follow_many(stack):
    """A transaction with more events than one query returns."""
    hook, _ = stack.new_hook()
    first = add_event(stack)
    follower = Follower(stack, "--json")
    try:
        follower.ids_until(first)
        ids = sorted(event_id() for _ in range(2500))
        stack.psql("BEGIN;" + "".join(insert(stack, i, hook=hook)
                                      for i in ids) + "COMMIT;")
        assert follower.ids_until(ids[-1]) == ids
    finally:
        follower.close()


def test_event_follow_table(stack):
    add_event(stack)
    follower = Follower(stack)
    try:
        assert follower.queue.get(timeout=60).startswith("ID ")
        id = add_event(stack)
        while not (line := follower.queue.get(timeout=60)).startswith(id):
            assert not line.startswith("ID ")
    finally:
        follower.close()


def test_action(stack):
    made = answer(stack, "action", "create", "--application",
                  stack.application, "--name", "Fire", "--event-id", "a b?",
                  "--timeout", "60", "--description", "all out",
                  "--function", "LOAD_URL", "--url", "https://example.org/",
                  "--tag", "lobby", "--tag", "a,b")
    assert ID.fullmatch(made["id"]) and made["eventId"] == "a b?"
    assert made["timeout"] == 60 and made["steps"] == [
        {"function": "LOAD_URL", "targets": {"tags": ["lobby", "a,b"]},
         "parameters": {"url": "https://example.org/"}}]
    text = stack.creelctl("action", "show", "a b?").stdout
    assert "LOAD_URL https://example.org/ for tag:lobby, tag:a,b;" in text
    assert answer(stack, "action", "show", made["id"]) == made
    assert made in answer(stack, "action", "list", "--application",
                          stack.application)
    assert "in use" in rejected(
        stack, EX_CANTCREAT, "action", "create", "--application",
        stack.application, "--name", "x", "--event-id", "a b?",
        "--function", "PAUSE_LOOP", "--all")
    for command, enabled in (("disable", False), ("enable", True)):
        stack.creelctl("action", command, "a b?")
        assert answer(stack, "action", "show", "a b?")["enabled"] is enabled
    stack.creelctl("action", "delete", "a b?")
    rejected(stack, EX_NOINPUT, "action", "show", "a b?")
    assert stack.psql("SELECT count(*) FROM creel.address WHERE "
                      "handle LIKE '%:a b?'") == "0"


def test_action_steps(stack):
    steps = [{"function": "REFRESH_DATASOURCE", "targets": {"allDevices": True},
              "parameters": {"dataSourceId": stack.hook}},
             {"function": "RESTART_DEVICE", "targets": {"tags": ["x"]}}]
    base = ("action", "create", "--application", stack.application, "--name",
            "n")
    made = answer(stack, *base, "--steps", json.dumps(steps))
    assert made["steps"] == steps and made["timeout"] == 3600
    assert re.fullmatch("[1-9][0-9]{8}", made["eventId"])
    text = stack.creelctl(*base, "--steps", json.dumps(steps)).stdout
    assert re.fullmatch(r"id       [0-9a-f]{24}\neventId  [0-9]{9}\n", text)
    made = answer(stack, *base, "--function", "REFRESH_DATASOURCE",
                  "--data-source", stack.datasource, "--all")
    assert made["steps"] == steps[:1]


def test_action_same_id(stack):
    ids = [answer(stack, "action", "create", "--application", a, "--name", "n",
                  "--event-id", "same", "--function", "PAUSE_LOOP",
                  "--all")["id"]
           for a in (stack.application, stack.other_application)]
    assert "handle of 2 hooks, use the id" in rejected(
        stack, EX_CANTCREAT, "action", "delete", "same")
    for id in ids:
        stack.creelctl("action", "delete", id)


def action_create(stack, event_id, application=None):
    return answer(stack, "action", "create", "--application",
                  application or stack.application, "--name", "n",
                  "--event-id", event_id, "--function", "PAUSE_LOOP",
                  "--all")["id"]


def test_event_id_is_no_foreign_handle(stack):
    """An event id does not name an object of another tenant."""
    victim = action_create(stack, "v")
    form = answer(stack, "form", "create", "--application", stack.application,
                  "--name", "f", "--field", "a:text")
    made = answer(stack, *hook_create(stack))
    names = {victim: victim, form["id"]: form["id"],
             form["appKey"]: form["id"], made["id"]: made["id"],
             made["handle"]: made["id"]}
    for application in (stack.other_application, stack.application):
        others = [action_create(stack, name, application) for name in names]
        assert answer(stack, "action", "show", victim)["id"] == victim
        for name, id in names.items():
            assert answer(stack, "hook", "show", name)["id"] == id
            assert answer(stack, "event", "list", "--hook", name) == []
            key = answer(stack, *key_create(stack, "--hook", name))["id"]
            assert answer(stack, "key", "show", key)["hookIds"] == [id]
        for name in (form["id"], form["appKey"]):
            assert answer(stack, "form", "show", name)["id"] == form["id"]
        # The commands of actions accept them.
        assert answer(stack, "action", "show", form["id"])["id"] == others[1]
        for other in others:
            stack.creelctl("action", "delete", other)
    other = action_create(stack, victim, stack.other_application)
    for group in ("action", "hook"):
        for command in ("disable", "enable"):
            stack.creelctl(group, command, victim)
            assert answer(stack, "action", "show", victim)["enabled"] is (
                command == "enable")
    stack.creelctl("form", "delete", form["id"])
    stack.creelctl("hook", "delete", victim)
    assert answer(stack, "action", "show", victim)["id"] == other
    stack.creelctl("action", "delete", victim)
    rejected(stack, EX_NOINPUT, "action", "show", other)


def test_event_id_is_no_handle(stack):
    action = action_create(stack, "none")
    for args in (("hook", "show", "none"), ("hook", "delete", "none"),
                 ("event", "list", "--hook", "none"),
                 key_create(stack, "--hook", "none")):
        assert 'no hook "none"' in rejected(stack, EX_NOINPUT, *args)
    stack.creelctl("action", "delete", action)


@pytest.mark.parametrize("status, args, text", [
    (EX_USAGE, (), "either --function or --steps is required"),
    (EX_USAGE, ("--function", "PAUSE_LOOP", "--steps", "[]"),
     "either --function"),
    (EX_USAGE, ("--function", "PAUSE_LOOP", "--all", "--timeout", "x"),
     "--timeout"),
    *((EX_USAGE, ("--function", "PAUSE_LOOP", "--all", "--timeout", n),
       "--timeout: must be between 1 and 604800") for n in ("0", "604801")),
    (EX_USAGE, ("--function", "PAUSE_LOOP"),
     "--all, --device, --group or --tag: required"),
    (EX_USAGE, ("--function", "PAUSE_LOOP", "--tag", ""),
     "--tag: must be 1 to 64 characters, no control characters"),
    (EX_DATAERR, ("--function", "PAUSE_LOOP", "--all", "--tag", "x"),
     "allDevices excludes all other targets"),
    (EX_USAGE, ("--function", "X", "--all"), "--function: must be one of "
     "LOAD_URL ENABLE_EMERGENCY DISABLE_EMERGENCY REFRESH_DATASOURCE "
     'PAUSE_LOOP RESUME_LOOP SEND_SENSOR_EVENT_DATA REFRESH_CONTENT '
     'RESTART_DEVICE, not "X"'),
    (EX_DATAERR, ("--function", "LOAD_URL", "--url", "x", "--all"),
     "url: must be an http"),
    (EX_DATAERR, ("--function", "LOAD_URL", "--all"), "url is required"),
    (EX_DATAERR, ("--function", "PAUSE_LOOP", "--device", "0" * 24),
     f'no device "{"0" * 24}"'),
    (EX_NOINPUT, ("--function", "REFRESH_DATASOURCE", "--data-source", "x",
                  "--all"), 'no datasource "x"'),
    (EX_DATAERR, ("--steps", "[}"), "--steps"),
    (EX_DATAERR, ("--steps", "[],\"timeout\":1"), "--steps"),
    (EX_DATAERR, ("--event-id", "a\n", "--function", "PAUSE_LOOP", "--all"),
     "eventId: must be")])
def test_action_rejected(stack, status, args, text):
    assert text in rejected(stack, status, "action", "create", "--application",
                           stack.application, "--name", "n", *args)


@pytest.mark.parametrize("kind, text", [
    ("action", "--kind: use creelctl action create for actions"),
    ("form", "--kind: use creelctl form create for forms"),
    ("x", '--kind: must be one of datasource form webhook, not "x"')])
def test_hook_kind(stack, kind, text):
    assert text in rejected(
        stack, EX_USAGE, "hook", "create", "--application", stack.application,
        "--kind", kind, "--name", "n")


@pytest.mark.parametrize("tag", ["", "x" * 65, "a\x1b"])
def test_device_tag_rejected(stack, tag):
    assert "--tag: must be 1 to 64 characters, no control characters" in \
        rejected(stack, EX_USAGE, "device", "create", "--application",
                stack.application, "--name", "n", "--tag", tag)


def test_action_url(make_stack, tmp_path):
    (tmp_path / "keys").write_text(os.urandom(32).hex() + "\n")
    (tmp_path / "keys").chmod(0o600)
    s = make_stack(key_file=tmp_path / "keys",
                   public_url="https://hooks.example.org/")
    s.creelctl("action", "create", "--application", s.application, "--name",
               "n", "--event-id", "289478969", "--function", "PAUSE_LOOP",
               "--all")
    key = s.made("key", "create", "--name", "k", "--application",
                 s.application, "--scope", "action.call")
    s.secrets.append(key["key"])
    base = ("https://hooks.example.org/public-api/integration/webhooks"
            f"?apiKey={key['key']}&payload=")
    url = s.creelctl("action", "url", "--key", key["id"],
                     "289478969").stdout.strip()
    assert url == base + "eyJldmVudF9pZCI6IjI4OTQ3ODk2OSJ9"
    url = answer(s, "action", "url", "--key", key["id"], "--sensor-id", "s",
                 "289478969")["url"]
    assert json.loads(base64.b64decode(url.removeprefix(base).replace(
        "%3D", "="))) == {"sensor_data": {"id": "s"}, "event_id": "289478969"}
    assert f"key={key['id']} application={s.application} shown=yes" in \
        s.logs()
    assert f'no key "{UNKNOWN}"' in rejected(
        s, EX_NOINPUT, "action", "url", "--key", UNKNOWN, "289478969")
    shown = s.logs().count("shown=yes")
    assert "at most 8192 bytes" in rejected(
        s, EX_DATAERR, "action", "url", "--key", key["id"], "--sensor-value",
        "x" * 6100, "289478969")
    assert s.logs().count("shown=yes") == shown
    other = s.made("key", "create", "--name", "k", "--application",
                   s.application)
    assert "action.call" in rejected(s, EX_DATAERR, "action", "url", "--key",
                                    other["id"], "289478969")
