# SPDX-License-Identifier: ISC
"""PostgreSQL servers of a test's own: with a clock that the test sets, standby
servers, and servers that are restored from a backup."""
import pathlib
import shutil

from conftest import ROOT, Cluster, wait_for


class Bare(Cluster):
    """A new server without roles."""

    def make(self):
        self.initialize()
        self.start()


class Logical(Cluster):
    """A server from which logical replication is possible."""
    SETTINGS = "wal_level = logical\n"


class Preparing(Cluster):
    """A server that accepts prepared transactions."""
    SETTINGS = "max_prepared_transactions = 4\n"


class ClockCluster(Cluster):
    """A server whose clock differs from the host's by self.offset seconds."""

    def __init__(self, offset=0):
        self.offset = offset
        super().__init__()

    def make(self):
        self.fake()
        super().make()

    def fake(self):
        """For all processes that the server starts, and while they run."""
        libraries = list(pathlib.Path("/usr/lib").glob(
            "*/faketime/libfaketime.so.1"))
        assert libraries, "libfaketime is not installed"
        self.env += [
            f"LD_PRELOAD={libraries[0]}", "FAKETIME_NO_CACHE=1",
            f"FAKETIME_TIMESTAMP_FILE={self.dir}/clock",
            "DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "NO_FAKE_STAT=1"]
        self.set_clock(self.offset)

    def set_clock(self, offset):
        """Steps the clock; returns when the server shows the new time."""
        self.offset = offset
        new = self.dir / "clock.new"
        new.write_text(f"{offset:+d}\n")
        new.chmod(0o644)
        new.rename(self.dir / "clock")


class Standby(ClockCluster):
    """A synchronous standby of a server, for which commits wait."""

    def __init__(self, primary, offset=0):
        self.primary = primary
        super().__init__(offset)

    def make(self):
        self.fake()
        self.command("pg_basebackup", "-h", self.primary.host, "-U",
                     "postgres", "-D", self.data, "-R", "-c", "fast")
        self.data.chmod(0o700)
        self.configure()
        self.start()
        self.primary.psql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.psql("SELECT pg_reload_conf()")
        wait_for(lambda: self.primary.psql(
            "SELECT sync_state FROM pg_stat_replication") == "sync",
            "the standby")

    def promote(self):
        self.command("pg_ctl", "promote", "-w", "-s", "-D", self.data)


class Restored(Cluster):
    """A server that starts from a base backup and replays archived WAL to a
    restore point."""

    def __init__(self, backup, archive, point):
        self.backup, self.archive, self.point = backup, archive, point
        super().__init__()

    def make(self):
        self.data.rmdir()
        shutil.copytree(self.backup, self.data)
        self.data.chmod(0o700)
        (self.data / "recovery.signal").touch()
        if ROOT:
            for path in [self.data, *self.data.rglob("*")]:
                shutil.chown(path, "postgres", "postgres")
        self.configure()
        with open(self.data / "postgresql.conf", "a") as f:
            f.write(f"archive_mode = off\n"
                    f"restore_command = 'cp {self.archive}/%f %p'\n"
                    f"recovery_target_name = '{self.point}'\n"
                    f"recovery_target_action = promote\n")
        self.start()
        wait_for(lambda: self.psql("SELECT pg_is_in_recovery()") == "f",
                 "the end of recovery")


class Archiving(Cluster):
    """A server whose WAL is archived, and a base backup of it."""
    SETTINGS = ("archive_mode = on\n"
                "archive_command = 'cp %p {cluster.archive}/%f'\n")

    def make(self):
        self.archive, self.backup = self.dir / "archive", self.dir / "backup"
        for folder in (self.archive, self.backup):
            folder.mkdir(0o755)
            if ROOT:
                shutil.chown(folder, "postgres", "postgres")
        super().make()

    def back_up(self):
        self.command("pg_basebackup", "-h", self.host, "-U", "postgres", "-D",
                     self.backup, "-c", "fast")

    def mark(self, point):
        """Names the state of now."""
        self.psql(f"SELECT pg_create_restore_point('{point}')")

    def archive_all(self):
        """Waits until all WAL is archived."""
        last = self.psql("SELECT pg_walfile_name(pg_switch_wal())")
        wait_for((self.archive / last).exists, "the archive")
