# SPDX-License-Identifier: ISC
"""
PostgreSQL accepts every statement of sql/query from the role that its second
line names, and grants the workers' role no more than these need.
"""
import re

import pytest

from conftest import SOURCE

ROLES = {"-- worker": "creel_worker", "-- owner": "creel_owner"}
QUERIES = sorted((SOURCE / "sql/query").glob("*.sql"))
COLLECTION = re.compile(
    r"(ACTION|API_KEY|APPLICATION|CREDENTIAL|DEVICE|GROUP|HOOK|TOKEN|USER"
    r"|WEBHOOK|FORM)_(LIST|GET|CREATE|PATCH|DELETE|KEY)$")
TABLES = ["event", "hook", "address", "credential", "application",
          "organization", "dedupe", "deletion", "device", "device_group",
          "device_member", "device_left", "erasure", "receipt",
          "row_count", "form_view", "schema_version", "kept_value",
          "partition_expired", "usage", "worker", "demand"]


def check_reasons(name, body):
    """A statement of a collection has the columns that collection_read() looks
    up by name: a misspelt one would be null there, and a 404."""
    columns = set(re.findall(r"\bAS (json|immutable|invalid|conflict)\b", body))
    if COLLECTION.match(name):
        assert "json" in columns
    assert "json" in columns or not columns


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: q.stem)
def test_statement(stack, query):
    text = query.read_text()
    lines = text.split("\n")
    assert lines[0] == "-- SPDX-License-Identifier: ISC"
    role = ROLES[lines[1]]
    declared = re.findall(r"^-- \$(\d+) ", text, re.M)
    assert declared == [str(i + 1) for i in range(len(declared))]
    body = re.sub(r"^--.*\n", "", text, flags=re.M)
    check_reasons(query.stem, body)
    assert set(re.findall(r"\$(\d+)", body)) == set(declared)
    for line in stack.psql(f"{text}\n\\gdesc\n", role).split("\n"):
        assert line.endswith(("|text", "|bytea")) or \
            line.startswith("The command has no result"), line
    if query.stem == "EVENT_STORE_KEYED":
        stack.cluster.require("EXPLAIN of INSERT with CTEs that write")
    values = ", ".join(["NULL"] * len(declared))
    execute = f"EXECUTE q({values})" if declared else "EXECUTE q"
    assert stack.psql(f"PREPARE q AS {text};\nEXPLAIN {execute};", role)


@pytest.mark.parametrize("table", TABLES)
def test_worker_may_not(stack, table):
    verbs = ["TRUNCATE creel.%s", "DROP TABLE creel.%s",
             "ALTER TABLE creel.%s ADD x int"]
    if table not in ("hook", "address", "credential", "application",
                     "device", "device_group", "device_member"):
        verbs.append("DELETE FROM creel.%s")
    if table not in ("event", "dedupe", "hook", "address", "credential",
                     "application", "device", "device_group",
                     "device_member", "receipt"):
        verbs.append("INSERT INTO creel.%s SELECT FROM creel.%s")
    if table == "event":
        verbs.append("UPDATE creel.%s SET status = 'failed'")
    if table == "dedupe":
        verbs.append("UPDATE creel.%s SET key = 'another'")
    if table == "hook":
        verbs.append("UPDATE creel.%s SET handle = 'another'")
    if table == "address":
        verbs.append("UPDATE creel.%s SET application_id = target_id")
    if table == "receipt":
        verbs.append("UPDATE creel.%s SET status = 'done'")
    if table in ("device", "device_group", "device_member"):
        verbs.append("UPDATE creel.%s SET application_id = ''")
    if table == "row_count":
        verbs.append("UPDATE creel.%s SET n = 0")
    if table == "credential":
        verbs += ["UPDATE creel.%s SET scopes = '{all.Application}'",
                  "UPDATE creel.%s SET hook_ids = NULL",
                  "UPDATE creel.%s SET expires_at = NULL"]
    if table == "application":
        verbs.append("UPDATE creel.%s SET organization_id = NULL")
    if table == "organization":
        verbs.append("UPDATE creel.%s SET name = 'another'")
    for verb in verbs:
        p = stack.psql(verb.replace("%s", table), "creel_worker", check=False)
        assert p.returncode != 0
        assert "permission denied" in p.stderr or "must be owner" in p.stderr


@pytest.mark.parametrize("sql", [
    "CREATE TABLE creel.x ()", "CREATE SCHEMA x", "CREATE ROLE x",
    "SELECT creel.partition_create(creel.uuid_floor('2001-01-01'),"
    " creel.uuid_floor('2001-01-02'))", "SELECT creel.partition_drop('x')",
    "CREATE VIEW creel_form.x AS SELECT 1",
    "SELECT creel.form_view_create('a', 'b', 'c')",
    "DROP SCHEMA creel CASCADE"])
def test_worker_may_not_create(stack, sql):
    p = stack.psql(sql, "creel_worker", check=False)
    assert p.returncode != 0
    assert "permission denied" in p.stderr or "must be owner" in p.stderr
