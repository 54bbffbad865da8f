# SPDX-License-Identifier: ISC
"""Records of forms: JSON and CSV, pages, exports, and aborted exports."""
# route: GET /applications/:application/forms/:form/records
import contextlib
import http.client
import json
import signal
import time

import pytest

from conftest import FRONTS, SOURCE, Nginx, send, wait_for
from events import event_id
from fcgi_client import END
from record_api import RECORD, Form, parse_csv
from transactions import Transaction


@pytest.fixture
def form(stack):
    return Form(stack)


# -- formats

def test_json(stack, form):
    first = form.add(at="'2026-01-02T03:04:05.678Z'")
    form.add(status="failed", record=None)
    form.add(status="pending")
    second = form.add('{"subject":"ü\\u00fc","count":1.50,"tags":null}',
                      principal="key:0123")
    third = form.add(None, body="{}", principal='user:"o\'x"@y')
    page = form.page()
    assert [i["id"] for i in page["items"]] == [first, second, third]
    assert page["items"][0] == {
        "id": first, "time": "2026-01-02T03:04:05.678Z",
        "user_email": "jo@example.org", "record": RECORD}
    assert page["items"][1]["user_email"] is None
    assert page["items"][1]["record"]["subject"] == "üü"
    assert page["items"][2]["user_email"] == '"o\'x"@y'
    assert page["items"][2]["record"] is None
    assert page["more"] is False
    # Numbers keep their digits.
    a = form.get()
    assert b'"count":1.50' in a.body
    assert a.headers["Content-Length"] == str(len(a.body))
    assert a.headers["Content-Disposition"] is None
    assert "no-store" in a.headers["Cache-Control"]


def test_empty(form):
    page = form.page()
    assert page["items"] == [] and page["more"] is False
    assert form.page(cursor=page["cursor"])["items"] == []
    assert form.page(order="newest")["items"] == []
    assert form.csv() == [["id", "time", "user_email", "subject", "count",
                           "tags"]]


def test_csv(form):
    id = form.add({"subject": 'say "hi",\r\nü', "count": -1.5,
                   "tags": [1, {"a": "b,c"}]})
    a = form.get(format="csv")
    assert a.headers["Content-Type"] == "text/csv; charset=utf-8; " \
        "header=present"
    assert a.headers["Content-Disposition"] == \
        f'attachment; filename="{form.id}.csv"'
    names, row = parse_csv(a.body)
    assert names == ["id", "time", "user_email", "subject", "count", "tags"]
    assert row[0] == id and row[2:5] == ["jo@example.org",
                                         'say "hi",\r\nü', "-1.5"]
    assert json.loads(row[5]) == [1, {"a": "b,c"}]


@pytest.mark.parametrize("text", [
    "=1+1", "+49 30 1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1",
    "\u00a0=1", "＝1"])
def test_formulas(stack, text):
    """No cell, field name or email address is a formula."""
    form = Form(stack, [{"name": "=a", "type": "text"},
                        {"name": "tags", "type": "list"}])
    form.add({"=a": text, "tags": [text]}, principal="user:" + text)
    names, row = form.csv()
    assert names[3] == "'=a" and row[3] == "'" + text
    assert row[2] == "'" + text
    assert row[4].startswith("[")


def test_current_fields(form, stack):
    """Columns are in the fields' order; other members of older records are
    left out."""
    form.add()
    stack.psql(f"""UPDATE creel.hook SET settings = '{{"fields": [
        {{"name": "new", "type": "text"}}, {{"name": "count",
        "type": "text"}}]}}' WHERE id = '{form.id}'""")
    form.add({"new": "n", "count": "7"})
    names, old, new = form.csv()
    assert names[3:] == ["new", "count"]
    assert old[3:] == ["", "7"] and new[3:] == ["n", "7"]
    assert form.page()["items"][0]["record"] == RECORD


@pytest.mark.parametrize("accept, kind", [
    ("text/csv", "text/csv"), ("TEXT/CSV;q=0.5", "text/csv"),
    ("text/html, text/csv, */*", "text/csv"), ("*/*", "application/json"),
    ("text/csv, application/json", "application/json"),
    ("text/csv2", "application/json"), ("", "application/json")])
def test_accept(form, accept, kind):
    a = form.get(headers=[("Accept", accept)])
    assert a.headers["Content-Type"].split(";")[0] == kind
    assert a.headers["Vary"] == "Accept"
    a = form.get(headers=[("Accept", accept)], format="json")
    assert a.headers["Content-Type"] == "application/json"


# -- order and selection

def test_orders(form):
    ids = [form.add() for _ in range(7)]
    assert form.ids() == ids == form.ids(order="oldest")
    assert form.ids(order="newest") == ids[::-1]
    assert [row[0] for row in form.csv()[1:]] == ids
    assert [row[0] for row in form.csv(order="newest", limit=2)[1:]] == \
        ids[:4:-1]
    assert form.follow(limit=3)[0] == ids
    assert form.follow(limit=3, order="newest")[0] == ids[::-1]
    page = form.page(limit=7)
    assert page["more"] is False
    page = form.page(limit=6)
    assert page["more"] is True
    more = form.add()
    assert form.ids(cursor=page["cursor"]) == [ids[6], more]


def test_from_to(form):
    """By the time when calls were received; their ids are slightly older."""
    base = 1_800_000_000
    ids = [form.add(id=event_id(at=base + i * 60 - 3),
                    at=f"to_timestamp({base + i * 60})")
           for i in range(5)]

    def at(i):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(base + i * 60))

    assert form.ids(**{"from": at(1)}) == ids[1:]
    assert form.ids(**{"from": at(1), "to": at(3)}) == ids[1:3]
    assert form.ids(to=at(3), order="newest") == ids[2::-1]
    assert form.ids(to=at(0)) == []
    assert form.ids(**{"from": "0001-01-01T00:00:00Z",
                       "to": "9999-12-31T23:59:59Z"}) == ids
    assert form.follow(limit=1, **{"from": at(1), "to": at(4)})[0] == ids[1:4]
    _, cursor = form.follow()
    late = form.add(id=event_id(at=base + 1), at=f"'{at(2)}'")
    assert form.follow(cursor, **{"from": at(2), "to": at(3)})[0] == [late]
    assert form.follow(cursor, to=at(2))[0] == []
    assert form.follow(cursor, **{"from": at(3)})[0] == []


@pytest.mark.parametrize("query", [
    {"order": "x"}, {"limit": "0"}, {"limit": "-1"}, {"limit": "1.5"},
    {"limit": "1" * 10}, {"limit": " 1"}, {"format": "xml"},
    {"from": "yesterday"}, {"from": "2026-02-30T00:00:00Z"},
    {"to": "2026-01-01"}, {"to": "2026-01-01T00:00:00 01:00"},
    {"cursor": "x"}, {"cursor": "h"}, {"cursor": "h:"}, {"cursor": "h:1:x"},
    {"cursor": "x:1:01a2008d-7400-7abc-8def-0123456789ff"},
    {"cursor": "h:-1:01a2008d-7400-7abc-8def-0123456789ff"},
    {"cursor": "f:" + "9" * 19 + ":01a2008d-7400-7abc-8def-0123456789ff"}])
def test_invalid_queries(form, query):
    a = form.get(**query)
    assert a.status == 400 and json.loads(a.body)["type"] == "Validation"


def test_foreign_cursors(form):
    """No cursor shows events of another form."""
    id = form.add()
    for kind in "hnf":
        for position in ("0", "9" * 18):
            for event in ("0" * 32, "f" * 32, id):
                found = form.ids(cursor=f"{kind}:{position}:{event}")
                assert set(found) <= {id}


def test_rights(stack, form):
    form.add()
    restricted = stack.new_key("event.body", args=["--hook", stack.hook])
    own = stack.new_key("event.body", args=["--hook", form.id])
    assert form.get(own).status == 200
    assert form.get(restricted).status == 404
    assert form.get(stack.api_key).status == 403
    assert form.get("ck_wrong").status == 401
    foreign = Form(stack, application=stack.other_application)
    assert form.get(foreign.key).status == 404
    assert Form(stack, kind="datasource").get().status == 404
    form.path = form.path.replace(form.id, "f" * 24)
    assert form.get().status == 404
    form.path = form.path.replace("f" * 24, "x")
    assert form.get().status == 404


# -- cursors

def test_late_commit(stack, form):
    """A reader that follows misses no event that commits late, and gets none
    twice; an export has all that is committed."""
    ids = [form.add()]
    found, cursor = form.follow()
    sql, late = form.insert(id=event_id(age=0.5))
    with Transaction(stack, sql, commit=True):
        ids.append(form.add())
        more, cursor = form.follow(cursor)
        found += more
        assert late not in found
        assert [row[0] for row in form.csv()[1:]] == ids
        fresh, again = form.follow()
        assert fresh == ids[:1]
    more, cursor = wait_for(
        lambda: (m := form.follow(cursor)) and late in m[0] and m, "it")
    found += more
    assert sorted(found) == sorted([*ids, late])
    fresh += form.follow(again)[0]
    assert sorted(fresh) == sorted(found)
    ids.append(form.add())
    assert form.ids(cursor=cursor) == ids[2:]


def test_long_batch(stack, form):
    """Readers that began while a batch was under way get all that was committed
    meanwhile after it has ended, also what has an old id."""
    sql, late = form.insert()
    with Transaction(stack, sql, commit=True):
        ids = [form.add(id=event_id(age=20 * 60 * 60)), form.add()]
        found, cursor = form.follow()
        assert found == []
    more, _ = wait_for(
        lambda: (m := form.follow(cursor)) and late in m[0] and m, "it")
    assert sorted(more) == sorted([*ids, late])


# -- exports

@pytest.fixture(scope="module")
def many(stack):
    """Events with failed ones in between, more than one query returns."""
    form = Form(stack)
    form.fill(2500)
    form.fill(3000, status="failed")
    form.fill(2500)
    return form


def front_of(stack, kind):
    for front in stack.fronts:
        if front.kind == kind:
            return front
    return stack.front(kind)


COUNTS = [*range(1, 2501)] * 2


@pytest.mark.parametrize("kind", FRONTS)
def test_many(many, kind):
    """All of them, in pieces, through each web server."""
    front = front_of(many.stack, kind)
    a = many.get(url=front.url)
    assert a.status == 200, a.body
    assert a.headers["Content-Length"] is None
    page = json.loads(a.body)
    assert [i["record"]["count"] for i in page["items"]] == COUNTS
    assert page["count"] == 5000 and page["more"] is False
    a = many.get(url=front.url, format="csv", order="newest")
    assert [int(row[4]) for row in parse_csv(a.body)[1:]] == COUNTS[::-1]
    a = send(front.url, "HEAD", many.path, [("ApiKey", many.key)])
    assert a.status == 200 and a.body == b""


def test_many_pages(many):
    assert len(many.ids(limit=2600)) == 2600
    assert len(many.ids(limit=999)) == 999
    for limit in (700, 1000, 5000):
        for order in ("oldest", "newest"):
            found, cursor = many.follow(limit=limit, order=order)
            assert len(found) == len(set(found)) == 5000
    _, cursor = many.follow(limit=2000)
    id = many.add(status="failed")
    id = many.add()
    assert many.ids(cursor=cursor, limit=1) == [id]
    many.stack.psql(f"DELETE FROM creel.event WHERE id = '{id}'")


def test_many_followed(stack, form):
    """More than one query returns, within one transaction and in many."""
    _, cursor = form.follow()
    form.fill(2300)
    ids = [form.add() for _ in range(3)]
    assert len(form.ids(cursor=cursor)) == 2303
    found, _ = form.follow(cursor, limit=999)
    assert len(set(found)) == 2303 and found[-3:] == ids


@pytest.mark.parametrize("mode", ["custom", "generic"])
@pytest.mark.parametrize("order", ["OLDEST", "NEWEST"])
def test_plan(many, order, mode):
    """A query reads no more rows than its limit, whatever the number of rows
    and the statistics; record_scan() reads them."""
    many.stack.cluster.require("plans of one database")
    Form(many.stack).fill(10)
    many.stack.psql("ANALYZE creel.event")
    sql = (SOURCE / f"sql/query/RECORD_{order}.sql").read_text()
    plan = json.loads(many.stack.as_worker(
        many.application, f"PREPARE q AS {sql};\n"
        f"SET plan_cache_mode = force_{mode}_plan;\n"
        f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE q('{many.application}', "
        f"'{many.id}', NULL, NULL, '1000', NULL, NULL, '100', NULL)"
    ))[0]["Plan"]

    def rows(node):
        own = node["Actual Rows"] if node.get("Relation Name", node.get(
            "Function Name", "")).startswith(("event", "record_scan")) else 0
        return max([own, *map(rows, node.get("Plans", []))])
    assert 1000 <= rows(plan) <= 1001


def test_heavy(stack, form):
    """The largest records possible, of compressible bodies."""
    form.fill(30, "x" * 200_000)
    before = stack.resident()
    assert len(form.page()["items"]) == 30
    assert len(form.csv()) == 31
    assert form.get(limit=5).headers["Content-Length"] is not None
    assert form.get().headers["Content-Length"] is None  # in pieces
    assert stack.resident() - before < 8 << 20 or stack.sanitized


def test_memory(stack):
    """An export does not enlarge the worker."""
    form = Form(stack)
    form.fill(100_000, "y" * 100)
    form.csv(limit=2000)
    before = stack.resident()
    assert len(form.get(format="csv").body) > 15_000_000
    assert stack.resident() - before < 8 << 20 or stack.sanitized


# -- aborted

@pytest.fixture(scope="module")
def long(make_stack):
    """A form with more records than all buffers hold; one thread for
    exports."""
    form = Form(make_stack(threads=2, stop_timeout=20))
    form.fill(60_000, "z" * 300)
    return form


def whole(long):
    """Checks that the thread is free again, and the form unchanged."""
    wait_for(lambda: long.get(format="csv").status == 200, "a thread")
    return len(long.csv()) == 60_001


def test_one_export_at_a_time(long):
    """A second export is rejected meanwhile, a short page is not."""
    with long.begin() as c:
        a = long.get()
        assert a.status == 503 and int(a.headers["Retry-After"]) > 0
        assert json.loads(a.body)["type"] == "Unavailable"
        assert long.get(limit=5).status == 200
        page = json.loads(c.answer().body)
        assert page["count"] == 60_000
    assert whole(long)


# In the log, of a response whose client has left.
LEFT = 'cut="client closed the connection'


def test_client_leaves(long):
    with long.begin():
        pass
    wait_for(lambda: LEFT in long.stack.logs(), "the end")
    assert whole(long)


@contextlib.contextmanager
def restarted(stack, **options):
    """Meanwhile the worker has other options."""
    def restart(**more):
        stack.configure(threads=2, stop_timeout=20, **more)
        assert stack.stop_worker() == 0
        stack.start_worker()

    restart(**options)
    try:
        yield
    finally:
        restart()


def test_slow_reader(long):
    """A client that reads nothing for write_timeout is disconnected, also
    after some pieces, and sees the truncation."""
    def cut():
        return long.stack.logs().count(LEFT)
    before = cut()
    with restarted(long.stack, write_timeout=5), long.begin() as c:
        got = c.read_exactly(2 << 20)
        wait_for(lambda: cut() > before, "the end")
        got += c.rest()
    while len(got) > 8:  # records other than END
        assert got[1] != END
        del got[:8 + int.from_bytes(got[4:6], "big") + got[6]]
    assert whole(long)


@contextlib.contextmanager
def refusal(stack):
    """Makes the database reject reads of events."""
    stack.psql("REVOKE SELECT ON creel.event FROM creel_worker")
    try:
        yield
    finally:
        stack.psql("GRANT SELECT ON creel.event TO creel_worker")


def test_database_error(long):
    """An error after the first piece truncates the response; before it, the
    response is 503."""
    with long.begin() as c, refusal(long.stack):
        with pytest.raises(ConnectionResetError):
            c.answer()
        assert long.get().status == 503
    wait_for(lambda: 'cut="database: permission denied' in long.stack.logs(),
             "the log")
    assert whole(long)


def test_session_terminated(long):
    """The worker reconnects, and the response continues."""
    with long.begin(format="csv") as c:
        long.stack.cluster.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{long.stack.database}'"
            " AND usename = 'creel_worker'")
        assert c.answer().body.count(b"\r\n") == 60_000 + 1


class Narrow(Nginx):
    """An nginx with small buffers."""

    def text(self):
        return super().text().replace(
            "server {\n", "server {\n\t\tfastcgi_max_temp_file_size 0;\n", 1)


def narrow(stack, kind):
    if kind != "nginx":
        return front_of(stack, kind)
    for front in stack.fronts:
        if isinstance(front, Narrow):
            return front
    stack.fronts.append(Narrow(stack, "narrow"))
    return stack.fronts[-1]


class Asked:
    """A response of which only the head was read."""

    def __init__(self, form, front):
        self.connection = http.client.HTTPConnection("127.0.0.1", front.port,
                                                     timeout=60)
        self.connection.request("GET", form.path + "?format=csv",
                                headers={"ApiKey": form.key})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200

    def is_cut(self):
        """Reads the rest; returns whether its end is missing."""
        try:
            self.answer.read()
        except (http.client.IncompleteRead, ConnectionResetError):
            return True
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


# The other web servers take the end of the output for a complete response.
@pytest.mark.parametrize("kind", [k for k in FRONTS
                                  if k in ("nginx", "apache-proxy")])
def test_truncation_is_visible(long, kind):
    """Clients of the web server see that the end is missing."""
    with Asked(long, narrow(long.stack, kind)) as asked, refusal(long.stack):
        assert asked.is_cut()
    assert whole(long)


def test_client_of_nginx_leaves(long):
    def cut():
        return long.stack.logs().count(LEFT)

    before = cut()
    with Asked(long, narrow(long.stack, "nginx")):
        pass
    wait_for(lambda: cut() > before, "the end")
    assert whole(long)


def test_worker_killed(long):
    with Asked(long, narrow(long.stack, "nginx")) as asked:
        long.stack.stop_worker(signal.SIGKILL)
        long.stack.start_worker()
        assert asked.is_cut()
    assert whole(long)


def test_worker_stopped(long):
    """Readers get the rest before the worker ends."""
    stack = long.stack
    with long.begin(format="csv") as c:
        old = stack.worker
        old.send_signal(signal.SIGTERM)
        stack.start_worker()
        assert c.answer().body.count(b"\r\n") == 60_000 + 1
    assert old.wait(30) == 0
    assert whole(long)


def test_stop_timeout(make_stack):
    """A client that does not read is disconnected after stop_timeout."""
    long = Form(make_stack(stop_timeout=1))
    long.fill(20_000, "z" * 300)
    with long.begin(format="csv") as c:
        assert long.stack.stop_worker() == 0
        with pytest.raises(ConnectionResetError):
            c.answer()
