# SPDX-License-Identifier: ISC
"""
The log in another database: each reader and each device goes on with the cursor
that it has.  The commands are those of the section BACKUP AND RESTORE of
creel.fcgi(8), and run as they are there.
"""
import contextlib
import json
import os

import pytest

from clusters import Archiving, Bare, Logical, Restored
from conftest import BUILD, PATH, SOURCE, Cluster, run, wait_for
from device_api import commands
from examples import root_commands
from feed_api import Reader
from followers import LASTING, Feed, HookFeed, Load, Site

PAGE = SOURCE / "man/creel.fcgi.8.in"
# The servers of the tests know the roles by their names.
RUNUSER = """#!/bin/sh
[ "$1 $3" = "-u --" ] || exit 64
PGUSER=$2; export PGUSER; shift 3; exec "$@"
"""


class NamedSite(Site):
    DATABASE = "creel"


@pytest.fixture
def cleanup():
    with contextlib.ExitStack() as stack:
        yield stack


def started(cleanup, kind, *args):
    c = kind(*args)
    cleanup.callback(c.close)
    return c


class Root:
    """The shell of root, on the host of a server."""

    def __init__(self, site, folder):
        self.site, self.folder = site, folder
        (folder / "bin").mkdir()
        (folder / "bin/creelctl").symlink_to(BUILD / "creelctl")
        runuser = folder / "bin/runuser"
        runuser.write_text(RUNUSER)
        runuser.chmod(0o755)

    def run(self, commands, cluster=None, check=True, **variables):
        """Returns the output of the last command."""
        cluster = cluster or self.site.cluster
        for command in commands:
            if command.startswith("systemctl stop"):
                self.site.stop_worker()
            elif command.startswith("systemctl start"):
                self.site.start_worker()
            else:
                p = run("bash", "-c", "set -o pipefail; " + command,
                        cwd=self.folder, check=check, env={
                            **os.environ, "PATH": f"{self.folder}/bin:"
                            f"{cluster.bin}:{PATH}", "PGHOST": cluster.host,
                            "CREEL_CONF": self.site.conf, **variables})
        return p.stdout.strip()


@pytest.fixture
def root(tmp_path):
    tmp_path.chmod(0o755)
    return lambda site: Root(site, tmp_path)


class Forgetful:
    """A device that requests without its cursor, so that the stored one is
    used, and has not fetched its last command."""

    def __init__(self, site):
        self.site = site
        self.key = site.device()["key"]
        site.call("action")
        page = self.page()
        assert page["count"] == 1
        self.page(after=page["cursor"])
        self.missing = [site.call("action")]

    def page(self, **query):
        a = commands(self.site, self.key, **query)
        assert a.status == 200, a.body
        return json.loads(a.body)

    def check(self):
        """The first command after the restore arrives, behind the one that was
        not fetched."""
        self.missing.append(self.site.call("action"))
        got = [c["id"].split(".")[0] for c in self.page()["items"]]
        assert got == self.missing


def history(site):
    """Whether a new reader gets all events, in the order of the log."""
    found, _ = Reader(site, site.reader).follow(limit=1000)
    return found == site.order(f"application_id = '{site.application}'")


def transaction(cluster):
    return int(cluster.psql("SELECT pg_current_xact_id()"))


@pytest.mark.parametrize("where", ["other", "same"])
def test_dump_and_restore(cleanup, root, where):
    """Into a new server, of which the transaction ids are far lower, or into
    the same."""
    old = started(cleanup, Cluster)
    new = started(cleanup, Bare) if where == "other" else old
    site = NamedSite(old)
    cleanup.callback(site.close)
    shell = root(site)
    dump, roles, drop, restore = root_commands(PAGE, "Dump and restore")

    site.begin(LASTING)
    load = Load(site)
    load.wait(200)
    accepted = load.stop()
    site.catch_up()
    device = Forgetful(site)
    shell.run(dump)
    if where == "other":
        assert transaction(new) < transaction(old)
        site.cluster = new
        site.configure()
        shell.run(roles)
    else:
        shell.run(drop)
    shell.run(restore)

    device.check()
    assert history(site)
    load = Load(site)
    load.wait(200)
    site.finish(accepted + load.stop())


def test_earlier_point(cleanup):
    """Readers have read events from after the point to which the database is
    restored. They get every event that arrives later."""
    old = started(cleanup, Archiving)
    site = Site(old)
    cleanup.callback(site.close)
    site.begin(LASTING)
    load = Load(site)
    load.wait(100)
    old.back_up()
    load.wait(50)
    old.mark("here")
    load.wait(100)
    load.stop()
    site.catch_up()
    before = set(site.order())
    old.archive_all()

    site.move(started(cleanup, Restored, old.backup, old.archive, "here"))
    old.stop("immediate")
    lost = before - set(site.order())
    assert 100 < len(lost) < len(before)
    load = Load(site)
    load.wait(200)
    site.finish(load.stop(), lost)


def test_logical_replication(cleanup, root):
    """The rows are replicated during a load, the sequence is not."""
    old, new = started(cleanup, Logical), started(cleanup, Bare)
    site = NamedSite(old)
    cleanup.callback(site.close)
    shell = root(site)
    empty, publish, subscribe, copied, received, end = root_commands(
        PAGE, "Logical replication")
    install, = root_commands(PAGE, "Installation")
    site.begin(LASTING)
    load = Load(site)
    load.wait(100)

    site.cluster = new
    site.configure()
    shell.run([c for c in install if "useradd" not in c])
    shell.run(empty)
    site.cluster = old
    shell.run(publish)
    shell.run(subscribe, new, OLD=f"host={old.host} dbname=creel user=postgres")
    load.wait(100)
    wait_for(lambda: shell.run(copied, new) == "t", "the copy")
    load.wait(100)
    accepted = load.stop()
    site.catch_up()
    device = Forgetful(site)
    site.stop_worker()
    wait_for(lambda: shell.run(received, old) == "t", "the last event")

    site.move(new)
    # As the page says: it is WRONG until creelctl maintain.
    drop, maintain, check = end
    shell.run([drop])
    assert "WRONG highest position of the log" in shell.run([check],
                                                            check=False)
    shell.run([maintain, check])
    device.check()
    assert history(site)
    load = Load(site)
    load.wait(100)
    site.finish(accepted + load.stop())


def test_moved_tenant(cleanup, root, cluster):
    """The rows of an application are copied into the database of others, of
    which the positions are lower. Readers of both go on."""
    other = Site(cluster)
    cleanup.callback(other.close)
    other.begin([Feed, HookFeed])
    load = Load(other)
    load.wait(50)
    accepted_there = load.stop()
    old = started(cleanup, Cluster)
    site = NamedSite(old)
    cleanup.callback(site.close)
    site.begin(LASTING)
    load = Load(site)
    load.wait(200)
    accepted = [id for id in load.stop() if id in set(site.order(
        f"application_id = '{site.application}'"))]
    site.catch_up()
    device = Forgetful(site)

    site.stop_worker()
    copy, = root_commands(PAGE, "Moving a tenant")
    root(site).run(copy, APP=site.application, NEW=f"host={cluster.host} "
                   f"dbname={other.database} user=creel_owner")
    assert "WRONG highest position" in other.creelctl("check",
                                                      check=False).stdout
    other.creelctl("maintain")
    other.creelctl("check")
    assert other.psql("SELECT count(*) FROM creel.event_default") == "0"
    # Its other application stays.
    del site.calls["foreign"]
    site.move(cluster, other.database)

    device.check()
    assert history(site)
    load, beside = Load(site), Load(other)
    load.wait(100)
    beside.wait(50)
    accepted += load.stop()
    accepted_there += beside.stop()
    site.finish(accepted)
    other.finish(accepted_there)
