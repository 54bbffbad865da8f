# SPDX-License-Identifier: ISC
"""
Row level security is the second fence between tenants.  The tests take the
first one away: a worker's statement runs with the parameters of tenant B while
the setting creel.application names tenant A, or nothing, or it has no WHERE.
"""
import functools
import re

import pytest

from conftest import SOURCE

MARK = "only-of-b"  # in all that B has
QUERIES = {q.stem: q.read_text()
           for q in sorted((SOURCE / "sql/query").glob("*.sql"))}
WORKER = {name: text for name, text in QUERIES.items()
          if text.split("\n")[1] == "-- worker"}
TENANT = {name: text for name, text in WORKER.items() if re.search(
    r"^-- tenant ", text, re.M)}
# Tables with rows of tenants, and why the workers are not fenced in.
UNFENCED = {"dedupe": "hashes and ids only, written with the events",
            "deletion": "the workers have no right to it",
            "erasure": "the workers have no right to it",
            "form_view": "the workers have no right to it"}

# An object of each kind for :app, with ids that end with :n.
ROWS = r"""
INSERT INTO creel.hook (application_id, id, kind, handle, name, settings)
SELECT :app, lpad(:n || k.i, 24, 'a'), k.kind, 'h' || :n || k.i, :mark,
    '{"fields": [], "appUsage": ["Webhook"], "steps": []}'
FROM unnest('{webhook,datasource,form,action}'::text[])
    WITH ORDINALITY AS k (kind, i);
INSERT INTO creel.credential (application_id, id, kind, name, prefix,
    secret_sha256, scopes)
SELECT :app, lpad(:n || k.i, 24, 'b'), k.kind, :mark, 'p', sha256('x'),
    ARRAY[:mark]
FROM unnest('{key,token,user}'::text[]) WITH ORDINALITY AS k (kind, i);
INSERT INTO creel.device (application_id, id, name, cursor_position,
    cursor_event_id, position)
VALUES (:app, lpad(:n, 24, 'c'), :mark, 1, creel.nil_uuid(), 1);
INSERT INTO creel.credential (application_id, id, kind, name, prefix,
    secret_sha256, scopes)
VALUES (:app, lpad(:n, 24, 'c'), 'device', :mark, 'p', sha256('x'), '{}');
INSERT INTO creel.device_group (application_id, id, name)
VALUES (:app, lpad(:n, 24, 'd'), :mark);
INSERT INTO creel.device_member (application_id, key, device_id, position)
VALUES (:app, lpad(:n, 24, 'd'), lpad(:n, 24, 'c'), 1),
    (:app, 'tag:gone', lpad(:n, 24, 'c'), 1);
DELETE FROM creel.device_member WHERE key = 'tag:gone';
INSERT INTO creel.usage (application_id, day) VALUES (:app, '-infinity');
INSERT INTO creel.address (kind, handle, application_id, target_id)
SELECT h.kind, :mark || h.id, h.application_id, h.id
FROM creel.hook h WHERE h.application_id = :app;
INSERT INTO creel.event (application_id, id, hook_id, received_at, method,
    path, query, headers, body, principal, remote_address, status, parsed,
    reading, waits, targets)
SELECT :app, (left(creel.uuid_floor(now())::text, 24)
    || lpad(:n || k.i, 12, '0'))::uuid, h.id, now(), 'POST', '/', '', '{}',
    to_json(:mark::text)::text::bytea, :mark, '::1', 'success',
    json_build_object('x', :mark, 'steps', json_build_array(json_build_object(
        'function', :mark, 'targets', json_build_array('all')))), 'json',
    true, CASE WHEN h.kind = 'action' THEN '{all}'::text[] END
FROM unnest('{webhook,datasource,form,action}'::text[])
    WITH ORDINALITY AS k (kind, i)
JOIN creel.hook h ON h.application_id = :app AND h.kind = k.kind
    AND h.name = :mark;
INSERT INTO creel.kept_value (application_id, hook_id, event_id, reading,
    value)
SELECT h.application_id, h.id, creel.nil_uuid(), 'json',
    to_json(:mark::text)::text::bytea
FROM creel.hook h WHERE h.application_id = :app AND h.kind = 'datasource';
INSERT INTO creel.reply (application_id, event_id, id, status, headers, body)
SELECT e.application_id, e.id, e.id, 200, :mark, ''
FROM creel.event e
JOIN creel.hook h USING (application_id)
WHERE e.application_id = :app AND h.id = e.hook_id AND h.kind = 'datasource';
INSERT INTO creel.receipt (application_id, event_id, device_id, step, status,
    reason)
SELECT e.application_id, e.id, lpad(:n, 24, 'c'), 2, 'failed', :mark
FROM creel.event e
WHERE e.application_id = :app AND e.targets IS NOT NULL;
UPDATE creel.application SET description = :mark, organization_id = (
    SELECT min(id) FROM creel.organization) WHERE id = :app;
"""
FAR = "9" * 18  # a position that is above all others
NIL = "00000000-0000-0000-0000-000000000000"

# Values by the meaning of a parameter; others are null.  {kind} is the id of an
# object of B, {kind.event} that of its event.
VALUES = {
    "application": "{application}", "device": "{device}", "form": "{form}",
    "hook": "{datasource}", "event": "{action.event}",
    "event that the reply is for": "{webhook.event}",
    "webhook that received it": "{webhook}", "id of this reply": NIL,
    "status": "200", "headers, one per line": "", "body": "",
    "id of the action, or null": "{action}",
    "id of the API key, or null": "{key}",
    "id of the key": "{key}", "id of the key, or null": "{key}",
    "event ID for settings that have none": "fresh", "name": "fresh",
    "name, or null": "changed", "e-mail address": "fresh", "handle": "fresh",
    "organization": "{organization}", "asc or desc": "asc",
    "settings, a JSON object": "{{}}",
    "settings to change, a JSON object": "{{}}",
    "settings, a JSON object, with or without an eventId": '{{"steps": []}}',
    "scopes, separated by spaces": "event.get",
    "principal that creates it": "x",
    "quotas, JSON, which replace the old ones": '{{"hooks": 9}}',
    "minimum id, which excludes older partitions": NIL,
    "bytes of a record in addition to the body's": "0",
    "ids of the keys that can open sealed secrets, an array": "{{}}",
    "position of the cursor": "1", "event of the cursor": NIL,
    "the principal that retries": "x", "whether to return _links": "true",
    'receipts, an array of {"event", "step", "status", "reason"}':
        '[{{"event": "{action.event}", "step": 1, "status": "done", '
        '"reason": ""}}]',
}
WORDS = [("SHA-256 of", "ab" * 32), ("prefix of", "p"), ("sort field", "name"),
         ("page", "0"), ("limit", "10"), ("Integration Access", "false"),
         ("active: true", "false"), ("enabled: true", "false")]
# By the statement, where the meaning is the same for objects of each kind.
SPECIAL = {
    "ACTION": {"id, or null": "{action}", "kind": "action"},
    "API_KEY": {"id, or null": "{key}"},
    "CREDENTIAL": {"id, or null": "{key}", "kind": "key"},
    "DEVICE": {"id, or null": "{device}"},
    "FEED_BODY": {"event": "{webhook.event}"},
    "FORM": {"id, or null": "{form}"}, "GROUP": {"id, or null": "{group}"},
    "HOOK": {"id, or null": "{webhook}", "kind": "webhook"},
    "KEY": {"id, or null": "{key}"},
    "REPLY_FIND": {"event": "{datasource.event}"},
    "RETRY_FIND": {"event": "{form.event}"},
    "TOKEN": {"id, or null": "{token}"}, "USER": {"id, or null": "{user}"},
    "WEBHOOK": {"id, or null": "{webhook}"},
}


def value(name, meaning, objects):
    """The SQL of a parameter: an object of B, or one that is new."""
    special = {}
    for prefix, values in SPECIAL.items():
        if name.startswith(prefix + "_") or name == prefix:
            special = {**special, **values}
    short = re.sub(r"^kind: .*", "kind", meaning)
    if short in special:
        text = special[short]
    elif meaning == "id":
        text = objects["application"] if name.startswith("APPLICATION_") else \
            "f" * 24
    elif meaning in VALUES:
        text = VALUES[meaning]
    elif re.search(r"\bper page$", meaning):
        text = "10"
    elif "horizon" in meaning:
        text = FAR
    else:
        text = next((v for word, v in WORDS if meaning.startswith(word)), None)
    if text is None:
        assert "null" in meaning, (name, meaning)
        return "NULL"
    return "$v$" + text.format_map(objects) + "$v$"


@pytest.fixture(scope="module")
def tenants(make_stack):
    """A and B, which has one object of each kind with the mark in it."""
    stack = make_stack(distributed=False)
    stack.creelctl("organization", "create", "o")
    stack.creelctl("organization", "create", "p")
    for n, (app, mark) in enumerate([(stack.application, "of-a"),
                                     (stack.other_application, MARK)], 1):
        stack.psql(f"\\set app '''{app}'''\n\\set n '''{n}'''\n"
                   f"\\set mark '''{mark}'''\n{ROWS}")
    b = stack.other_application
    rows = stack.psql(f"""
        SELECT kind || ' ' || id FROM creel.hook
        WHERE application_id = '{b}' AND name = '{MARK}'
        UNION ALL SELECT kind || ' ' || id FROM creel.credential
        WHERE application_id = '{b}' AND name = '{MARK}'
        UNION ALL SELECT 'group ' || id FROM creel.device_group
        WHERE application_id = '{b}'
        UNION ALL SELECT h.kind || '-event ' || e.id FROM creel.event e
        JOIN creel.hook h ON h.application_id = e.application_id
            AND h.id = e.hook_id
        WHERE e.application_id = '{b}'
        UNION ALL SELECT 'organization ' || organization_id
        FROM creel.application WHERE id = '{b}'""")
    objects = {"application": b}
    for row in rows.split("\n"):
        kind, found = row.split()
        objects[kind] = found
    return stack, stack.application, objects


@functools.cache
def fenced(stack):
    return stack.psql("SELECT DISTINCT name FROM creel.worker_fence "
                      "ORDER BY 1").split("\n")


def digest(stack):
    """SQL that returns a hash of all rows that are visible."""
    tables = " UNION ALL ".join(
        f"SELECT '{t}' || x::text AS x FROM creel.{t} x" for t in fenced(stack))
    return f"SELECT 'DIGEST', md5(string_agg(x, ',' ORDER BY x)) " \
        f"FROM ({tables}) AS x;"


def execute(tenants, name, setting):
    """Runs a statement as the worker with B's parameters.  Returns what it
    returned, and whether it changed rows of B."""
    stack, _, objects = tenants
    text = TENANT[name]
    meanings = re.findall(r"^-- \$\d+ \S+ (.*)$", text, re.M)
    values = ", ".join(value(name, m, WithEvents(objects)) for m in meanings)
    own = f"SET LOCAL creel.application = '{objects['application']}';"
    p = stack.psql(
        f"BEGIN; {own}\n{digest(stack)}\n"
        f"SET LOCAL creel.application = '{setting}';\n"
        f"PREPARE q AS {text};\nEXECUTE q({values});\n"
        f"{own}\n{digest(stack)}\nROLLBACK;", "creel_worker", check=False)
    if p.returncode != 0:
        assert "violates row-level security policy" in p.stderr, p.stderr
        return "", False
    lines = p.stdout.rstrip("\n").split("\n")
    hashes = [line for line in lines if line.startswith("DIGEST")]
    return "\n".join(line for line in lines
                     if not line.startswith("DIGEST")), len(set(hashes)) > 1


class WithEvents(dict):
    """Lets {action.event} be formatted: an id with the id of its event."""

    def __getitem__(self, key):
        found = super().__getitem__(key)
        return WithEvent(found, self.get(f"{key}-event"))


class WithEvent(str):
    def __new__(cls, text, event):
        self = super().__new__(cls, text)
        self.event = event
        return self


@pytest.mark.parametrize("name", TENANT)
def test_statement_of_another_tenant(tenants, name):
    """A statement that was written for B's rows reaches them with B's setting;
    with A's, and with none, it returns and changes nothing of B."""
    _, a, objects = tenants
    right, changed = execute(tenants, name, objects["application"])
    nothing, harm = execute(tenants, name, "")
    assert not harm
    assert MARK not in nothing
    assert changed or right != nothing, right
    wrong, harm = execute(tenants, name, a)
    assert not harm
    assert wrong == nothing


def test_no_where(tenants):
    """A statement that forgets its WHERE returns rows of one tenant, and with
    no setting none."""
    stack, a, objects = tenants
    for table in fenced(stack):
        column = "id" if table == "application" else "application_id"
        count = f"SELECT count(*), min({column}), max({column}) " \
            f"FROM creel.{table};"
        for app in (a, objects["application"]):
            n, low, high = stack.psql(
                f"SET creel.application = '{app}'; {count}",
                "creel_worker").split("|")
            assert int(n) > 0, table
            assert (low, high) == (app, app)
        for none in ("", "SET creel.application = '';",
                     "SET creel.application = '*';"):
            assert stack.psql(none + count, "creel_worker") == "0||"


@pytest.mark.parametrize("change", [
    "DELETE FROM creel.hook", "UPDATE creel.hook SET name = 'x'",
    "DELETE FROM creel.application", "UPDATE creel.device SET name = 'x'",
    "UPDATE creel.credential SET enabled = false", "DELETE FROM creel.address"])
def test_change_without_where(tenants, change):
    """A change without its WHERE stops at the rows of one tenant."""
    stack, a, objects = tenants
    own = f"SET LOCAL creel.application = '{objects['application']}';"
    before, after = [line for line in stack.psql(
        f"BEGIN; {own} {digest(stack)} SET LOCAL creel.application = '{a}'; "
        f"{change}; {own} {digest(stack)} ROLLBACK;",
        "creel_worker").split("\n") if line]
    assert before == after


def test_insert_for_another_tenant(tenants):
    """A row for another tenant is refused."""
    stack, a, objects = tenants
    p = stack.psql(
        f"SET creel.application = '{a}'; "
        "INSERT INTO creel.device_group (application_id, id, name) "
        f"VALUES ('{objects['application']}', '{'e' * 24}', 'x')",
        "creel_worker", check=False)
    assert "violates row-level security policy" in p.stderr


def test_all_tables_are_fenced(tenants):
    """Each table with rows of an application is fenced, or has a reason."""
    stack = tenants[0]
    tables = stack.psql("""
        SELECT c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'creel'::regnamespace AND c.relkind IN ('r', 'p')
            AND NOT c.relispartition AND a.attname = 'application_id'
        """).split("\n") + ["application"]
    assert sorted(tables) == sorted([*fenced(stack), *UNFENCED])


def test_functions_of_the_owner(tenants):
    """A function that runs as the owner passes the fence: only the worker may
    execute it, and each has a row in creel.worker_right."""
    stack = tenants[0]
    functions = stack.psql("""
        SELECT 'creel.' || p.proname, p.proacl IS NULL
            OR p.proacl::text ~ '[{,]=X'
        FROM pg_proc p
        WHERE p.pronamespace = 'creel'::regnamespace AND p.prosecdef
            AND p.prorettype <> 'trigger'::regtype""").split("\n")
    assert all(line.endswith("|f") for line in functions)
    granted = stack.psql("SELECT objects FROM creel.worker_right "
                         "WHERE kind = 'FUNCTION'")
    assert sorted(line[:-2] for line in functions) == \
        sorted(re.split(r"[,\s]+", granted))


def test_views_of_the_worker(tenants):
    """A view that the worker reads is fenced as its tables are."""
    stack = tenants[0]
    views = stack.psql("""
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'creel'::regnamespace AND c.relkind = 'v'
            AND has_table_privilege('creel_worker', c.oid, 'SELECT')
            AND coalesce(c.reloptions::text, '') !~ 'security_invoker=true'
        ORDER BY 1""").split("\n")
    # None of them reads rows of tenants.
    assert views == ["position_lock", "worker_fence", "worker_right"]


@pytest.mark.parametrize("gap, restored, text", [
    ("DROP POLICY fence_all ON creel.hook", "",
     'creel.hook: policy "fence_all": missing'),
    ("ALTER TABLE creel.event DISABLE ROW LEVEL SECURITY", "",
     "creel.event: row level security is disabled"),
    ("CREATE POLICY other ON creel.device USING (true)", "",
     'creel.device: policy "other": is not one of Creel'),
    ("ALTER ROLE creel_worker BYPASSRLS", "ALTER ROLE creel_worker NOBYPASSRLS",
     'role "creel_worker": has BYPASSRLS'),
    ("GRANT creel_owner TO creel_worker",
     "REVOKE creel_owner FROM creel_worker",
     'role "creel_worker" owns it')])
def test_check_reports_gaps(tenants, gap, restored, text):
    """creelctl check names the gap, and migrate closes one in the schema."""
    stack = tenants[0]
    line = "row level security between tenants"
    assert f"ok    {line}" in stack.creelctl("check", check=False).stdout
    try:
        stack.psql(gap, "postgres")
        assert re.search(f"WRONG {line}: .*{re.escape(text)}",
                         stack.creelctl("check", check=False).stdout)
    finally:
        stack.psql(restored, "postgres")
        stack.creelctl("migrate")
    assert f"ok    {line}" in stack.creelctl("check", check=False).stdout


@pytest.mark.parametrize("name", WORKER)
def test_statement_names_its_tenant(name):
    """A worker's statement says which parameter is its application, or that it
    reaches tenants only through functions."""
    lines = WORKER[name].split("\n")
    tenant = re.fullmatch(r"-- tenant \$(\d+)", lines[2])
    if tenant:
        what = "id" if name == "APPLICATION_CREATE" else "application"
        assert f"-- ${tenant[1]} text {what}" in lines
    else:
        assert lines[2] == "-- gateway"
