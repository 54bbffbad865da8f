# SPDX-License-Identifier: ISC
"""The ways in which a command that works in steps may end in the middle."""
import signal

from conftest import wait_for

EX_TEMPFAIL = 75


def kill(stack, p):
    p.send_signal(signal.SIGKILL)
    p.wait(60)


def interrupt(stack, p):
    p.send_signal(signal.SIGINT)
    p.wait(60)


def lose_connections(stack, p, pids, error):
    """creelctl reconnects once for each step; pids() are the processes of the
    steps in progress."""
    def ended():
        for pid in pids():
            stack.psql(f"SELECT pg_terminate_backend({pid})", user="postgres")
        return p.poll() is not None

    wait_for(ended, "creelctl to give up")
    assert p.returncode == EX_TEMPFAIL
    assert error in p.stderr.read()
