# SPDX-License-Identifier: ISC
"""The database's side of Losant's webhooks: rows, counts, statements."""
# route: GET /applications/:application/webhooks
# route: POST /applications/:application/webhooks
# route: GET /applications/:application/webhooks/:webhook
# route: PATCH /applications/:application/webhooks/:webhook
# route: DELETE /applications/:application/webhooks/:webhook
import concurrent.futures
import json

import pytest

from conftest import SOURCE, wait_for
from losant_api import UNKNOWN, api, empty  # noqa: F401
from transactions import Transaction, writer_waits


def test_deleting(stack, empty):
    """The token is deleted, the events stay."""
    w = empty.new()
    address = ("SELECT application_id, target_id FROM creel.address WHERE "
               f"kind = 'webhook' AND handle = '{w['token']}'")
    assert stack.psql(address) == f"{empty.application}|{w['id']}"
    stack.psql("INSERT INTO creel.event (application_id, id, hook_id, "
               "received_at, method, path, query, headers, body, principal, "
               f"remote_address, status) SELECT '{empty.application}', "
               f"gen_random_uuid(), '{w['id']}', now(), 'POST', '/', '', "
               "'{}', '', '', '', 'success'")
    empty.call("DELETE", "/" + w["id"], body="not JSON", status=200)
    assert stack.psql(address) == ""
    assert stack.psql("SELECT count(*) FROM creel.event WHERE hook_id = "
                      f"'{w['id']}'") == "1"


def count(stack, application):
    return int(stack.psql("SELECT coalesce(sum(n), 0) FROM creel.row_count "
                          f"WHERE application_id = '{application}'"))


def test_counting(stack, empty):
    """The count stays right, whatever creates and deletes webhooks."""
    def work(i):
        ids = [empty.new(f"{i} {j}")["id"] for j in range(6)]
        for w in ids[:i % 4]:
            empty.call("DELETE", "/" + w, status=200)
        return 6 - i % 4

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        want = sum(pool.map(work, range(8)))
    assert empty.list()["totalCount"] == count(stack, empty.application) == want
    app = empty.application
    stack.psql("INSERT INTO creel.hook (application_id, id, kind, handle, "
               f"name) SELECT '{app}', lpad(to_hex(i), 24, '0'), 'webhook', "
               "i::text, i::text FROM generate_series(1, 50) i")
    assert empty.list()["totalCount"] == want + 50
    stack.psql("BEGIN; DELETE FROM creel.hook WHERE application_id = "
               f"'{app}'; ROLLBACK")
    assert empty.list()["totalCount"] == want + 50
    stack.new_hook(app)
    assert empty.list()["totalCount"] == want + 50
    stack.psql(f"DELETE FROM creel.hook WHERE application_id = '{app}' "
               "AND name LIKE '_'")
    assert empty.list()["totalCount"] == want + 41
    assert stack.psql("BEGIN; TRUNCATE creel.hook CASCADE; SELECT count(*) "
                      "FROM creel.row_count WHERE kind <> 'device'; ROLLBACK"
                      ) == "0"
    stack.made("device", "create", "--application", app, "--name", "d")
    assert stack.psql("BEGIN; TRUNCATE creel.device CASCADE; SELECT count(*) "
                      "FILTER (WHERE kind = 'device'), sum(n) > 40 FROM "
                      f"creel.row_count WHERE application_id = '{app}'; "
                      "ROLLBACK") == "0|t"
    stack.psql(f"DELETE FROM creel.application WHERE id = '{app}'")
    assert stack.psql("SELECT count(*) FROM creel.row_count WHERE "
                      f"application_id = '{app}'") == "0"


def test_application_deleted(stack, empty):
    empty.new()
    stack.psql(f"DELETE FROM creel.application WHERE id = "
               f"'{empty.application}'")
    for call in (("GET",), ("POST",), ("GET", "/" + UNKNOWN)):
        empty.rejected(404, "Application was not found", *call,
                      body='{"name":"w"}')


def execute(stack, webhook, *names):
    """Returns psql's output of statements that a worker runs on a webhook."""
    app, w = stack.other_application, webhook
    values = {"CREATE": f"'{app}','{w}','true','token {w}','n',NULL,NULL,"
              "'{\"responseCode\":201}','webhook'",
              "PATCH": f"'{app}','{w}',NULL,'true','n2',NULL,NULL,'{{}}'",
              "DELETE": f"'{app}','{w}',NULL,'webhook'"}
    files = {"CREATE": "HOOK_CREATE", "PATCH": "WEBHOOK_PATCH",
             "DELETE": "HOOK_DELETE"}
    sql = "".join(
        f"PREPARE q_{name} AS "
        f"{(SOURCE / f'sql/query/{files[name]}.sql').read_text()};\n"
        for name in values) + "LISTEN creel;\n"
    for name in names:
        sql += f"EXECUTE q_{name}({values[name]});\n"
    return stack.as_worker(app, sql)


def test_application_deleted_meanwhile(stack, empty):
    """While one of its webhooks is being created."""
    app = empty.application
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with Transaction(stack, "DELETE FROM creel.application WHERE id = "
                         f"'{app}'", commit=True):
            made = pool.submit(empty.call, "POST", body={"name": "w"})
            wait_for(lambda: writer_waits(stack), "the worker to wait")
        assert made.result() == (404, {
            "type": "NotFound", "message": "Application was not found"})


@pytest.mark.parametrize("webhook, names", [
    ("c" * 23 + "1", ["CREATE", "CREATE"]),
    ("c" * 23 + "2", ["CREATE", "PATCH", "PATCH"])])
def test_run_twice(stack, webhook, names):
    """A statement whose reply was lost is run again with the same values."""
    lines = execute(stack, webhook, *names).split("\n")
    first, second = [x.rstrip("|") for x in lines if x.startswith("{")][-2:]
    assert first == second and json.loads(first)["id"] == webhook
    for table, column in (("address", "target_id"), ("hook", "id")):
        assert stack.psql(f"SELECT count(*) FROM creel.{table} WHERE {column} "
                          f"= '{webhook}'") == "1"


def test_notifications(stack):
    w = "d" * 24
    out = execute(stack, w, "CREATE", "PATCH", "DELETE")
    assert out.count(f'with payload "webhook token {w}"') == 3


def blocks(plan):
    p = json.loads(plan)[0]["Plan"]
    return p["Shared Hit Blocks"] + p["Shared Read Blocks"]


def test_many(stack, empty):
    """A page of 100,000 webhooks reads a page's worth of them."""
    app = empty.application
    stack.psql("INSERT INTO creel.hook (application_id, id, kind, handle, name)"
               f" SELECT '{app}', lpad(to_hex(i), 24, '0'), 'webhook', "
               "'h' || i, 'name ' || md5(i::text) "
               "FROM generate_series(1, 100000) i")
    stack.psql("ANALYZE creel.hook")
    assert empty.list()["totalCount"] == 100000
    for field in ("name", "id", "creationDate", "lastUpdated"):
        for direction in ("asc", "desc"):
            plan = stack.psql(
                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(*) FROM "
                f"creel.hook_page('{app}', 'webhook', '{field}', "
                f"'{direction}', 0, 100, NULL, NULL)")
            assert blocks(plan) < 1000, (field, direction)
    text = (SOURCE / "sql/query/HOOK_LIST.sql").read_text()
    for page in (0, 999):
        plan = stack.as_worker(
            app, f"PREPARE list AS {text};"
            " EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
            f" EXECUTE list('{app}', NULL, 'true', 'name', 'asc', '{page}',"
            " '100', NULL, NULL, NULL, 'webhook')")
        assert blocks(plan) < 1000, page
    for direction in ("asc", "desc"):
        got = empty.list(sortField="lastUpdated", sortDirection=direction)
        assert got["count"] == 100
    assert empty.list(filterField="name", filter="*ff")["totalCount"] > 100
    assert empty.list(page=999)["count"] == 100
