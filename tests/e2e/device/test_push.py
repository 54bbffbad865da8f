# SPDX-License-Identifier: ISC
"""Devices that listen: hints through nginx's push module."""
# route: GET /devices/me/listen
import asyncio
import concurrent.futures
import hashlib
import http.client
import json
import pathlib
import re
import resource
import secrets
import signal
import socket
import time
import urllib.parse

import pytest

from conftest import FRONTS, send, wait_for
from listeners import LISTEN, EventSource, LongPoll, WebSocket
from metrics_api import scrape
from transactions import under_way
from wallboard_api import Door, success

UNKNOWN = "0" * 24
LISTENERS = 10000


@pytest.fixture(scope="module")
def stack(make_stack):
    # Ten thousand keys without cache entries come at once.
    s = make_stack()
    s.configure(push_url=f"unix:{s.publisher}:/publish", lookup_rate=1000000)
    s.stop_worker()
    s.start_worker()
    s.front("nginx-push")
    return s


def front_of(stack, kind):
    """Another web server for the same worker, without the push module."""
    return next((f for f in stack.fronts if f.kind == kind), None) or \
        stack.front(kind)


@pytest.fixture(scope="module")
def plain(stack):
    return front_of(stack, "nginx")


class Device:
    def __init__(self, stack, application, id, key):
        self.stack, self.application = stack, application
        self.id, self.key = id, key


def devices(stack, n, application=None, keys=()):
    """Creates n devices, each of which has these keys, too."""
    application = application or stack.application
    made = [Device(stack, application, secrets.token_hex(12),
                   "ck_" + secrets.token_urlsafe(32)) for _ in range(n)]
    stack.secrets += [d.key for d in made]

    rows = json.dumps([
        {"id": d.id, "prefix": d.key[:8],
         "hash": hashlib.sha256(d.key.encode()).hexdigest()} for d in made])
    stack.psql(f"""
        CREATE TEMP TABLE made AS
            SELECT '{application}' AS application_id, * FROM
            json_to_recordset('{rows}') AS d (id text, prefix text, hash text);
        INSERT INTO creel.device (application_id, id, name,
            cursor_position, cursor_event_id)
        SELECT application_id, id, 'd', 0,
            '00000000-0000-0000-0000-000000000000' FROM made;
        INSERT INTO creel.credential (application_id, id, kind, name, prefix,
            secret_sha256, scopes)
        SELECT application_id, id, 'device', 'd', prefix, decode(hash, 'hex'),
            '{{commands.get}}' FROM made;
        INSERT INTO creel.address (kind, handle, application_id, target_id)
        SELECT 'key', hash, application_id, id FROM made;
        INSERT INTO creel.device_member (application_id, key, device_id)
        SELECT application_id, key, id
        FROM made, unnest('{{{",".join(keys)}}}'::text[]) AS key""")
    return made


def device(stack, *args):
    return devices(stack, 1, *args)[0]


def group(stack, application):
    id = secrets.token_hex(12)
    stack.psql(f"""INSERT INTO creel.device_group (application_id, id, name)
        VALUES ('{application}', '{id}', 'g')""")
    return id


def tenant(stack):
    return stack.made("application", "create", "t")["id"]


class Trigger:
    """An action, and calls of it."""

    def __init__(self, stack, application, **targets):
        self.door = Door(stack, application)
        self.id = self.door.action(steps=[
            {"function": "PAUSE_LOOP", "targets": targets}])["eventId"]

    def __call__(self, url=None):
        return success(self.door.post({"event_id": self.id}, url=url))


def to(*devices):
    """Creates an action for these devices."""
    return Trigger(devices[0].stack, devices[0].application,
                   deviceIds=[d.id for d in devices])


@pytest.fixture(params=[WebSocket, EventSource, LongPoll],
                ids=lambda kind: kind.__name__)
def listen(request):
    """Creates listeners of each kind: listen(device)."""
    made = []

    def make(*args, **options):
        made.append(request.param(*args, **options))
        return made[-1]

    yield make
    for listener in made:
        listener.close()


def test_targets(stack, listen):
    """A hint reaches the targets, and no other device."""
    ours, theirs = tenant(stack), tenant(stack)
    group_one, group_two = group(stack, ours), group(stack, ours)
    one = device(stack, ours, [group_one, "tag:t"])
    two = device(stack, ours, [group_two])
    foreign = device(stack, theirs, ["tag:t"])
    ears = [listen(d) for d in (one, two, foreign)]

    for_one = [to(one)()]
    ears[0].expect(*for_one)
    for_one.append(Trigger(stack, ours, deviceGroupIds=[group_one])())
    ears[0].expect(*for_one)
    for_two = [Trigger(stack, ours, deviceGroupIds=[group_two])()]
    ears[1].expect(*for_two)
    for targets in ({"allDevices": True}, {"tags": ["t"]}):
        event = Trigger(stack, ours, **targets)()
        for_one.append(event)
        for_two.append(event)
        ears[0].expect(*for_one)
        ears[1].expect(*for_two)
    # After calls of another tenant its own hint is the first.
    ears[2].expect(Trigger(stack, theirs, tags=["t"])())
    ears[0].expect(*for_one)


def test_groups(stack):
    """As many groups as a device listens to."""
    ours = tenant(stack)
    groups = [f"{i:024x}" for i in range(1, 121)]
    d = device(stack, ours, groups)
    last = f"{100:024x}"
    stack.psql(f"""INSERT INTO creel.device_group (application_id, id, name)
        VALUES ('{ours}', '{last}', 'g')""")
    listener = WebSocket(d)
    listener.expect(Trigger(stack, ours, deviceGroupIds=[last])())
    listener.close()


def test_hints_from_before(stack, listen):
    """A device also gets hints from just before it began to listen."""
    d = device(stack)
    event = to(d)()
    wait_for(lambda: d.id in published(stack), "a hint")
    listen(d).expect(event)


def published(stack):
    path = stack.dir / "publish.log"
    return path.read_text() if path.exists() else ""


def ask(device, cursor=None, url=None):
    """Requests a device's commands from its cursor on; returns the events' ids
    and the next cursor."""
    found, more = [], True
    while more:
        r = send(url or device.stack.url, "GET", "/devices/me/commands" + (
            f"?after={cursor}" if cursor else ""), [("ApiKey", device.key)])
        assert r.status == 200, r.body
        page = json.loads(r.body)
        found += [item["id"].rsplit(".")[0] for item in page["items"]]
        cursor, more = page["cursor"], page["more"]
    return found, cursor


def test_follow(stack, listen):
    """A device that listens, requests its commands, and requests them again
    after each hint, misses none during a load, without a timer."""
    ours = tenant(stack)
    d = device(stack, ours)
    trigger = Trigger(stack, ours, allDevices=True)
    listener = listen(d)
    found, cursor = ask(d)
    assert found == []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(trigger) for _ in range(300)]
        seen = 0
        while len(found) < len(calls):
            wait_for(lambda: len(listener.hints) > seen, "a hint")
            seen = len(listener.hints)
            more, cursor = ask(d, cursor)
            found += more
    assert sorted(found) == sorted(c.result() for c in calls)


def test_settled(stack):
    """The hint is sent when the command can be read, not before."""
    d = device(stack)
    trigger = to(d)
    listener = WebSocket(d)
    with under_way(stack):
        event = trigger()
        for _ in range(2):
            now = stack.psql("SELECT clock_timestamp()")
            wait_for(lambda: stack.psql(f"""
                SELECT count(*) FROM pg_stat_activity
                WHERE query LIKE '%creel.horizon(p.highest)%'
                    AND query_start > '{now}' AND pid <> pg_backend_pid()""",
                user="postgres") != "0", "the question")
        assert ask(d)[0] == listener.hints == []
    listener.expect(event)
    assert ask(d)[0] == [event]
    listener.close()


# -- rights

def get(stack, key=None, front=None, path=LISTEN, method="GET", headers=()):
    return send((front or stack.fronts[0]).url, method, path,
                [*headers, *([("ApiKey", key)] if key else [])], timeout=20)


def test_rejected(stack):
    d = device(stack)
    no_device = stack.new_key("commands.get")
    for key, status in ((None, 401), ("ck_x", 401), (stack.api_key, 403),
                        (no_device, 403)):
        r = get(stack, key)
        assert r.status == status
        answer = json.loads(r.body)
        assert set(answer) == {"type", "message"}
        assert ("not a device key" in answer["message"]) == (key == no_device)
    for method in ("POST", "HEAD"):
        r = get(stack, d.key, method=method)
        assert (r.status, r.headers["Allow"]) == (405, "GET, OPTIONS")


def opened(stack, key):
    """Starts to listen and leaves at once; returns the status."""
    c = http.client.HTTPConnection(urllib.parse.urlsplit(stack.url).netloc,
                                   timeout=20)
    c.request("GET", LISTEN, headers={"ApiKey": key,
                                      "Accept": "text/event-stream"})
    status = c.getresponse().status
    c.close()
    return status


def test_disabled(stack):
    d = device(stack)
    assert opened(stack, d.key) == 200
    stack.psql(f"""UPDATE creel.credential SET enabled = false
        WHERE id = '{d.id}'""")
    wait_for(lambda: opened(stack, d.key) == 401, "the key to be rejected")


def test_from_outside(stack):
    """Clients cannot name channels, and do not reach the publisher."""
    ids = stack.application
    for path in (f"/creel-listen/{ids}", f"/publish/{ids}",
                 f"/devices/me/../../creel-listen/{ids}",
                 f"/x/%2e%2e/creel-listen/{ids}", f"//creel-listen/{ids}"):
        for method in ("GET", "POST"):
            r = get(stack, path=path, method=method)
            assert r.status in (404, 405), path
    # Headers and the query are not mistaken for nginx's parameters.
    for headers in ([("Push-Location", "/x/")],
                    [("X-Accel-Redirect", f"/creel-listen/{ids}")]):
        assert get(stack, headers=headers).status == 401
    assert get(stack, path=f"{LISTEN}?PUSH_LOCATION=/x/").status == 401


def test_publisher(stack):
    """The publisher accepts short messages for channels only."""
    def post(path, body=b"{}", method="POST"):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(stack.publisher))
            s.sendall(b"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                      b"Content-Length: %d\r\n\r\n%s" % (
                          method.encode(), path.encode(), len(body), body))
            return int(s.makefile("rb").readline().split()[1])
    assert post("/publish/" + UNKNOWN) == 202
    assert post("/publish/" + UNKNOWN, b"x" * 2000) == 413
    for path in ("/publish/x", "/publish/", "/", "/publish/" + UNKNOWN + ","):
        assert post(path) == 404


@pytest.mark.parametrize("kind", FRONTS)
def test_no_push(stack, kind):
    """Without the push module the response says what to do."""
    r = get(stack, device(stack).key, front_of(stack, kind))
    assert r.status == 404
    assert "/devices/me/commands" in json.loads(r.body)["message"]


def test_no_push_url(make_stack):
    """The module is there, but gets no messages."""
    other = make_stack()
    other.front("nginx-push")
    r = get(other, device(other).key)
    assert r.status == 404
    assert "/devices/me/commands" in json.loads(r.body)["message"]


def test_not_logged(stack):
    WebSocket(device(stack)).close()
    line = wait_for(lambda: [x for x in (
        stack.fronts[0].dir / "access.log").read_text().split("\n")
        if "/listen?api_key=*****" in x and " 101 " in x], "a line")
    assert line
    logs = stack.logs() + stack.fronts[0].logs() + "".join(
        p.read_text() for p in stack.fronts[0].dir.glob("*.log"))
    for secret in stack.secrets:
        assert secret not in logs


# -- outages

def test_worker_restarted(stack, listen):
    """Listeners do not notice."""
    d = device(stack)
    listener = listen(d)
    trigger = to(d)
    stack.stop_worker()
    stack.start_worker()
    listener.expect(trigger())


def test_reload(stack, listen):
    """nginx reloads its configuration, with new processes."""
    front = stack.fronts[0]
    d = device(stack)
    trigger = to(d)
    listen(d)
    gone = front.logs().count(": exit\n") + front.WORKERS
    front.process.send_signal(signal.SIGHUP)
    wait_for(lambda: front.logs().count(": exit\n") >= gone, "a reload")
    listen(d).expect(trigger())


def test_publisher_down(stack, plain, listen):
    """Calls are accepted meanwhile; the hints are sent later."""
    def warnings(text):
        return stack.logs().count(text)
    down, back = "devices receive commands only", "is reachable again"
    front = stack.fronts[0]
    d = device(stack)
    trigger = to(d)
    before = warnings(down), warnings(back)
    front.close()
    events = [trigger(plain.url) for _ in range(20)]
    wait_for(lambda: warnings(down) > before[0], "a warning")
    events.append(trigger(plain.url))
    assert ask(d, url=plain.url)[0] == events
    front.start()
    listener = listen(d)
    listener.expect(events[-1])
    wait_for(lambda: warnings(back) > before[1], "a warning")
    events.append(trigger())
    listener.expect(*events[-2:])
    assert (warnings(down), warnings(back)) == (before[0] + 1, before[1] + 1)


def test_metrics(stack):
    def count(result):
        return scrape(stack).get(
            f'creel_push_hints_total{{result="{result}"}}', 0)
    before = count("sent")
    to(*devices(stack, 2))()
    wait_for(lambda: count("sent") == before + 2, "two hints")


# -- ten thousand

HANDSHAKE = (b"GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
             b"ApiKey: %s\r\n\r\n")


class Idle(asyncio.Protocol):
    """A WebSocket that only counts messages."""

    def __init__(self, key, opened):
        self.request = HANDSHAKE % (LISTEN.encode(), key.encode())
        self.opened, self.text = opened, b""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data):
        self.text += data
        if not self.opened.done() and b"\r\n\r\n" in self.text:
            head, self.text = self.text.split(b"\r\n\r\n", 1)
            self.opened.set_result(head.startswith(b"HTTP/1.1 101 "))

    def connection_lost(self, _):
        if not self.opened.done():
            self.opened.set_result(False)


def memory(pid):
    """The private memory of a process and its children, in bytes."""
    pids = [pid, *map(int, pathlib.Path(
        f"/proc/{pid}/task/{pid}/children").read_text().split())]
    return sum(int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(
        f"/proc/{p}/smaps_rollup").read_text(), re.M)[1]) for p in pids) << 10


async def open_many(port, devices):
    """Listeners, so many at a time that no backlog is full."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(100)

    async def one(device):
        async with gate:
            opened = loop.create_future()
            _, idle = await loop.create_connection(
                lambda: Idle(device.key, opened),
                "127.0.0.1", port)
            assert await opened, idle.text
            return idle
    return await asyncio.gather(*map(one, devices))


async def many(stack, devices, trigger, last):
    front = stack.fronts[0]
    before = memory(front.process.pid), stack.resident()
    began = time.monotonic()
    idle = await open_many(urllib.parse.urlsplit(front.url).port, devices)
    opened = time.monotonic() - began
    after = memory(front.process.pid), stack.resident()

    began = time.monotonic()
    event = (await asyncio.to_thread(trigger)).encode()
    while not all(event in x.text for x in idle):
        assert time.monotonic() < began + 120, "no hints"
        await asyncio.sleep(0.02)
    reached = time.monotonic() - began
    # The next hint shows that the first one came once.
    event_last = (await asyncio.to_thread(last)).encode()
    while event_last not in idle[-1].text:
        assert time.monotonic() < began + 120, "no hint"
        await asyncio.sleep(0.02)
    assert all(x.text.count(event) == 1 for x in idle)
    for x in idle:
        x.transport.abort()
    return {"opened": opened, "reached": reached,
            "nginx": after[0] - before[0], "worker": after[1] - before[1]}


def test_many(stack):
    """Ten thousand listen, and one call reaches each once."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[1] < LISTENERS + 1000:
        pytest.skip(f"no more than {limits[1]} descriptors are to be had")
    ours = tenant(stack)
    made = devices(stack, LISTENERS, ours, [group(stack, ours)])
    trigger, last = Trigger(stack, ours, allDevices=True), to(made[-1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    try:
        took = asyncio.run(asyncio.wait_for(
            many(stack, made, trigger, last), 300))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    print(took)
    # nginx has the listeners, Creel's worker only cache entries of their keys.
    assert took["nginx"] < LISTENERS * 64 * 1024
    assert stack.sanitized or took["worker"] < LISTENERS * 4096
