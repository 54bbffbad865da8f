# SPDX-License-Identifier: ISC
"""Calls while the file system of metrics_dir is full: a mapped file without
disk space behind it would end the worker with SIGBUS."""
import contextlib
import subprocess
import time

import pytest

from conftest import ROOT, run, wait_for
from metrics_api import scrape
from webhook_api import Webhook

WINDOW = 10  # seconds: RATE_WINDOW_MS
RATE = 3
ALONE = "this worker limits rates by itself"
UNSHARED = "this worker's metrics are not shared"


class Disk:
    """A small file system that only the workers started on it see."""

    def __init__(self, folder, kib):
        self.folder = folder
        self.holder = subprocess.Popen(
            ["unshare", "-m", "sh", "-c",
             f"mount -t tmpfs -o size={kib}k none {folder}"
             " && echo mounted && exec sleep infinity"],
            stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "mounted\n":
            self.close()
            pytest.skip("tmpfs cannot be mounted here")

    @property
    def wrapper(self):
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt"]

    def fill(self):
        run(*self.wrapper, "dd", "if=/dev/zero", f"of={self.folder}/full",
            check=False)

    def close(self):
        self.holder.kill()
        self.holder.wait()


@pytest.fixture
def disk(tmp_path):
    if not ROOT or run("unshare", "-m", "true", check=False).returncode != 0:
        pytest.skip("a mount namespace needs root")
    with contextlib.ExitStack() as cleanup:
        def make(kib):
            d = Disk(tmp_path, kib)
            cleanup.callback(d.close)
            return d
        yield make


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack()


def restart(stack, folder, wrapper):
    """Returns the worker, and what it logs from its start."""
    if stack.worker.poll() is None:
        stack.stop_worker()
    before = len(stack.logs())
    stack.configure(metrics_dir=folder, losant_rate=RATE)
    worker = stack.start_worker(wrapper)
    wait_for(lambda: "serving with" in stack.logs()[before:] or
             worker.poll() is not None, "the worker")
    return worker, lambda: stack.logs()[before:]


def statuses(stack):
    """Of two more calls of a new webhook than its rate, in one window."""
    while True:
        webhook, window = Webhook(stack), time.monotonic() // WINDOW
        found = [webhook.call(body=b"{}").status for _ in range(RATE + 2)]
        if time.monotonic() // WINDOW == window:
            return found


@pytest.mark.parametrize("kib, alone, unshared", [
    (4, True, True), (192, True, False), (1024, False, False)])
def test_full_at_the_start(stack, disk, tmp_path, kib, alone, unshared):
    """Each counter that finds no room counts in the worker, and logs it; rates
    are limited all the same. So does the next worker there."""
    small = disk(kib)
    for _ in range(2):
        worker, log = restart(stack, tmp_path, small.wrapper)
        assert (ALONE in log(), UNSHARED in log()) == (alone, unshared)
        assert statuses(stack) == [200] * RATE + [429] * 2
        assert scrape(stack)["creel_connections"] >= 1
        assert worker.poll() is None
        assert stack.stop_worker() == 0


def test_full_while_it_runs(stack, disk, tmp_path):
    """Room that was free at the start is allocated."""
    small = disk(1024)
    worker, log = restart(stack, tmp_path, small.wrapper)
    small.fill()
    assert statuses(stack) == [200] * RATE + [429] * 2
    assert scrape(stack)["creel_connections"] >= 1
    assert worker.poll() is None
    assert ALONE not in log() and UNSHARED not in log()


def test_full_when_a_worker_ends(stack, disk, tmp_path):
    """Counts that cannot be added to the sum stay where they are."""
    series = 'creel_requests_total{door="losant",status="200"}'
    small = disk(512)
    restart(stack, tmp_path, small.wrapper)
    statuses(stack)
    before = scrape(stack)[series]
    small.fill()
    restart(stack, tmp_path, small.wrapper)
    run(*small.wrapper, "rm", tmp_path / "full")
    worker, _ = restart(stack, tmp_path, small.wrapper)
    assert scrape(stack)[series] == before > 0
    assert worker.poll() is None
