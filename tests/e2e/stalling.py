# SPDX-License-Identifier: ISC
"""Writers of the log that stop in the middle of a transaction."""
import contextlib
import os
import signal

from followers import batch
from transactions import Session

# The processes that hold the lock of a position, and not the one that only one
# session at a time holds.
WRITERS = """SELECT l.pid FROM pg_locks AS l
    WHERE l.locktype = 'advisory' AND l.classid::bigint >> 16 = x'4352'::int
        AND l.database = (SELECT oid FROM pg_database
            WHERE datname = '{0}')
        AND l.pid NOT IN (SELECT o.pid FROM pg_locks AS o
            WHERE o.locktype = 'advisory'
                AND o.classid::bigint >> 16 <> x'4352'::int)"""


def writers(site):
    return set(map(int, site.cluster.psql(
        WRITERS.format(site.database)).split()))


class Stopped:
    """A transaction whose server process is stopped until the block ends, or
    until go_on()."""

    def __init__(self, site, sql):
        self.session = Session(site.cluster.host, site.database)
        self.pid = int(self.session.run("SELECT pg_backend_pid()"))
        self.session.run(f"BEGIN; {sql}")
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    def end(self, how):
        """Ends it by an SQL command, or by a signal to the server's process or
        to the client."""
        if how == "client":
            self.session.process.kill()
        elif isinstance(how, signal.Signals):
            # Pending until the process continues.
            os.kill(self.pid, how)
        self.go_on()
        if isinstance(how, str) and how != "client":
            self.session.run(how)
        self.session.process.stdin.close()
        self.session.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.go_on()
        self.session.process.kill()
        self.session.process.wait(60)


class StoppedBatch(Stopped):
    """A batch of events, stopped between its lock and its commit."""

    def __init__(self, site, n=4):
        sql, self.ids = batch(site, n)
        super().__init__(site, sql)
