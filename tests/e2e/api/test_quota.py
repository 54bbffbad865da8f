# SPDX-License-Identifier: ISC
"""
Quotas of applications and organizations: a tenant above one is refused in the
dialect of each door, its neighbours are served, and headers say what is left.
"""
import contextlib
import json
import re
import threading
import time
from urllib.parse import urlencode

import pytest

from conftest import wait_for
from losant_api import Api
from quixy_api import Form, post
from retention_api import Tenant as Old
from retention_api import age, maintain
from wallboard_api import Door
from webhook_api import Webhook

FIELDS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
          "RateLimit-Policy")
DAY = 24 * 60 * 60


def set_quota(stack, owner, *quotas, of="application", workers=1):
    """Returns all that it has then, when so many workers have loaded it."""
    begin = len(stack.logs())
    made = stack.made(of, "quota", owner,
                      *(a for q in quotas for a in ("--set", q)))
    line = rf"quotas of {owner}: (.*), organization: " if of == \
        "application" else r"quotas of \w+: .*, organization: (.*)"
    wait_for(lambda: [json.loads(q) for q in re.findall(
        line, stack.logs()[begin:])].count(made) >= workers, "the quotas")
    return made


class Tenant:
    """An application with a hook of each door."""

    def __init__(self, stack, organization=None):
        self.stack = stack
        self.id = stack.made("application", "create", "t", *(
            ["--organization", organization] if organization else []))["id"]
        self.hook, self.datasource = stack.new_hook(self.id)
        self.key = stack.new_key(application=self.id)

    def quota(self, *quotas, **options):
        return set_quota(self.stack, self.id, *quotas, **options)

    def post(self, body=b"{}"):
        return self.stack.post(body, datasource=self.datasource,
                               ApiKey=self.key)

    def posts(self, n):
        """The statuses of n calls, one after another."""
        return [self.post().status for _ in range(n)]

    def stored(self):
        """The number and the bytes of its events in the log."""
        n, size = self.stack.psql(
            "SELECT count(*), coalesce(sum(creel.event_bytes(path, query,"
            " headers, body, parsed, query_json, targets, value)), 0)"
            f" FROM creel.event WHERE application_id = '{self.id}'").split("|")
        return int(n), int(size)

    def check_counts(self):
        """What is counted is what is stored, in all and by day."""
        usage = self.usage()
        stored = self.stored()
        assert (usage["events"], usage["storedBytes"]) == stored
        days = self.stack.psql(
            "SELECT sum(events), sum(bytes) FROM creel.usage WHERE"
            f" application_id = '{self.id}' AND day > '-infinity'")
        assert tuple(map(int, days.split("|"))) == stored

    def usage(self):
        rows = self.stack.made("usage", "--application", self.id)
        return rows[0]

    def counted(self, **wanted):
        """Waits until the workers have reported."""
        def equal():
            usage = self.usage()
            return {k: usage[k] for k in wanted} == wanted
        wait_for(equal, f"usage {wanted}")


@pytest.fixture
def tenant(stack):
    return Tenant(stack)


@pytest.fixture
def flood():
    """Calls a function on several threads until the test ends; returns the
    list that gets the results with their times."""
    ending = threading.Event()
    threads = []

    def begin(call, n=4):
        results = []

        def work():
            while not ending.is_set():
                results.append((time.monotonic(), call()))
        threads.extend(threading.Thread(target=work) for _ in range(n))
        for t in threads[-n:]:
            t.start()
        return results
    yield begin
    ending.set()
    for t in threads:
        t.join()


# -- the dialects: a function that calls, and the bodies of 429 and 403

def losant(tenant):
    hook = Webhook(tenant.stack, tenant.id)
    return lambda: hook.call(body=b"x"), \
        rb'{"error":"Over rate limit, request throttled"}', \
        rb'{"error":"(.*)"}'


def pixon(tenant):
    return tenant.post, rb"", rb""


def quixy(tenant):
    form = Form(tenant.stack, application=tenant.id)
    token = tenant.stack.new_token("form.post", application=tenant.id)
    return lambda: post(tenant.stack, form, token), \
        rb'{"status":"Failed","message":"(.*)"}', \
        rb'{"status":"Failed","message":"(.*)"}'


def wallboard(tenant):
    door = Door(tenant.stack, tenant.id)
    door.action("e1")
    return lambda: door.post({"event_id": "e1"}), \
        rb'{"message":"Error","error":"(.*)"}', \
        rb'{"message":"Error","error":"(.*)"}'


DOORS = [losant, pixon, quixy, wallboard]


def check_body(a, pattern, text):
    m = re.fullmatch(pattern, a.body.strip())
    assert m and (not m.groups() or m[1].decode() == text), a.body


@pytest.mark.parametrize("door", DOORS)
def test_calls_above_a_quota_are_429(stack, tenant, door):
    """A sender above its application's calls gets 429 with Retry-After in the
    door's own dialect, and nothing is stored of those calls."""
    call, body, _ = door(tenant)
    tenant.quota("callsPerDay=3")
    answers = [call() for _ in range(5)]
    assert [a.status for a in answers[:3]] == [answers[0].status] * 3
    assert answers[0].status < 300
    for a in answers[3:]:
        assert a.status == 429
        assert 1 <= int(a.headers["Retry-After"]) <= DAY
        check_body(a, body, "callsPerDay: the application's quota is 3")
    assert int(stack.psql("SELECT count(*) FROM creel.event WHERE"
                          f" application_id = '{tenant.id}'")) == 3


@pytest.mark.parametrize("door", DOORS)
def test_headers_on_every_response(stack, tenant, door):
    """A sender sees what is left in 2xx and in 429; without a quota of calls
    there is no such header."""
    call, _, _ = door(tenant)
    assert not {*FIELDS} & {*call().headers}
    tenant.quota("hooks=100", "storedBytes=1000000")
    assert not {*FIELDS} & {*call().headers}
    tenant.quota("callsPerSecond=1000", "burst=2000", "callsPerDay=6")
    left = []
    for _ in range(6):
        a = call()
        assert a.headers["RateLimit-Policy"] == \
            f"1000;w=1;burst=2000, 6;w={DAY}"
        assert a.headers["RateLimit-Limit"] == "6"
        assert 1 <= int(a.headers["RateLimit-Reset"]) <= DAY
        left.append(int(a.headers["RateLimit-Remaining"]))
    assert left == [3, 2, 1, 0, 0, 0]
    assert a.status == 429
    assert a.headers["RateLimit-Reset"] == a.headers["Retry-After"]


def test_headers_of_the_rate(stack, tenant):
    """The quota with the least left is reported: here the burst."""
    tenant.quota("callsPerSecond=2", "burst=1000", "callsPerDay=1000000")
    a = tenant.post()
    assert a.headers["RateLimit-Limit"] == "2"
    assert a.headers["RateLimit-Remaining"] == "999"
    assert a.headers["RateLimit-Reset"] == "1"


@pytest.mark.parametrize("door", DOORS)
def test_stored_bytes_are_403(stack, tenant, door):
    """An application whose events have used its bytes gets 403 in the door's
    dialect (Pixon has no 403: 429); its neighbour is served; without the quota
    it goes on."""
    call, _, body = door(tenant)
    neighbour = Tenant(stack)
    assert call().status < 300
    tenant.counted(events=1)
    used = tenant.usage()["storedBytes"]
    assert used > 0
    tenant.quota(f"storedBytes={used + 1}")
    for _ in range(3):
        a = call()
        assert a.status == (429 if door == pixon else 403), a.body
        check_body(a, body, "storedBytes: the application's quota is"
                            f" {used + 1} bytes")
    assert neighbour.post().status == 200
    tenant.quota("storedBytes=none")
    assert call().status < 300


# -- calls per second

def test_a_change_holds_at_once(stack, tenant, flood):
    """While calls arrive, a quota is set, raised and removed: each holds from
    the next call on, and no call fails otherwise."""
    results = flood(lambda: tenant.post().status, 2)
    wait_for(lambda: len(results) > 20, "calls")
    assert {s for _, s in results} == {200}
    tenant.quota("callsPerSecond=5")
    wait_for(lambda: results[-1][1] == 429, "a refusal")
    tenant.quota("callsPerSecond=1000000")
    begin = len(results)
    wait_for(lambda: len(results) > begin + 50, "calls")
    tenant.quota("callsPerSecond=none")
    begin = len(results) + 2
    wait_for(lambda: len(results) > begin + 50, "calls")
    assert {s for _, s in results[begin:]} == {200}
    assert {s for _, s in results} == {200, 429}


def test_neighbours_are_not_affected(stack, tenant, flood):
    """One tenant floods above its quota, and another without one is served."""
    neighbour = Tenant(stack)
    tenant.quota("callsPerSecond=1")
    results = flood(lambda: tenant.post().status)
    wait_for(lambda: results and results[-1][1] == 429, "a refusal")
    assert set(neighbour.posts(50)) == {200}


@contextlib.contextmanager
def several(stack, workers):
    """Several workers of one socket; yields a tenant."""
    first = stack.worker
    others = [stack.start_worker() for _ in range(workers - 1)]
    stack.worker = first
    try:
        wait_for(lambda: stack.logs().count("quotas loaded: all") == workers,
                 "the workers")
        yield Tenant(stack)
    finally:
        for w in others:
            stack.stop_worker(worker=w)


def test_sender_below_its_rate(make_stack):
    """A sender that calls several workers in turn, always below its rate, is
    never refused, and after a pause it may call as often as its burst."""
    with several(make_stack(), 3) as tenant:
        tenant.quota("callsPerSecond=2", "burst=4", workers=3)
        for _ in range(16):
            assert tenant.post().status == 200
            time.sleep(0.6)
        for _ in range(3):
            time.sleep(4)
            assert tenant.posts(4) == [200] * 4


@pytest.mark.parametrize("workers", [1, 3])
def test_rate_over_all_workers(make_stack, workers, flood):
    """Several workers together accept what the quota allows, when they have
    reported: within a third of the rate over twelve seconds."""
    with several(make_stack(), workers) as tenant:
        assert tenant.post().status == 200
        tenant.quota("callsPerSecond=3", workers=workers)
        results = flood(lambda: tenant.post().status, 6)
        wait_for(lambda: [s for _, s in results].count(429) > 50, "refusals")
        begin = time.monotonic() + 3
        wait_for(lambda: time.monotonic() > begin + 12, "twelve seconds", 60)
        n = sum(s == 200 for at, s in list(results)
                if begin <= at < begin + 12)
        assert {s for _, s in list(results)} == {200, 429}
        assert 24 <= n <= 48, n


def test_applications_share_the_organization(stack):
    """An organization's rate is that of all its applications together, also of
    one that is created or moved there later."""
    organization = stack.made("organization", "create", "o")["id"]
    one, two = (Tenant(stack, organization) for _ in range(2))
    set_quota(stack, organization, "callsPerDay=10", of="organization")
    assert one.posts(6) == [200] * 6
    assert two.posts(6) == [200] * 4 + [429] * 2
    a = Webhook(stack, two.id).call(body=b"x")
    assert a.status == 429 and a.headers["RateLimit-Limit"] == "10"
    late = Tenant(stack, organization)
    wait_for(lambda: late.post().status == 429, "the new application")
    free = Tenant(stack)
    assert free.post().status == 200
    stack.psql(f"UPDATE creel.application SET organization_id = "
               f"'{organization}' WHERE id = '{free.id}'")
    wait_for(lambda: free.post().status == 429, "the moved application")
    stack.psql("UPDATE creel.application SET organization_id = NULL"
               f" WHERE id = '{free.id}'")
    wait_for(lambda: free.post().status == 200, "the moved application")


# -- calls per day

def test_calls_per_day(stack, tenant):
    """After its calls of the day an application waits for midnight (UTC); the
    next day begins with none."""
    tenant.quota("callsPerDay=5")
    assert tenant.posts(7) == [200] * 5 + [429] * 2
    left = DAY - time.time() % DAY
    assert abs(int(tenant.post().headers["Retry-After"]) - left) < 60
    tenant.counted(calls=5)
    stack.psql("UPDATE creel.usage SET day = day - 1 WHERE day > '-infinity'"
               f" AND application_id = '{tenant.id}'")
    wait_for(lambda: tenant.post().status == 200, "the next day")


def test_another_worker_counts_too(make_stack):
    """A worker that starts when the day's calls are used up accepts none."""
    stack = make_stack()
    tenant = Tenant(stack)
    tenant.quota("callsPerDay=5")
    assert tenant.posts(6) == [200] * 5 + [429]
    stack.stop_worker()  # reports what is left
    assert tenant.usage()["calls"] == 5
    stack.start_worker()
    wait_for(lambda: "listening for changes" in
             stack.logs().split("finishing requests")[-1], "the listener")
    wait_for(lambda: tenant.post().status == 429, "the totals")


# -- what is stored

def test_bytes_are_those_of_the_events(stack, tenant):
    """What a worker counts is what the database counts for the same events."""
    Webhook(stack, tenant.id).call(
        more="?a=b&c=d", body=urlencode({"x": "ü" * 9}).encode(),
        headers=[("Content-Type", "application/x-www-form-urlencoded")])
    tenant.posts(3)
    door = Door(stack, tenant.id)
    door.action("e1")
    door.post({"event_id": "e1"})
    tenant.counted(events=5)
    assert tenant.stored() == (5, tenant.usage()["storedBytes"])


def test_recount(stack, tenant):
    """maintain corrects the count of earlier days, and a quota of bytes that
    was used up has room again."""
    tenant.posts(2)
    tenant.counted(events=2)
    tenant.quota("storedBytes=1000000")
    stack.psql("UPDATE creel.usage SET bytes = bytes + 2000000,"
               " day = CASE WHEN day > '-infinity' THEN day - 1 ELSE day END"
               f" WHERE application_id = '{tenant.id}'")
    wait_for(lambda: tenant.post().status == 429, "the quota")
    stack.creelctl("maintain")
    wait_for(lambda: tenant.post().status == 200, "room")


@pytest.mark.parametrize("kept", [False, True])
def test_retention_lowers_it(stack, tenant, kept):
    """Events that retention deletes leave room for others: those of a partition
    that is dropped, and those beside events that are kept."""
    tenant.posts(3)
    tenant.counted(events=3)
    age(stack, 40, f"application_id = '{tenant.id}'")
    stack.psql("UPDATE creel.usage SET day = day - 40 WHERE day > '-infinity'"
               f" AND application_id = '{tenant.id}'")
    if kept:
        Old(stack).add(40)
    tenant.posts(2)
    tenant.counted(events=5)
    stack.creelctl("application", "change", tenant.id, "--retention", "10")
    done = maintain(stack)
    assert (done["expired"], len(done["dropped"])) == ((3, 0) if kept else
                                                       (0, 1))
    assert tenant.stored()[0] == 2
    tenant.check_counts()
    maintain(stack)
    tenant.check_counts()


def test_drop_of_many(stack):
    """The counts of a day that has no partition any longer are set to nothing,
    for more applications than a step has."""
    stack.psql("""
        INSERT INTO creel.application (id, name)
        SELECT lpad(i::text, 24, 'd'), 'many' FROM generate_series(1, 1500) i;
        INSERT INTO creel.usage (application_id, day, events, bytes)
        SELECT a.id, d.day, d.n, d.n * 10
        FROM creel.application a
        CROSS JOIN (VALUES ('-infinity'::date, 7), ('2001-01-01', 4),
            ('2001-01-03', -1), (creel.today(), 4)) AS d (day, n)
        WHERE a.name = 'many'""")
    stack.creelctl("maintain")
    assert stack.psql("""
        SELECT DISTINCT u.day, u.events, u.bytes FROM creel.usage u
        JOIN creel.application a ON a.id = u.application_id
        WHERE a.name = 'many' AND (u.events, u.bytes) <> (0, 0)
            AND u.day = '-infinity'""") == "-infinity|4|40"
    stack.psql("DELETE FROM creel.application WHERE name = 'many'")


def test_erasure_lowers_it(stack, tenant):
    """Erased events are counted no longer."""
    for name in "a", "b", "a", "c":
        assert tenant.post(json.dumps({"name": name}).encode()).status == 200
    tenant.counted(events=4)
    assert stack.made("erase", "--application", tenant.id, "--match",
                      "/body/name=a", "--force")["events"] == 2
    assert tenant.stored()[0] == 2
    tenant.check_counts()


def test_counts_of_inserted_events(stack, tenant):
    """An administrator who inserts events with SQL does not give the
    application room that it does not have."""
    Old(stack).add(0)
    old = Old(stack)
    for days in 20, 20, 40:
        old.add(days)
    stack.creelctl("application", "change", old.id, "--retention", "30")
    stack.creelctl("maintain")
    usage = stack.made("usage", "--application", old.id)[0]
    assert usage["events"] == 2 and usage["storedBytes"] > 0


# -- hooks and devices

RESOURCES = {
    "webhooks": ("hooks", {"name": "n"}),
    "forms": ("hooks", {"name": "n",
                        "fields": [{"name": "a", "type": "text"}]}),
    "actions": ("hooks", {"name": "n", "steps": [
        {"function": "PAUSE_LOOP", "targets": {"allDevices": True}}]}),
    "devices": ("devices", {"name": "n"})}


@pytest.mark.parametrize("resource", RESOURCES)
def test_creation_beyond_the_quota(stack, tenant, resource):
    """A tenant creates as many as its quota allows; the next is refused, with
    the quota's name and value; after a deletion there is room for one."""
    quota, body = RESOURCES[resource]
    api = Api(stack, tenant.id, resource=resource)
    used = tenant.usage()[quota]
    tenant.quota(f"{quota}={used + 2}")
    made = [api.call("POST", body=body) for _ in range(3)]
    assert [a[0] for a in made] == [201, 201, 403], made
    assert made[2][1]["message"] == \
        f"{quota}: the application's quota is {used + 2}"
    assert tenant.usage()[quota] == used + 2
    assert api.call("DELETE", "/" + made[0][1]["id"])[0] == 200
    assert api.call("POST", body=body)[0] == 201


def test_creation_with_creelctl(stack, tenant):
    """An administrator sees the quota too."""
    tenant.quota("hooks=1")
    p = stack.creelctl("hook", "create", "--kind", "webhook", "--name", "n",
                       "--application", tenant.id, check=False)
    assert p.returncode == 77
    assert p.stderr == \
        "creelctl: hooks: the application's quota is 1\n"


def test_creation_of_many_applications(stack):
    """Applications that are created at once with hooks do not exceed the quota
    of their organization; nothing is created then."""
    organization = stack.made("organization", "create", "o")["id"]
    stack.made("organization", "quota", organization, "--set", "hooks=5")
    args = ("--organization", organization, "--hook", "webhook:w", "--hook",
            "datasource:d")
    p = stack.creelctl("application", "create", "a", "b", "c", *args,
                       check=False)
    assert p.returncode == 77 and not p.stdout
    assert p.stderr == "creelctl: hooks: the organization's quota is 5\n"
    found = f"SELECT count(*) FROM creel.application WHERE organization_id = " \
        f"'{organization}'"
    assert stack.psql(found) == "0"
    stack.creelctl("application", "create", "a", "b", *args)
    assert stack.psql(found) == "2"
    assert stack.creelctl("application", "create", "c", *args,
                          check=False).returncode == 77
    stack.creelctl("application", "create", "c", "--organization",
                   organization)
    assert stack.psql(found) == "3"


def test_creations_at_once(stack):
    """Clients that create hooks of several applications at the same time do not
    exceed the quota of the organization by one."""
    organization = stack.made("organization", "create", "o")["id"]
    tenants = [Tenant(stack, organization) for _ in range(3)]
    set_quota(stack, organization, "hooks=13", of="organization")
    apis = [Api(stack, t.id, resource="webhooks") for t in tenants]
    statuses = []

    def work(api):
        for _ in range(6):
            statuses.append(api.call("POST", body={"name": "n"})[0])
    threads = [threading.Thread(target=work, args=[apis[i % 3]])
               for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(statuses) == [201] * 10 + [403] * 26
    assert stack.psql(
        "SELECT count(*) FROM creel.hook h JOIN creel.application a"
        " ON a.id = h.application_id"
        f" WHERE a.organization_id = '{organization}'") == "13"
