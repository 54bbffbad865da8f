# SPDX-License-Identifier: ISC
"""
Tokens of an organization: the applications that they reach are those that it
has now, and a request costs the same with one application or with thousands.
"""
import json
import re
import signal

import pytest

from conftest import SOURCE, send, stop_process, wait_for
from events import event_id, insert
from quixy_api import EXAMPLE, FIELDS, Form

MANY = 3000
SCOPES = ["all.Organization", "event.get", "event.body", "datasource.post",
          "form.post"]


class Organization:
    def __init__(self, stack):
        self.stack = stack
        self.id = stack.made("organization", "create", "o")["id"]
        self.token = self.new_token()

    def new_token(self, *args):
        scopes = [a for s in SCOPES for a in ("--scope", s)]
        return self.stack.creelctl(
            "jwt", "--issuer", "local", "--subject", "s", "--organization",
            self.id, *scopes, *args).stdout.strip()

    def call(self, method, path, body=None, token=None):
        if isinstance(body, dict):
            body = json.dumps(body)
        headers = [("Authorization", f"Bearer {token or self.token}")]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
            body = body.encode() if isinstance(body, str) else body
        a = send(self.stack.url, method, path, headers, body)
        assert a.status < 500, a.body
        return a.status, json.loads(a.body) if a.body else None

    def made(self, path, **body):
        status, answer = self.call("POST", path, body)
        assert status == 201, answer
        return answer

    def new(self):
        return self.made("/applications", name="a")["id"]

    def fill(self):
        """Adds many applications, with some hooks and events each."""
        self.stack.psql(f"""
            INSERT INTO creel.application (id, organization_id, name)
            SELECT left(md5('{self.id}' || i), 24), '{self.id}', 'a'
            FROM generate_series(1, {MANY}) i;
            INSERT INTO creel.hook (application_id, id, kind, handle, name)
            SELECT a.id, left(md5(a.id || i), 24), 'webhook', a.id || i, 'h'
            FROM creel.application a, generate_series(1, 5) i
            WHERE a.organization_id = '{self.id}';
            INSERT INTO creel.event (application_id, id, hook_id, received_at,
                method, path, query, headers, body, principal, remote_address,
                status)
            SELECT a.id, (left(creel.uuid_floor(now())::text, 14) || '7' ||
                substr(m, 1, 3) || '-8' || substr(m, 4, 3) || '-' ||
                substr(m, 7, 12))::uuid, 'h', now(), 'POST', '/', '', '{{}}',
                '', 'key:x', '192.0.2.1', 'success'
            FROM creel.application a, generate_series(1, 20) i,
                md5(a.id || i) m
            WHERE a.organization_id = '{self.id}'""")


@pytest.fixture(scope="module")
def stack(make_stack):
    """Only notifications drop what its worker caches."""
    return make_stack(cache_ttl=3600)


@pytest.fixture
def mine(stack):
    return Organization(stack)


def move(stack, application, organization):
    value = f"'{organization.id}'" if organization else "NULL"
    stack.psql(f"UPDATE creel.application SET organization_id = {value}"
               f" WHERE id = '{application}'")


class Shop:
    """An application with a data source and a form, each with an event, and
    the requests that read or call them."""

    def __init__(self, stack):
        self.id = stack.made("application", "create", "shop")["id"]
        self.hook, guid = stack.new_hook(self.id)
        form = Form(stack, application=self.id)
        self.event, self.call = event_id(), event_id()
        for id, hook in ((self.event, self.hook), (self.call, form.id)):
            stack.psql(insert(stack, id, hook=hook, application=self.id))
        self.requests = [
            ("GET", f"/applications/{self.id}", None),
            ("GET", f"/applications/{self.id}/webhooks", None),
            ("GET", f"/applications/{self.id}/events/{self.event}", None),
            ("GET", f"/events/{self.event}", None),
            ("POST", f"/hooks/incoming/{guid}", "{}"),
            ("GET", f"/webhook/app/status/{self.call}", None),
            ("GET", f"/webhook/app/{form.key}/history", None),
            ("POST", form.path, EXAMPLE),
            ("POST", "/webhook/app/incoming-data", EXAMPLE)]


def reaches(organization, shop, request):
    """Whether a token of the organization may make the request now."""
    method, path, body = request
    status, answer = organization.call(method, path, body)
    assert status in (200, 404), (request, answer)
    return status == 200


def test_moved_while_cached(stack, mine):
    """Each request finds an application that moves to the organization, and an
    application that moves away no longer exists for its tokens, although the
    worker has seen it where it was before."""
    other, shop = Organization(stack), Shop(stack)
    for home in (None, mine, other, mine, None):
        move(stack, shop.id, home)
        for organization in (mine, other):
            for request in shop.requests:
                wait_for(lambda: reaches(organization, shop, request) ==
                         (organization is home), f"{request} of {home}")
            events = organization.call("GET", "/webhook/app/history")[1]
            assert (shop.call in [e["request_id"] for e in events["items"]]
                    ) == (organization is home)
            ids = [a["id"] for a in organization.call(
                "GET", "/applications")[1]["items"]]
            assert ids == ([shop.id] if organization is home else [])


def test_created_by_another_worker(make_stack):
    """A worker that gets no notifications, and has served the token before,
    finds what another one has just created."""
    stack = make_stack(threads=4, cache_ttl=3600,
                       listen_database="host=/nonexistent")
    first, second = stack.worker, stack.start_worker()
    organization = Organization(stack)
    organization.new()
    try:
        for worker in (first, second):
            stop_process(worker.pid)
            assert len(organization.call(
                "GET", "/applications")[1]["items"]) == 1
            assert organization.call(
                "GET", "/events/" + event_id())[0] == 404
            worker.send_signal(signal.SIGCONT)
        stop_process(second.pid)
        application = organization.new()
        form = organization.made(
            f"/applications/{application}/forms", name="f",
            appUsage=["Webhook"], fields=FIELDS)
        second.send_signal(signal.SIGCONT)
        stop_process(first.pid)
        assert organization.call(
            "GET", f"/applications/{application}/forms")[0] == 200
        for path in (f"/webhook/app/{form['appKey']}/incoming-data",
                     "/webhook/app/incoming-data"):
            status, answer = organization.call("POST", path, EXAMPLE)
            assert status == 200, answer
            assert organization.call(
                "GET", "/webhook/app/status/" + answer["request_id"])[0] == 200
    finally:
        for worker in (first, second):
            worker.send_signal(signal.SIGCONT)
        stack.stop_worker(worker=first)


def test_listed_and_owned(stack, mine):
    """An application that the token lists and its organization has is one
    application: its only form is found without an app key, and each of its
    calls is in the history once."""
    shop = Shop(stack)
    move(stack, shop.id, mine)
    token = mine.new_token("--application", shop.id)
    for request in shop.requests:
        status, answer = mine.call(*request, token=token)
        assert status == 200, (request, answer)
    history = mine.call("GET", "/webhook/app/history", token=token)[1]
    assert len({e["request_id"] for e in history["items"]}) == len(
        history["items"]) == 3
    # The application that it lists stays when the organization's are gone.
    move(stack, shop.id, None)
    for request in shop.requests:
        assert mine.call(*request, token=token)[0] == 200


# -- cost

def application_reads(stack):
    """Returns the number of rows of applications that were read so far; stops
    the worker, because sessions count at their end."""
    stack.stop_worker()
    wait_for(lambda: not stack.psql(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'creel_worker'"
        " AND datname = current_database()", user="postgres"),
        "sessions to end")
    return int(stack.psql(
        "SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM"
        " pg_stat_user_indexes i WHERE i.relid = t.relid)"
        " FROM pg_stat_user_tables t WHERE relname = 'application'"))


def test_many_applications_are_not_read(make_stack):
    """Requests after the creation of an application do not read the others of
    its organization."""
    stack = make_stack(threads=4)
    organization, shop = Organization(stack), Shop(stack)
    organization.fill()
    move(stack, shop.id, organization)
    before = application_reads(stack)
    stack.start_worker()
    for _ in range(5):
        organization.new()
        for request in shop.requests:
            assert organization.call(*request)[0] == 200, request
    assert application_reads(stack) - before < MANY / 3


STATEMENTS = {
    "EVENT_GET": "'{{}}', '{0.event}', NULL, 'x', 'true', 'true', '{1}'",
    "FORM_STATUS": "'{{}}', '{0.call}', NULL, NULL, '{1}'",
    "FORM_ONLY": "'{{}}', NULL, '{1}'",
    "FORM_HISTORY": "'{{}}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
                    " NULL, '0', '20', 'true', '{1}'"}


def pages_read(stack, name, shop, organization, mode):
    """The number of pages that a statement reads, with the functions that it
    calls; the first time it also reads the catalog."""
    text = (SOURCE / f"sql/query/{name}.sql").read_text()
    values = STATEMENTS[name].format(shop, organization.id)
    explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)" \
              f" EXECUTE q({values});"
    out = stack.psql(
        f"SET ROLE creel_worker; SET plan_cache_mode = force_{mode}_plan;"
        f" PREPARE q AS {text};" + explain * 8, "postgres")
    plan = json.loads(re.split(r"^(?=\[)", out, flags=re.M)[-1])[0]["Plan"]
    assert plan["Actual Rows"] == 1, plan
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("mode", ["custom", "generic"])
@pytest.mark.parametrize("analyzed", [False, True])
def test_many_applications_in_plans(large, name, mode, analyzed):
    """A statement reads about as many pages as with one application, whether
    PostgreSQL has statistics or not."""
    stack, one, many = large
    stack.cluster.require("plans of one database")
    if analyzed:
        stack.psql("ANALYZE", "postgres")
    few = pages_read(stack, name, one.shop, one, mode)
    assert pages_read(stack, name, many.shop, many, mode) <= few + 20 < 200


@pytest.fixture(scope="module")
def large(make_stack):
    """Organizations with one application and with many."""
    stack = make_stack()
    stack.psql("DO $$ DECLARE p regclass; BEGIN FOR p IN SELECT relid FROM"
               " pg_partition_tree('creel.event') WHERE isleaf UNION SELECT"
               " 'creel.application'::regclass LOOP EXECUTE format('ALTER"
               " TABLE %s SET (autovacuum_enabled = off)', p); END LOOP; END"
               " $$")
    one, many = Organization(stack), Organization(stack)
    many.fill()
    for organization in (one, many):
        organization.shop = Shop(stack)
        move(stack, organization.shop.id, organization)
    return stack, one, many
