# SPDX-License-Identifier: ISC
"""The load: requests for wrk, rows for pgbench, and what they measured."""
import contextlib
import glob
import hashlib
import json
import os
import re
import socket
import statistics
import subprocess
import time
import uuid

from stage import BENCH, held, program, wait_for

MARK = "@" * 20  # post.lua writes a number there
WRONG_KEY = "ck_" + "0" * 43
ROW = ("application_id", "hook_id", "method", "path", "headers",
       "content_type", "body", "principal", "remote_address", "status")
LISTS = {  # name: (description, query); pages of 100 out of 100,000
    "list-name": ("middle page by name", "page=500"),
    "list-name-last": ("last page by name", "page=999"),
    "list-updated": ("middle page by lastUpdated",
                     "sortField=lastUpdated&page=500"),
    "list-updated-last": ("last page by lastUpdated",
                          "sortField=lastUpdated&page=999"),
    "list-filter": ("middle page of a filter", "filterField=name"
                    "&filter=*5*&page=400"),
}


def body(size, mark=MARK):
    """Returns a JSON object of size bytes."""
    readings = []

    def text(note=""):
        return json.dumps({"call": mark, "readings": readings, "note": note})
    while len(text()) <= size:
        i = len(readings)
        readings.append({"sensor": f"press-{i}", "temperature": 20 + i / 8,
                         "pressure": 1013.25, "running": i % 2 == 0})
    readings.pop()
    return text("x" * (size - len(text())))


def post(path, text, **headers):
    """Returns a request; a header Content_Type is Content-Type."""
    lines = {"Host": "hooks.example.org", "Content-Type": "application/json",
             "Content-Length": len(text), **headers}
    return f"POST {path} HTTP/1.1\r\n" + "".join(
        f"{k.replace('_', '-')}: {v}\r\n" for k, v in lines.items()
    ) + "\r\n" + text


def request(handle, size, **headers):
    return post(f"/hooks/incoming/{handle}", body(size), **headers)


def list_request(creel, query):
    return (f"GET /applications/{creel.application}/webhooks?perPage=100&"
            f"{query} HTTP/1.1\r\nHost: hooks.example.org\r\n"
            f"Authorization: Bearer {creel.list_key}\r\n\r\n")


def news_requests(creel):
    """Returns requests for the events and for the commands of an application
    that has none."""
    quiet = creel.made("application", "create", "quiet")["id"]
    device = creel.made("device", "create", "--application", quiet, "--name",
                        "d")
    key = creel.new_key("event.body", application=quiet)
    cursor = f"{creel.mark()}:00000000-0000-0000-0000-000000000000"
    for path, key in (
            (f"/applications/{quiet}/events?cursor=f:{cursor}", key),
            (f"/devices/me/commands?after={device['id']}:c:{cursor}",
             device["key"])):
        yield (f"GET {path} HTTP/1.1\r\nHost: hooks.example.org\r\n"
               f"ApiKey: {key}\r\n\r\n")


def call_request(creel, event):
    """Returns a call of one of the actions of fill_devices()."""
    return post("/public-api/integration/webhooks",
                json.dumps({"call": MARK, "event_id": event}),
                X_Webhook_ApiKey=creel.call_key)


def spread_requests(applications, count):
    """Returns calls to hooks of grow.sql, each of another application and with
    its key: the first hook of an application has the application's number."""
    for n in range(1, applications + 1, max(1, applications // count)):
        handle = uuid.UUID(hashlib.md5(f"hook{n}".encode()).hexdigest())
        key = hashlib.md5(f"key{n}".encode()).hexdigest().ljust(43, "k")
        yield request(handle, 1024, ApiKey=f"ck_{key}")


def write_requests(stage):
    """The files that wrk sends, by name."""
    creel, o = stage.empty, stage.options
    requests = {
        "key": [request(creel.datasource, 1024, ApiKey=creel.api_key)],
        "bearer": [request(creel.datasource, 1024,
                           Authorization=f"Bearer {creel.token}")],
        "wrong": [request(creel.datasource, 1024, ApiKey=WRONG_KEY)],
        "unknown": [request(creel.datasource, 1024,
                            ApiKey="ck_" + "0" * 23 + MARK)],
        "large": [request(creel.datasource, 65536, ApiKey=creel.api_key)],
    }
    requests["follow"], requests["poll"] = (
        [text] for text in news_requests(creel))
    if o.events:
        grown = stage.servers["grown"]
        requests["grown"] = [request(grown.datasource, 1024,
                                     ApiKey=grown.api_key)]
        requests["spread"] = spread_requests(o.applications, o.spread)
    if o.listed:
        for name, (_, query) in LISTS.items():
            requests[name] = [list_request(stage.servers["listed"], query)]
    if o.devices:
        for name in ("one", "many"):
            requests[name] = [call_request(stage.servers["devices"], name)]
    for name, texts in requests.items():
        stage.dir.joinpath(f"{name}.requests").write_text("\1".join(texts))


def run_for(seconds, command):
    p = subprocess.run([str(a) for a in command], text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=seconds + 30)
    if p.returncode != 0:
        raise RuntimeError(f"{command[0]}: {p.stdout[-800:]}")
    return p.stdout


def wrk(port, path, connections, seconds, rate=None):
    """Sends the requests of a file, at most rate a second.  Returns seconds,
    p50 and p99 (ms), and the numbers of responses, of good ones (2xx) and of
    broken calls (no response)."""
    threads = min(2, connections)
    out = run_for(
        seconds,
        [program("wrk"), "-t", threads, "-c", connections,
         "-d", f"{seconds}s", "--timeout", "15s", "-s", BENCH / "post.lua",
         f"http://127.0.0.1:{port}/", "--", path,
         f"{time.time_ns() >> 20:08x}"[-8:],
         *([rate / threads] if rate else [])])
    r = json.loads(out.splitlines()[-1])
    return {"seconds": r["seconds"], "p50": r["p50"], "p99": r["p99"],
            "answered": r["requests"], "good": r["requests"] - r["refused"],
            "broken": r["broken"]}


def run_wrk(stage, front, requests, connections, seconds):
    return wrk(stage.ports[front], stage.dir / f"{requests}.requests",
               connections, seconds)


class Held:
    """Calls that wait for a reply while the context lasts, in addition to
    those that already wait."""

    def __init__(self, stage, front, count, others=0):
        self.stage = stage
        self.front = front
        self.count = count
        self.others = others

    def __enter__(self):
        self.exits = contextlib.ExitStack()
        creel = self.stage.empty
        for _ in range(self.count):
            s = socket.create_connection(
                ("127.0.0.1", self.stage.ports[self.front]))
            self.exits.callback(s.close)
            s.sendall(f"POST /webhooks/{creel.waited_for} HTTP/1.1\r\n"
                      "Host: hooks.example.org\r\nContent-Type: "
                      "application/json\r\nContent-Length: 2\r\n\r\n{}"
                      .encode())
        self.wait(self.count + self.others)

    def __exit__(self, *_):
        self.exits.close()
        self.wait(self.others)

    def wait(self, count):
        wait_for(lambda: held(self.stage.empty) == count,
                 f"{count} calls to be held")


def run_pgbench(stage, script, row, clients, seconds):
    """Runs a script repeatedly; good counts its commits."""
    defines = [f"--define={name}={row[name]}" for name in ROW]
    prefix = stage.dir / "pgbench"
    out = run_for(
        seconds,
        [program("pgbench"), "-n", "-M", "prepared", "-c", clients, "-j",
         min(2, clients),
         "-T", seconds, "-f", BENCH / script, *defines,
         "--log", "--sampling-rate=0.25", f"--log-prefix={prefix}",
         "-h", stage.database.host, "-U", "creel_worker",
         stage.empty.database])
    times = []
    for path in glob.glob(f"{prefix}.*"):
        with open(path) as f:
            times += [int(line.split()[2]) / 1000 for line in f]
        os.unlink(path)
    cuts = statistics.quantiles(times, n=100)
    done = int(re.search(r"actually processed: (\d+)", out)[1])
    rate = float(re.search(r"tps = ([\d.]+)", out)[1])
    return {"seconds": done / rate, "p50": cuts[49], "p99": cuts[98],
            "answered": done, "good": done, "broken": 0}
