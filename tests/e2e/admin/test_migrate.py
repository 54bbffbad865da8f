# SPDX-License-Identifier: ISC
"""
A second migration, written for the test and linked into a creelctl of its own.
"""
import json
import os
import subprocess

import pytest

from conftest import BUILD, SOURCE, run

EX_CONFIG = 78
# Fails in its last statement if an organization has a short name.
# A view that is created again has lost its grants.
SECOND = """
CREATE TABLE creel.second (id int PRIMARY KEY);
DROP VIEW creel.event_candidate;
CREATE VIEW creel.event_candidate AS
	SELECT application_id, hook_id, id, position, 1::bigint AS weight
	FROM creel.event;
ALTER TABLE creel.organization ADD CONSTRAINT long_name
	CHECK (length(name) >= 3);
"""


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    """A creelctl that knows version 2."""
    out = tmp_path_factory.mktemp("second")
    sql = out / "schema/002_second.sql"
    sql.parent.mkdir()
    sql.write_text(SECOND)
    env = {k: v for k, v in os.environ.items() if k != "MAKEFLAGS"}
    subprocess.run(["make", "-s", "-C", BUILD, "-f", "Makefile",
                    "-f", SOURCE / "tests/e2e/admin/second.mk", "second",
                    f"SECOND={sql}", f"OUT={out}"], check=True, env=env)
    return out / "creelctl"


@pytest.fixture
def site(make_stack):
    """Version 1, with a worker that knows no other."""
    s = make_stack()
    assert s.post().status == 200
    s.stop_worker()
    return s


def migrate(site, creelctl, check=True):
    return run(creelctl, "-f", site.conf, "--json", "migrate", check=check)


def version(site):
    return site.psql("SELECT version, name FROM creel.schema_version "
                     "ORDER BY version").split("\n")


def worker_may_read(site):
    return site.psql("SELECT has_table_privilege('creel_worker', "
                     "'creel.event_candidate', 'SELECT')") == "t"


def test_applied(site, second):
    out = json.loads(migrate(site, second).stdout)
    assert out["version"] == 2 and out["applied"] == ["002_second"]
    assert version(site) == ["1|001_schema", "2|002_second"]
    assert worker_may_read(site)
    # One transaction wrote the version's row and the migration's first and
    # last object.
    assert site.psql(
        "SELECT count(DISTINCT x::text) FROM (SELECT xmin FROM "
        "creel.schema_version WHERE version = 2 UNION ALL SELECT xmin FROM "
        "pg_constraint WHERE conname IN ('second_pkey', 'long_name')) AS t (x)"
    ) == "1"
    assert site.psql("SELECT count(*) FROM creel.event") == "1"
    assert json.loads(migrate(site, second).stdout)["applied"] == []


def test_failed(site, second):
    """A failed migration leaves the version before it, which still works."""
    site.psql(f"INSERT INTO creel.organization (id, name) VALUES "
              f"('{'0' * 24}', 'xy')")
    p = migrate(site, second, check=False)
    assert p.returncode != 0
    assert "migration 002_second" in p.stderr and "long_name" in p.stderr
    assert version(site) == ["1|001_schema"]
    assert site.psql("SELECT to_regclass('creel.second') IS NULL") == "t"
    assert worker_may_read(site)
    site.start_worker()
    assert site.post().status == 200
    site.stop_worker()
    site.psql("UPDATE creel.organization SET name = 'xyz' WHERE name = 'xy'")
    assert json.loads(migrate(site, second).stdout)["applied"] == ["002_second"]
    assert version(site) == ["1|001_schema", "2|002_second"]


def test_older_programs(site, second):
    """A program connects only to the version that it knows."""
    migrate(site, second)
    assert site.start_worker().wait(20) == EX_CONFIG
    text = site.stderr.read_text() + site.log.read_text()
    assert "at version 2, but this program requires version 1" in text
    for args in (["migrate"], ["hook", "list"]):
        p = site.creelctl(*args, check=False)
        assert p.returncode == EX_CONFIG and "version 2" in p.stderr
    site.psql("DELETE FROM creel.schema_version WHERE version = 2")
    p = run(second, "-f", site.conf, "hook", "list", check=False)
    assert p.returncode == EX_CONFIG and "creelctl migrate" in p.stderr
