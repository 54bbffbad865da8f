# SPDX-License-Identifier: ISC
"""The clock of the database steps: the order of the log does not depend on it,
and creelctl check reports a log that is ahead of it."""
import json
import re

import pytest

from clusters import ClockCluster
from followers import Commands, Feed, HookFeed, Load, Records, Site

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture(scope="module")
def clock_cluster():
    c = ClockCluster()
    yield c
    c.close()


@pytest.fixture
def site(clock_cluster):
    """A log of each test's own, because it stays ahead of the clock."""
    s = Site(clock_cluster)
    yield s
    s.close()
    clock_cluster.set_clock(0)


def highest(site):
    return int(site.psql("SELECT creel.highest_position()"))


def clock(site):
    return int(site.psql("SELECT creel.clock()"))


def test_clock_steps(site):
    """Back by an hour and forward again, during a load."""
    site.begin()
    load = Load(site)
    for offset in (-HOUR, 0, HOUR, 0):
        load.wait(100)
        site.cluster.set_clock(offset)
    load.wait(100)
    site.finish(load.stop())


@pytest.mark.parametrize("offset", [-HOUR, -400 * DAY])
def test_readable_after_a_step_back(site, offset):
    """Events that arrive after the clock was set back can be read at once, and
    come after the earlier ones."""
    site.begin()
    before = site.call("action")
    top = highest(site)
    site.cluster.set_clock(offset)
    assert clock(site) < top
    places = [top]
    for kind in ("data", "form", "action", "data"):
        id = site.call(kind)
        for f in site.followers:
            if f.LAST == kind:
                f.expect(id)
        places.append(int(site.psql(
            f"SELECT position FROM creel.event WHERE id = '{id}'")))
    assert places == sorted(set(places))
    site.finish([before])


def test_reader_away(site):
    """The clock is days ahead for a time. Readers that are away until it has
    passed the positions of that time miss nothing of what came meanwhile."""
    site.begin((Feed, HookFeed, Records, Commands))
    site.cluster.set_clock(3 * DAY)
    site.catch_up()
    for f in site.followers:
        f.away.set()
    site.cluster.set_clock(0)
    missed = [site.call(kind) for kind in ("data", "form", "action")]
    site.cluster.set_clock(3 * DAY + HOUR)
    for f in site.followers:
        f.away.clear()
    site.finish(missed)


def check(site):
    """The lines of creelctl check that are WRONG, and its exit status."""
    p = site.creelctl("--json", "check", check=False)
    return {line["what"]: line["how"] for line in json.loads(p.stdout)
            if not line["ok"]}, p.returncode


@pytest.mark.parametrize("ahead", [HOUR, 3 * DAY])
def test_check_clock(site, ahead):
    """While the log is ahead of the clock, creelctl check says so; readers
    miss nothing meanwhile. Setting the right time, as the check advises, makes
    it ok."""
    assert check(site) == ({}, 0)
    site.begin()
    site.cluster.set_clock(ahead)
    during = [site.call(kind) for kind in ("data", "form", "action")]
    site.cluster.set_clock(0)
    wrong, status = check(site)
    line, = wrong
    assert line == "positions of the log and the clock of the database"
    assert status == 78 and "set the right time" in wrong[line]
    seconds, = re.findall(r"^\d+", wrong[line])
    assert ahead - 60 < int(seconds) <= ahead
    site.finish(during)
    # If the time of the log is the right one.
    site.cluster.set_clock(ahead + 60)
    wrong, _ = check(site)
    assert line not in wrong


def test_check_sequence(site):
    """A sequence below the newest position, as after a copy of the rows alone:
    creelctl maintain raises it, as the check advises."""
    site.begin()
    site.call("action")
    newest = highest(site)
    site.psql("SELECT setval('creel.position', 1000)", "postgres")
    wrong, status = check(site)
    line, = wrong
    assert line == "highest position of the log"
    assert status == 78 and "run creelctl maintain" in wrong[line]
    assert str(newest) in wrong[line]
    site.creelctl("maintain")
    assert check(site) == ({}, 0) and highest(site) == newest
    site.finish()
