# SPDX-License-Identifier: ISC
"""The worker under load: threads, memory, and a mixture of requests."""
import concurrent.futures
import signal

import pytest

from conftest import Load, send


@pytest.fixture(scope="module")
def stack(make_stack):
    return make_stack(threads=8)


def test_parallel_mixture(stack):
    """A few hundred requests of every kind at once, each with the right
    response; the sanitizers (ThreadSanitizer above all) watch."""
    event = stack.post().headers["Creel-Event"]
    kinds = [
        (200, lambda: stack.post()),
        (200, lambda: stack.post(ApiKey=None, Authentication=stack.token)),
        (401, lambda: stack.post(ApiKey="ck_wrong")),
        (401, lambda: stack.post(ApiKey=None, Authentication="a.b.c")),
        (404, lambda: stack.post(datasource="x")),
        (400, lambda: stack.post(b"{")),
        (413, lambda: stack.post(b" " * (2 << 20))),
        (200, lambda: stack.get(stack.path())),
        (200, lambda: stack.get(f"/events/{event}")),
        (405, lambda: send(stack.url, "PUT", stack.path())),
    ]
    before = stack.events()
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        jobs = [(status, pool.submit(kind))
                for _ in range(40) for status, kind in kinds]
        stack.worker.send_signal(signal.SIGHUP)
        for status, job in jobs:
            assert job.result().status == status
    assert stack.events() == before + 80


def test_memory_is_flat(stack):
    if stack.sanitized:
        pytest.skip("a sanitizer keeps what is freed")
    load = Load(stack)
    load.wait(1000)
    before = stack.resident()
    load.wait(4000)
    load.stop()
    assert {status for status, _ in load.answers} == {200}
    assert stack.resident() - before < 1 << 20


def test_clean_end(stack):
    load = Load(stack)
    load.wait(100)
    old = stack.worker
    stack.start_worker()
    assert stack.stop_worker(worker=old) == 0
    load.stop()
    assert {status for status, _ in load.answers} == {200}
