# SPDX-License-Identifier: ISC
"""A worker's metrics, and the addresses that may read them."""
# route: GET /metrics
import signal
import time

import pytest

from conftest import FRONTS, alive, send, stop_process, wait_for
from fcgi_client import Connection, variables
from metrics_api import ask, scrape

PIXON = 'creel_requests_total{door="pixon",status="%d"}'
KEYS = 'creel_cache_lookups_total{cache="key",result="%s"}'
ERRORS = 'creel_database_errors_total{kind="%s"}'
COUNT = "creel_request_duration_seconds_count"


def more(after, before, series):
    return after[series] - before[series]


@pytest.fixture
def stack(make_stack):
    s = make_stack(threads=4, cache_ttl=3600)
    # A new listener clears the cache.
    wait_for(lambda: "listening for changes" in s.logs(), "the listener")
    return s


@pytest.fixture(scope="module")
def shared_stack(make_stack):
    return make_stack()


def test_counts(stack):
    stack.url
    before = scrape(stack)
    for _ in range(7):
        assert stack.post().status == 200
    assert stack.post("[").status == 400
    assert stack.post(ApiKey=None).status == 401
    assert stack.post(datasource="0" * 32).status == 404
    assert stack.get("/events/" + "0" * 32).status == 404
    after = scrape(stack)
    for status, n in ((200, 7), (400, 1), (401, 1), (404, 1), (503, 0)):
        assert more(after, before, PIXON % status) == n
    assert more(after, before,
                'creel_requests_total{door="creel",status="404"}') == 1
    # Including the first scrape.
    assert more(after, before, COUNT) == 12
    assert more(after, before, "creel_batch_events_sum") == 7
    assert 1 <= more(after, before, "creel_batch_events_count") <= 7
    # Two keys are looked up once each.
    assert more(after, before, KEYS % "miss") == 2
    assert more(after, before, KEYS % "hit") == 8
    assert after["creel_queue_events"] == after["creel_queue_bytes"] == 0
    assert after["creel_connections"] == 1
    pid = stack.worker.pid
    rss = after['creel_worker_resident_memory_bytes{pid="%d"}' % pid]
    assert 1 << 20 < rss < 1 << 33 or stack.sanitized
    start = after['creel_worker_start_time_seconds{pid="%d"}' % pid]
    assert abs(time.time() - start) < 600


def test_kept_connections_are_counted(stack):
    with Connection(stack.socket) as one, Connection(stack.socket) as two:
        for c in (one, two):
            assert c.request(variables("/none", "GET")).status == 404
        wait_for(lambda: scrape(stack)["creel_connections"] == 3,
                 "two kept connections and our own")
    wait_for(lambda: scrape(stack)["creel_connections"] == 1, "their end")


def test_database_gone(stack):
    assert stack.post().status == 200
    before = scrape(stack)
    stack.cluster.stop("fast")
    try:
        assert stack.post().status == 503
        after = scrape(stack)
    finally:
        stack.cluster.start()
    assert more(after, before, ERRORS % "unavailable") >= 1
    assert more(after, before, PIXON % 503) == 1
    again = "creel_database_reconnects_total"
    wait_for(lambda: stack.post().status == 200 and
             more(scrape(stack), before, again) >= 1, "a reconnection")


def test_rejected_look_ups(make_stack):
    s = make_stack(lookup_rate=1)
    with Connection(s.socket) as c:
        statuses = [c.request(variables(s.path(), "POST", 2, apikey=(
            f"ck_{i:043}")), b"{}").status for i in range(20)]
    now = scrape(s)
    assert now[KEYS % "refused"] == statuses.count(503) > 0
    assert now[PIXON % 503] == statuses.count(503)


# -- addresses

@pytest.mark.parametrize("remote", ["192.0.2.1", "127.0.0.2", "127.0.0.11",
                                    "", " ", "127.0.0.1 ::1", "::"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_other_addresses(shared_stack, method, remote):
    """The response is that for an unknown path."""
    r = ask(shared_stack, method, remote, x_forwarded_for="127.0.0.1")
    with Connection(shared_stack.socket) as c:
        other = c.request({**variables("/metricz", method),
                           "REMOTE_ADDR": remote}, keep=False)
    assert r.status == 404
    assert (r.headers, r.body) == (other.headers, other.body)


def test_local_addresses(shared_stack):
    for remote in ("127.0.0.1", "::1"):
        assert ask(shared_stack, remote=remote).status == 200
    assert ask(shared_stack, "POST").status == 405
    assert ask(shared_stack, "HEAD").body == b""


def test_web_servers_do_not_pass_it_on(shared_stack):
    """Not even from this host, in any spelling."""
    for front in map(shared_stack.front, FRONTS):
        for path in ("/metrics", "/metrics/", "//metrics", "/%6detrics",
                     "/hooks/../metrics", "/events/..%2fmetrics"):
            r = send(front.url, "GET", path)
            assert r.status >= 400, path
            assert b"creel_" not in r.body


def test_addresses_are_configured(make_stack):
    s = make_stack(metrics_allow="192.0.2.9 2001:db8::1")
    for remote, status in (("192.0.2.9", 200), ("2001:db8::1", 200),
                           ("127.0.0.1", 404), ("::1", 404)):
        assert ask(s, remote=remote).status == status
    s.stop_worker()
    s.configure(metrics_allow="")
    s.start_worker()
    assert ask(s).status == ask(s, remote="").status == 404


# -- several workers

@pytest.fixture
def shared(make_stack, tmp_path):
    return make_stack(threads=2, metrics_dir=tmp_path)


def post_times(stack, n):
    for _ in range(n):
        assert stack.post().status == 200


def pids(values):
    return {int(k.split('"')[1]) for k in values
            if k.startswith("creel_worker_start_time_seconds")}


def test_two_workers(shared):
    """Each reports the sums of both, and of those that ended."""
    one = shared.worker
    two = shared.start_worker()
    three = None
    try:
        wait_for(lambda: pids(scrape(shared)) == {one.pid, two.pid},
                 "both workers")
        post_times(shared, 40)
        for _ in range(10):
            assert scrape(shared)[PIXON % 200] == 40
        stop_process(two.pid)
        post_times(shared, 5)
        assert scrape(shared)[PIXON % 200] == 45
        two.send_signal(signal.SIGCONT)
        assert shared.stop_worker(worker=one) == 0
        now = scrape(shared)
        assert now[PIXON % 200] == 45 and pids(now) == {two.pid}
        three = shared.start_worker()
        wait_for(lambda: pids(scrape(shared)) == {two.pid, three.pid},
                 "the third worker")
        shared.stop_worker(signal.SIGKILL, worker=two)
        post_times(shared, 5)
        now = scrape(shared)
        assert now[PIXON % 200] == 50 and pids(now) == {three.pid}
    finally:
        for w in (one, two):
            if w.poll() is None:
                shared.stop_worker(worker=w)
    # A new worker after all have ended.
    shared.stop_worker()
    shared.start_worker()
    assert scrape(shared)[PIXON % 200] == 50


def test_sums_never_fall(shared):
    """While workers start and are killed, and others read."""
    seen = [0]
    posted = 0
    for _ in range(8):
        old, new = shared.worker, shared.start_worker()
        post_times(shared, 3)
        posted += 3
        shared.stop_worker(signal.SIGKILL, worker=old)
        for _ in range(3):
            seen.append(scrape(shared)[PIXON % 200])
        assert alive(new.pid)
    assert seen == sorted(seen)
    assert seen[-1] == posted


def test_directory_is_gone(shared, tmp_path):
    """The scrape fails, rather than return partial sums; calls succeed."""
    scrape(shared)
    tmp_path.rename(str(tmp_path) + "-moved")
    assert ask(shared).status == 503
    post_times(shared, 1)


def test_no_directory(make_stack, tmp_path):
    s = make_stack()
    s.stop_worker()
    s.configure(metrics_dir=tmp_path / "none")
    assert s.start_worker().wait(60) == 78
    assert "metrics_dir" in s.logs()
