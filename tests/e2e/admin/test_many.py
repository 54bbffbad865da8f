# SPDX-License-Identifier: ISC
"""Many applications and many events: creelctl creates them in one run and lists
them, and no list reads the whole log."""
import itertools
import json
import queue
import subprocess
import sys
import threading
import types

import pytest

from conftest import BUILD, SOURCE, Stack, send, wait_for
from events import add_event

sys.path.insert(0, str(SOURCE / "bench"))
import lists  # noqa: E402

EX_USAGE, EX_NOINPUT = 64, 66


def created(stack, *args, input=None):
    """What application create prints, an object for each application."""
    return [json.loads(line) for line in stack.creelctl(
        "--json", "application", "create", *args,
        input=input).stdout.splitlines()]


def shown(stack, kind, id):
    return stack.made(kind, "show", id)


def count(stack):
    return int(stack.psql("SELECT count(*) FROM creel.application"))


def refused(stack, *args, input=None):
    """The message of a command that must fail, and creates nothing."""
    before = count(stack)
    p = stack.creelctl("application", "create", *args, check=False,
                       input=input)
    assert p.returncode == EX_USAGE and p.stdout == "", p
    assert count(stack) == before
    return p.stderr


# -- creation

def test_many_names(stack):
    """An integrator with several customers names them in one command, and reads
    their IDs in that order."""
    ids = stack.creelctl("application", "create", "a", "b", "a").stdout.split()
    assert len(set(ids)) == 3
    assert [shown(stack, "application", id)["name"] for id in ids] == \
        ["a", "b", "a"]


def test_names_of_a_file(stack, tmp_path):
    """A file from another system has empty lines, lines that end in CR, and no
    end of its last line."""
    path = tmp_path / "names"
    path.write_bytes("första\r\n\nsecond, with a comma\n\r\nlast".encode())
    names = ["första", "second, with a comma", "last"]
    assert [a["name"] for a in created(stack, "--names", path)] == names
    with path.open() as f:
        p = subprocess.run([BUILD / "creelctl", "-f", stack.conf, "--json",
                            "application", "create", "first", "--names", "-"],
                           stdin=f, stdout=subprocess.PIPE, check=True)
    assert [json.loads(line)["name"] for line in p.stdout.splitlines()] == [
        "first", *names]


def test_a_thousand_with_hooks_and_keys(stack):
    """A host moves a thousand customers here: each gets its hooks and its key,
    which work at once, and belongs to the organization."""
    org = stack.creelctl("organization", "create", "host").stdout.strip()
    names = [f"customer {n}" for n in range(1000)]
    made = created(stack, "--organization", org, "--names", "-", "--hook",
                   "datasource:till", "--hook", "webhook:shop: orders",
                   "--key", "sender", "--scope", "datasource.post", "--scope",
                   "event.get", input="\n".join(names))
    assert [a["name"] for a in made] == names
    assert stack.made("organization", "show", org)["applications"] == 1000
    for a in (made[0], made[99], made[100], made[999]):
        row = shown(stack, "application", a["id"])
        assert (row["organizationId"], row["hooks"], row["keys"]) == (org, 2, 1)
        assert [(h["kind"], h["name"]) for h in a["hooks"]] == [
            ("datasource", "till"), ("webhook", "shop: orders")]
        assert shown(stack, "key", a["keyId"])["scopes"] == [
            "datasource.post", "event.get"]
        assert stack.post(datasource=a["hooks"][0]["handle"],
                          ApiKey=a["key"]).status == 200
        assert send(stack.url, "POST", "/webhooks/" + a["hooks"][1]["handle"],
                    [("Content-Type", "application/json")],
                    b"{}").status == 200
    assert stack.post(datasource=made[0]["hooks"][0]["handle"],
                      ApiKey=made[1]["key"]).status != 200


def test_lines_for_people(stack):
    """Without --json a line has the ID, the handles, the key and the name."""
    text = stack.creelctl("application", "create", "one", "two", "--hook",
                          "datasource:till", "--key", "k").stdout
    for line, name in zip(text.splitlines(), ("one", "two")):
        id, handle, key, shown_name = line.split()
        assert shown_name == name
        assert stack.post(datasource=handle, ApiKey=key).status == 200
        assert shown(stack, "hook", handle)["applicationId"] == id


def test_a_sealed_key(stack, tmp_path):
    """Keys are sealed as those of key create: key view shows them again."""
    keys = tmp_path / "seal"
    keys.write_text("11" * 32 + "\n")
    keys.chmod(0o600)
    conf = tmp_path / "sealed.conf"
    conf.write_text(stack.conf.read_text().replace(
        "[creel]", f"[creel]\nkey_file = {keys}", 1))
    other = types.SimpleNamespace(build=stack.build, conf=conf)
    made = json.loads(Stack.creelctl(other, "--json", "application", "create",
                                     "x", "--key", "k").stdout)
    assert Stack.creelctl(other, "key", "view", made["keyId"]).stdout.strip() \
        == made["key"]


@pytest.mark.parametrize("args, text, message", [
    ((), None, "NAME or --names: required"),
    (("--names", "-"), "\n\r\n", "--names: must contain at least one name"),
    (("--names", "-"), "ok\n" + "x" * 256 + "\n",
     "--names: line 2: must be 1 to 255 characters, not 256"),
    (("--names", "/no/such"), None, "--names: /no/such: No such file"),
    (("--names", "-"), "a\0b\n", "--names: must not contain NUL"),
    (("ok", ""), None, "NAME: must be 1 to 255 characters, not 0"),
    (("x", "--scope", "event.get"), None, "--scope: requires --key"),
    (("x", "--key", "k", "--scope", "nope"), None, '--scope: no scope "nope"'),
    (("x", "--hook", "datasource"), None, "--hook: must be 1 to 255"),
    (("x", "--hook", "form:f"), None,
     '--hook: must be one of datasource webhook, not "form"'),
])
def test_nothing_is_created(stack, args, text, message):
    """A mistake in one of many names, or in an option, is reported before the
    first application is created."""
    assert message in refused(stack, *args, input=text)


def test_names_that_are_not_utf8(stack, tmp_path):
    path = tmp_path / "latin1"
    path.write_bytes("fine\nfünf\n".encode("latin-1"))
    assert "--names: line 2: must be UTF-8" in refused(stack, "--names", path)


def test_too_many_names(stack):
    assert "--names: line 100001: must be at most 100000 names" in refused(
        stack, "--names", "-", input="x\n" * 100001)


def test_unknown_organization(stack):
    p = stack.creelctl("application", "create", "a", "b", "--organization",
                       "f" * 24, check=False)
    assert p.returncode == EX_NOINPUT and p.stdout == ""


# -- events of all applications

class Follower:
    """Runs creelctl event list --follow until it has printed some events."""

    def __init__(self, stack):
        self.process = subprocess.Popen(
            [BUILD / "creelctl", "-f", stack.conf, "--json", "event", "list",
             "--follow", "--limit", "1"], text=True, stdout=subprocess.PIPE)
        self.ids = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.ids.put(json.loads(line)["id"])

    def wait(self, ids):
        """Each must be printed once."""
        seen = []
        while not set(ids) <= set(seen):
            seen.append(self.ids.get(timeout=60))
        assert len(set(seen)) == len(seen)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()


def orphan(stack):
    """Returns an event of an application that was deleted over HTTP."""
    app = stack.made("application", "create", "gone")["id"]
    hook, _ = stack.new_hook(app)
    event = add_event(stack, hook=hook, application=app)
    stack.psql(f"DELETE FROM creel.application WHERE id = '{app}'")
    return event


def test_events_of_a_deleted_application(stack):
    """An admin looks for a call that was acknowledged before its application
    was deleted: the log still has it."""
    event = orphan(stack)
    assert stack.made("event", "list", "--limit", "1")[0]["id"] == event
    assert stack.made("event", "show", event)["id"] == event
    assert stack.creelctl("event", "show", event, "--body").stdout == "{}"


def test_follower_of_all_applications(stack):
    """A program that follows the whole log misses no event of an application
    that is deleted before the program has read it."""
    first = add_event(stack)
    with Follower(stack) as follower:
        follower.wait([first])
        follower.wait([orphan(stack), add_event(stack), orphan(stack)])


def test_filters_of_all_applications(stack):
    """Each filter of event list, and each pair of them, selects the same events
    as a reader of all of them would."""
    app = stack.made("application", "create", "filtered")["id"]
    hook, _ = stack.new_hook(app)
    for n, status in enumerate(("success", "failed", "pending") * 4):
        add_event(stack, hook=hook if n % 2 else stack.hook, status=status,
                  application=app if n % 2 else stack.application)
    everything = stack.made("event", "list", "--limit", "100000")
    filters = {"application": ("applicationId", app), "hook": ("hookId", hook),
               "status": ("status", "failed"), "since": ("receivedAt", "-1h")}
    for names in itertools.chain.from_iterable(
            itertools.combinations(filters, n) for n in range(5)):
        args = [a for name in names for a in (f"--{name}", filters[name][1])]
        expected = [e["id"] for e in everything if all(
            e[filters[name][0]] == filters[name][1]
            for name in names if name != "since")]
        assert [e["id"] for e in stack.made(
            "event", "list", *args, "--limit", "100000")] == expected, names


# -- a large log

@pytest.fixture(scope="module")
def tenants(cluster):
    """A database with many events in several partitions."""
    stack = Stack(cluster)
    t = lists.Tenants(stack, types.SimpleNamespace(
        events=60000, applications=60, hooks=100, devices=300, days=3))
    t.fill()
    t.find()
    yield t
    stack.close()


def scans(stack):
    """The number of events that sequential scans have read: those of empty
    partitions cost nothing.  The sessions that have ended have reported
    theirs."""
    return int(stack.psql("""
        SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables
        WHERE schemaname = 'creel' AND relname ~ '^event_[0-9]{8}$'"""))


def restart(stack):
    """Ends the sessions of the worker, so that their statistics are there."""
    stack.stop_worker()
    wait_for(lambda: stack.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'creel_worker'"
        " AND datname = current_database()") == "0", "sessions to end")
    n = scans(stack)
    stack.start_worker()
    return n


def test_no_list_reads_the_whole_log(tenants):
    """A tenant reads a list of any kind, with any parameter, in a log of many
    tenants: no statement scans a partition."""
    stack = tenants.creel
    before = restart(stack)
    statuses = {}
    for route, title, path, headers in tenants.requests():
        r = send(stack.url, "GET", path, [*headers.items()])
        statuses.setdefault(r.status, []).append(title)
    # The history of an organization with more than 100 forms needs a key.
    assert statuses.keys() <= {200, 204, 400}, statuses
    assert all("organization /webhook/app/history" in title
               for title in statuses.get(400, ())), statuses[400]
    assert restart(stack) == before


def test_no_command_reads_the_whole_log(tenants):
    """An admin lists and follows the events of all applications."""
    stack = tenants.creel
    before = scans(stack)
    first, form = tenants.id(1, 1), tenants.id(5, 1)
    for args in ((), ("--status", "failed"), ("--status", "pending"),
                 ("--since", "-1h"), ("--application", first),
                 ("--application", first, "--status", "failed"),
                 ("--application", first, "--status", "pending"),
                 ("--hook", form), ("--hook", form, "--status", "failed")):
        stack.made("event", "list", *args)
    with Follower(stack) as follower:
        follower.wait([add_event(stack)])
    stack.creelctl("check", check=False)
    wait_for(lambda: stack.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'creel_owner'"
        " AND datname = current_database() AND pid <> pg_backend_pid()")
        == "0", "sessions to end")
    assert scans(stack) == before


def test_the_benchmark_measures_every_list(capsys):
    """A list that is added to a manual is added to bench/lists.py."""
    assert not lists.check(), capsys.readouterr().out
