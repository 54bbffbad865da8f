# SPDX-License-Identifier: ISC
"""Transactions that stay open while a test does something else."""
import subprocess


class Session:
    """A psql on one connection."""

    def __init__(self, host, database, user="creel_owner"):
        self.process = subprocess.Popen(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", host, "-U", user,
             "-d", database], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)

    def run(self, sql):
        """Runs statements; returns their output."""
        self.start(sql)
        return self.output()

    def start(self, sql):
        """Runs statements that may have to wait, until output()."""
        self.sql = sql
        self.process.stdin.write(f"{sql};\n\\echo done\n")
        self.process.stdin.flush()

    def output(self):
        lines = iter(self.process.stdout.readline, "done\n")
        out = []
        for line in lines:
            assert line, f"psql failed: {self.sql}"
            out.append(line)
        return "".join(out).rstrip("\n")

    def close(self):
        self.process.communicate("\\q\n")


class Transaction:
    """Runs SQL in a transaction that ends with the block: rolled back, unless
    commit is set."""

    def __init__(self, stack, sql, commit=False):
        self.stack = stack
        self.sql = sql
        self.commit = commit

    def __enter__(self):
        self.session = Session(self.stack.cluster.host, self.stack.database)
        self.session.run(f"BEGIN; {self.sql}")
        return self

    def __exit__(self, *_):
        # psql ends before its session does.
        self.session.run("COMMIT" if self.commit else "ROLLBACK")
        self.session.close()


def under_way(stack):
    """A batch that has not ended: until then readers stop at its position."""
    return Transaction(stack, "SELECT creel.next_position()")


def locked_events(stack):
    """Until it ends, no event can be stored."""
    return Transaction(stack, "LOCK TABLE creel.event")


def writer_waits(stack):
    return stack.cluster.waits()
