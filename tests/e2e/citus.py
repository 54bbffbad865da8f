# SPDX-License-Identifier: ISC
"""The stage on a Citus that is installed on this machine and runs: TEST_CITUS
lists its nodes as host:port, the coordinator first, then the workers.  The
user postgres is a superuser on each and needs no password."""
import os
import pathlib
import shutil
import tempfile

import pytest

from conftest import Cluster, run


class Citus(Cluster):
    """Databases on the coordinator and the workers.  Tests that would restart
    or configure PostgreSQL are skipped."""

    def __init__(self, nodes):
        self.nodes = [tuple(n.rsplit(":", 1)) for n in nodes.split(",")]
        self.host, port = self.nodes[0]
        # Every program of the tests connects to the coordinator.
        os.environ["PGPORT"] = port
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="creel-", dir="/tmp"))
        self.dir.chmod(0o755)
        self.log = self.dir / "postgres.log"
        self.log.touch()
        self.bin = pathlib.Path(run("pg_config", "--bindir").stdout.strip())
        self.databases = []
        for node in self.nodes:
            self.on(node, "DO $$ BEGIN CREATE ROLE creel_owner LOGIN"
                    " CREATEROLE; EXCEPTION WHEN duplicate_object THEN"
                    " NULL; END $$")

    def on(self, node, sql, database="postgres"):
        """Runs SQL on a node as the superuser; returns its output."""
        return run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", node[0],
                   "-p", node[1], "-U", "postgres", "-d", database, "-f", "-",
                   input=sql).stdout.rstrip("\n")

    def create_database(self, name):
        self.drop_database(name)
        self.databases.append(name)
        for node in self.nodes:
            self.on(node, f"CREATE DATABASE {name} OWNER creel_owner")

    def drop_database(self, name):
        # A prepared transaction would keep its database.
        self.psql("SELECT recover_prepared_transactions()", name, check=False)
        for node in self.nodes:
            self.on(node, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def prepare(self, stack):
        """Distributes the log as the manual says."""
        for node in self.nodes:
            self.on(node, "CREATE EXTENSION citus", stack.database)
        (host, port), *workers = self.nodes
        self.psql(f"SELECT citus_set_coordinator_host('{host}', {port});"
                  + "".join(f"SELECT citus_add_node('{h}', {p});"
                            for h, p in workers), stack.database)
        stack.creelctl("distribute")

    def waits(self):
        return any(self.on(node, self.WAITS) == "t" for node in self.nodes)

    def require(self, what):
        pytest.skip(f"requires {what}, without Citus (TEST_CITUS)")

    def command(self, name, *args, **options):
        self.require(f"a PostgreSQL of its own ({name})")

    def start(self):
        """It always runs."""

    def stop(self, mode="fast", check=True):
        self.command("stop")

    def kill(self):
        self.command("kill")

    def close(self):
        for name in self.databases:
            self.drop_database(name)
        shutil.rmtree(self.dir, ignore_errors=True)
