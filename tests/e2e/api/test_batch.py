# SPDX-License-Identifier: ISC
"""
Group commit: one outcome for each event, whatever happens to its batch; and
idempotency keys.
"""
import concurrent.futures
import functools
import os
import re
import socket
import threading
import time

import pytest

from conftest import Load, wait_for
from metrics_api import scrape
from transactions import Transaction, locked_events, writer_waits

AWAY = int(os.environ.get("TEST_AWAY", 30))  # seconds without a database


@pytest.fixture
def stack(make_stack):
    stack = make_stack(threads=4, writers=2)
    assert stack.url        # starts nginx before the threads use it
    return stack


def together(stack, bodies, **headers):
    """Posts at once, through nginx; returns the responses in the order of
    bodies."""
    with concurrent.futures.ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(lambda b: stack.post(b, **headers), bodies))


def numbered(n):
    return [b'{"n":%d}' % i for i in range(n)]


def poison(stack):
    """Makes the database reject bodies with "poison" in them."""
    stack.cluster.require("triggers on the log")
    stack.psql("""
        CREATE FUNCTION creel.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON creel.event FOR EACH ROW
            WHEN (position('poison' IN convert_from(new.body, 'UTF8')) > 0)
            EXECUTE FUNCTION creel.refuse();""")


def test_bad_row_fails_alone(stack):
    poison(stack)
    bodies = numbered(40)
    bodies[7] = b'{"poison":7}'
    bodies[23] = b'{"poison":23}'
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        with locked_events(stack):
            answers = [pool.submit(stack.post, b) for b in bodies]
            wait_for(lambda: writer_waits(stack), "a writer that waits")
    answers = [a.result() for a in answers]
    bad = [i for i, a in enumerate(answers) if a.status != 200]
    assert bad == [7, 23]
    assert {answers[i].status for i in bad} == {503}
    assert stack.events() == 38


def test_writer_hangs(stack):
    """The other writer takes over."""
    assert stack.post().status == 200
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with Transaction(stack, """INSERT INTO creel.dedupe
                SELECT application_id, hook_id,
                    creel.principal_hash(principal), 'idempotency-key:k',
                    '\\x00', id, false
                FROM creel.event"""):
            hangs = pool.submit(stack.post, Idempotency_Key="k")
            wait_for(lambda: writer_waits(stack), "a writer that waits")
            for _ in range(5):
                assert stack.post().status == 200
            assert not hangs.done()
    assert hangs.result().status == 200


def test_full_inbox(make_stack):
    stack = make_stack(threads=2, writers=1, queue_events=4,
                       database_timeout=5000)
    assert stack.url
    with locked_events(stack):
        answers = together(stack, numbered(30))
        assert {a.status for a in answers} == {503}
        assert {a.headers["Retry-After"] for a in answers} == {"5"}
    wait_for(lambda: stack.post().status == 200, "a 200")
    assert {a.status for a in together(stack, numbered(4))} == {200}


@pytest.fixture
def shared(make_stack):
    """A small inbox, and a call of another application that uses it."""
    stack = make_stack(threads=2, writers=1, queue_events=10,
                       database_timeout=60000)
    assert stack.url
    key = stack.new_key(application=stack.other_application)
    stack.neighbour = functools.partial(
        stack.post, datasource=stack.foreign_datasource, ApiKey=key)
    assert stack.neighbour().status == 200
    return stack


def test_inbox_has_room_for_others(shared):
    """One application has filled its share while the database commits nothing:
    that is not its fault. The calls of another one wait and are stored."""
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        with locked_events(shared):
            # The writer takes all that has arrived: with this call alone it
            # waits, and the inbox is empty.
            many = [pool.submit(shared.post, b"{}")]
            wait_for(lambda: writer_waits(shared), "a writer that waits")
            many += [pool.submit(shared.post, b) for b in numbered(30)]
            wait_for(lambda: sum(f.done() for f in many) == 22, "refusals")
            refused = [f.result() for f in many if f.done()]
            assert {a.status for a in refused} <= {429, 503}
            other = pool.submit(shared.neighbour)
            wait_for(lambda: scrape(shared)["creel_queue_events"] == 9,
                     "the other call")
            assert not other.done()
        assert other.result().status == 200
        assert sum(f.result().status == 200 for f in many) == 9


def test_application_that_fills_the_inbox(shared):
    """It gets 429 while the database commits, and the other one gets 200."""
    shared.cluster.require("triggers on the log")
    shared.psql("""
        CREATE FUNCTION creel.slow() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END $$;
        CREATE TRIGGER slow BEFORE INSERT ON creel.event
            EXECUTE FUNCTION creel.slow();""")
    ending = threading.Event()

    def flood(_):
        statuses = set()
        while not ending.is_set():
            answer = shared.post()
            statuses.add(answer.status)
            if answer.status == 429:
                assert int(answer.headers["Retry-After"]) > 0
        return statuses

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        floods = [pool.submit(flood, i) for i in range(40)]
        try:
            statuses = [shared.neighbour().status for _ in range(30)]
        finally:
            ending.set()
        assert statuses == [200] * 30
        assert set.union(*(f.result() for f in floods)) == {200, 429}


def test_waiting_calls_hold_no_thread(stack):
    """Many more of them than threads; other requests get their responses."""
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        with locked_events(stack):
            waiting = [pool.submit(stack.post, b) for b in numbered(20)]
            wait_for(lambda: scrape(stack)["creel_connections"] > 20,
                     "all of them to have come")
            for _ in range(20):
                assert stack.post(ApiKey="ck_wrong").status == 401
            assert not any(w.done() for w in waiting)
    assert {w.result().status for w in waiting} == {200}


def test_database_away_under_load(stack):
    """Every 200 is stored once, all other responses are 503; memory does not
    grow, and the worker recovers without a restart."""
    load = Load(stack)
    try:
        load.wait(50)
        before = stack.resident()
        stack.cluster.stop("immediate")
        wait_for(lambda: stack.post().status == 503, "a 503")
        ends = time.monotonic() + AWAY
        while time.monotonic() < ends:
            a = stack.post()
            assert a.status == 503 and a.headers["Retry-After"]
        assert stack.sanitized or stack.resident() - before < 4 << 20
        stack.cluster.start()
        load.wait(50)
    finally:
        answers = load.stop()
    assert {status for status, _ in answers} == {200, 503}
    stored = set(stack.psql("SELECT id FROM creel.event").split())
    assert set(load.accepted()) <= stored
    assert stack.psql("SELECT count(*) = count(DISTINCT body) FROM"
                      " creel.event WHERE body <> '{}'") == "t"


class Cutter:
    """A proxy between the worker and PostgreSQL. When armed, it passes on the
    next statement that stores events and closes the connection instead of
    returning the reply: the commit succeeds, but the worker cannot know."""

    def __init__(self, stack):
        stack.cluster.require("a socket of PostgreSQL")
        self.upstream = next(stack.cluster.host.glob(".s.PGSQL.*[0-9]"))
        self.folder = stack.conf.parent / "cutter"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        path = self.folder / self.upstream.name
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        path.chmod(0o777)
        self.listener.listen(64)
        self.cuts = 0
        self.armed = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self.upstream))
            state = {"cut": False}
            for a, b, sends in ((client, server, True),
                                (server, client, False)):
                threading.Thread(target=self.pump, daemon=True,
                                 args=(a, b, sends, state)).start()

    def pump(self, a, b, sends, state):
        try:
            while data := a.recv(65536):
                # A Bind: no portal's name, then the statement's.
                if sends and re.search(rb"\0EVENT_STORE(_KEYED)?\0", data):
                    with self.lock:
                        if self.armed:
                            self.armed -= 1
                            state["cut"] = True
                if not sends and state["cut"]:
                    # Its last message is ReadyForQuery,
                    # so the commit is complete.
                    while not data.endswith(b"Z\0\0\0\5I"):
                        data += a.recv(65536)
                    self.cuts += 1
                    break
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


@pytest.fixture
def cutter(stack):
    cutter = Cutter(stack)
    stack.post(b'{"first":"prepares the statements"}')
    text = stack.conf.read_text()
    stack.stop_worker()
    stack.conf.write_text(text.replace(str(stack.cluster.host),
                                       str(cutter.folder), 1))
    stack.start_worker()
    wait_for(lambda: stack.post(b'{"n":-1}').status == 200, "a 200")
    yield cutter
    cutter.listener.close()


def lose_replies(stack, cutter, n):
    """Posts while the replies to the next n commits are lost."""
    for i in range(4):
        stack.post(b'{"warm":%d}' % i)
    with cutter.lock:
        cutter.armed = n
    a = stack.post(b'{"n":%d}' % n)
    assert cutter.cuts == n
    return a


def test_lost_reply(stack, cutter):
    """The statement is repeated with the same id: one event, and a success."""
    before = stack.events()
    a = lose_replies(stack, cutter, 1)
    assert a.status == 200
    assert stack.events() == before + 5
    assert stack.psql("SELECT count(*) FROM creel.event WHERE id = '%s'"
                      % a.headers["Creel-Event"]) == "1"


def test_uncertain(stack, cutter):
    """If two replies are lost, the response is 503, but the event is
    stored."""
    a = lose_replies(stack, cutter, 2)
    assert a.status == 503 and a.headers["Retry-After"]
    assert stack.psql("SELECT count(*) FROM creel.event WHERE"
                      " convert_from(body, 'UTF8') = '{\"n\":2}'") == "1"
    wait_for(lambda: stack.post().status == 200, "a 200")


# -- idempotency keys

@pytest.mark.parametrize("name", ["Idempotency-Key", "webhook-id",
                                  "X-GitHub-Delivery"])
def test_same_key_again(stack, name):
    first = stack.post(b'{"n":1}', **{name: "a1"})
    again = stack.post(b'{"n":1}', **{name: "a1"})
    assert first.status == again.status == 200
    assert first.headers["Creel-Event"] == again.headers["Creel-Event"]
    assert again.body == first.body
    assert stack.events() == 1
    other = stack.post(b'{"n":3}', **{name: "a2"})
    assert other.headers["Creel-Event"] != first.headers["Creel-Event"]
    assert stack.events() == 2


def test_keys_per_hook_and_header(stack):
    hook, other = stack.new_hook()
    ids = {stack.post(**{"Idempotency-Key": "k"}).headers["Creel-Event"],
           stack.post(datasource=other,
                      **{"Idempotency-Key": "k"}).headers["Creel-Event"],
           stack.post(**{"webhook-id": "k"}).headers["Creel-Event"]}
    assert len(ids) == 3
    assert stack.events() == 3


def equal_keys(stack, bodies):
    """Posts with one key at once, also in one batch: the calls queue while no
    event can be stored."""
    with concurrent.futures.ThreadPoolExecutor(len(bodies)) as pool:
        with locked_events(stack):
            answers = [pool.submit(stack.post, b,
                                   **{"Idempotency-Key": "same"})
                       for b in bodies]
            wait_for(lambda: writer_waits(stack), "a writer that waits")
    return [a.result() for a in answers]


def test_equal_keys_at_once(stack):
    answers = equal_keys(stack, [b'{"n":1}'] * 32)
    assert {a.status for a in answers} == {200}
    assert len({a.headers["Creel-Event"] for a in answers}) == 1
    assert stack.events() == 1


def test_equal_keys_with_other_bodies_at_once(stack):
    """One of the calls gets the key, and its response names its event."""
    bodies = numbered(32)
    answers = equal_keys(stack, bodies)
    good = [i for i, a in enumerate(answers) if a.status == 200]
    assert len(good) == 1 and {a.status for a in answers} == {200, 422}
    assert stack.psql("SELECT id, convert_from(body, 'UTF8') FROM creel.event"
                      ) == f"{answers[good[0]].headers['Creel-Event']}|" \
        f"{bodies[good[0]].decode()}"


def test_keyed_and_unkeyed_in_one_batch(stack):
    bodies = numbered(16)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        with locked_events(stack):
            answers = [pool.submit(stack.post, bodies[i % 4 if i % 2 else i],
                                   **({"Idempotency-Key": f"k{i % 4}"}
                                      if i % 2 else {}))
                       for i in range(16)]
    answers = [a.result() for a in answers]
    assert {a.status for a in answers} == {200}
    assert stack.events() == 8 + 2


def test_key_too_long(stack):
    assert stack.post(**{"Idempotency-Key": "k" * 255}).status == 200
    assert stack.post(**{"Idempotency-Key": "k" * 256}).status == 400
    assert stack.events() == 1


def test_rejected_call_uses_no_key(stack):
    assert stack.post(b"nonsense", **{"Idempotency-Key": "k"}).status == 400
    assert stack.post(**{"Idempotency-Key": "k"}).status == 200
    assert stack.events() == 1


def test_keys_expire_with_their_events(stack):
    stack.post(**{"Idempotency-Key": "k"})
    stack.psql("UPDATE creel.dedupe SET event_id ="
               " '016f5e66-e800-7000-8000-000000000000'")
    stack.psql("SELECT creel.retention_step(a.id, 30, 0, 1000, NULL, NULL,"
               " NULL) FROM creel.application a")
    assert stack.psql("SELECT count(*) FROM creel.dedupe") == "0"
