# SPDX-License-Identifier: ISC
"""Checks that several of the REST resources share."""
import json
import re

from conftest import SOURCE
from losant_api import UNKNOWN

NO_APPLICATIONS = ["foreign", UNKNOWN, UNKNOWN[:23], UNKNOWN + "0", "badId",
                   "g" * 24]
NOT_JSON = [b"", b"{", b'{"name":"w"', b"name=w", b'{"name":"w"} x',
            b"\xef\xbb\xbf" * 2 + b"{}", b'{"name":"\xff"}',
            b'{"name":"a\\u0000b"}',
            b'{"name":"w","name":"v"}', b'{"name":NaN}', b"[" * 100000]


def refuses_body(api, status, message, body, path="/" + UNKNOWN):
    """POST and PATCH reject a body."""
    api.rejected(status, message, "POST", body=body)
    api.rejected(status, message, "PATCH", path, body=body)


def refuses_application(api, application, id, resource=None,
                        scope="all.Application"):
    """Every method returns 404 for an application that is unknown, malformed
    or another's, also to a token for an application that does not exist."""
    stack = api.stack
    tokens = [api.token]
    if application == UNKNOWN:
        tokens.append(stack.new_token(scope, application=UNKNOWN))
    if application == "foreign":
        application = stack.other_application
    for token in tokens:
        for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{id}"),
                             ("PATCH", f"/{id}"), ("DELETE", f"/{id}")):
            api.rejected(404, "Application was not found", method,
                        f"/applications/{application}/{api.resource}{path}",
                        body='{"name":"w"}', token=token)


def leaves_no_trace(stack, *secrets):
    """No table holds a secret, and no log."""
    logs = stack.logs() + stack.cluster.log.read_text(errors="replace")
    for secret in secrets:
        tables = stack.psql(
            "SELECT format('SELECT count(*) FROM creel.%I t WHERE t::text "
            f"LIKE ''%%{secret[12:]}%%''', relname) FROM pg_class WHERE "
            "relnamespace = 'creel'::regnamespace AND relkind = 'r'"
        ).split("\n")
        assert len(tables) > 8
        assert {stack.psql(t) for t in tables} == {"0"}
        assert secret not in logs


def is_not_shown(api, path, secret):
    """No later response contains a secret."""
    for method, rest in (("GET", ""), ("GET", path), ("PATCH", path)):
        api.call(method, rest, body="{}", query="perPage=1000", status=200)
        assert secret[:12].encode() not in api.raw.body


def run_twice(stack, statement, values, id):
    """Runs a statement twice with the same values, as after a lost response:
    both return the same row.  Returns the output, notifications included."""
    sql = (SOURCE / f"sql/query/{statement}.sql").read_text()
    tenant = int(re.search(r"^-- tenant \$(\d+)", sql, re.M)[1])
    out = stack.as_worker(values.split(",")[tenant - 1].strip("'"),
                          f"PREPARE q AS {sql};\nLISTEN creel;\n"
                          f"EXECUTE q({values});\nEXECUTE q({values});\n")
    first, second = [line.rstrip("|") for line in out.split("\n")
                     if line.startswith("{")]
    assert first == second and json.loads(first)["id"] == id
    return out
