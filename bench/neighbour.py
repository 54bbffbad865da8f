# SPDX-License-Identifier: ISC
"""
The quiet tenant: its calls beside a neighbour with a hundred times its rate, in
many ways.  README.md describes it.  Started by bench/run.
"""
import argparse
import concurrent.futures
import contextlib
import fnmatch
import hashlib
import itertools
import json
import os
import signal
import socket
import statistics
import sys
import time
import uuid
from typing import NamedTuple

import load
import slow
from stage import RESULTS, Creel, Database, conftest

OPTIONS = {  # name: (default, description)
    "rounds": (3, "rounds; every way takes one turn in each"),
    "seconds": (5, "length of a turn"),
    "quiet": (20, "calls per second of each of the two quiet tenants"),
    "rate": (2000, "calls per second of the neighbour"),
    "connections": (64, "connections of the neighbour"),
    "slow": (400, "slow clients of the neighbour"),
    "hooks": (1000, "hooks of the neighbour, where it has many"),
    "only": ("*", "the ways, as comma-separated patterns"),
    "creel": ("", "options of creel.conf: name=value,name=value"),
}
GOAL = 1.5  # times the p99 of the reference
QUIET, FAR = "192.0.2.1", "198.51.100.1"  # addresses of the clients
SMALL = 64  # events in the inbox that the neighbour fills
LARGE = 900 << 10
PAGE = 40  # large events in the neighbour's log


class Way(NamedTuple):
    """What the neighbour does: sends a file of requests, and has slow
    clients, which send and read so many bytes a second."""
    title: str
    requests: str = "good"
    slow: str = None
    step: int = 0
    site: str = "creel"
    part: int = 1  # of the rate
    connections: int = 1  # times as many


WAYS = {
    "alone": Way("no neighbour", None),
    "good": Way("well-behaved, again"),
    "keys": Way("unknown keys", "keys"),
    "keys-nat": Way("unknown keys, same address", "keys-nat"),
    "hooks": Way("unknown hooks", "hooks"),
    "tokens": Way("unknown tokens", "tokens"),
    "tokens-nat": Way("unknown tokens, same address", "tokens-nat"),
    "large": Way("900 KiB bodies, as many", "large"),
    "large-few": Way("900 KiB bodies, a hundredth", "large", part=100),
    "readers": Way("slow readers of events", slow="events", step=2048),
    "lists": Way("slow readers of lists", slow="list", step=2048),
    "feed": Way("readers that wait for events", slow="wait", step=2048),
    "senders": Way("slow senders", slow="large", step=256),
    "inbox": Way("over its share of the inbox", site="small", connections=4),
    "spread": Way("events for many hooks", "spread"),
}


class Site:
    """A Creel with its nginx and tenants: two quiet ones, of which no worker
    has seen the second, and their neighbour."""

    def __init__(self, database, options, calls, **settings):
        self.options = options
        self.creel = Creel(database, {**options.creel, **settings})
        self.make_tenants(calls)
        # The new worker has nothing in its cache.
        self.creel.stop_worker()
        self.creel.start_worker()
        conftest.wait_for(
            lambda: self.creel.logs().count("known addresses: ") > 1,
            "a worker")
        self.front = Front(self.creel, "nginx")
        self.creel.fronts.append(self.front)
        self.quiet = itertools.repeat(self.call(
            self.creel.datasource, self.creel.api_key))
        self.unseen = itertools.starmap(self.call, self.new_hooks)
        self.write_requests()

    def make_tenants(self, calls):
        creel = self.creel
        self.neighbour = creel.other_application
        self.hooks = self.fill(self.neighbour, self.options.hooks)
        application = creel.made("application", "create", "unseen")["id"]
        self.new_hooks = iter(self.fill(application, calls))
        self.key = creel.new_key(application=self.neighbour)
        self.reader = creel.new_key("event.body", "webhooks.get",
                                    application=self.neighbour)
        creel.psql(f"""
            INSERT INTO creel.hook (application_id, id, kind, handle, name,
                settings)
            SELECT '{self.neighbour}', lpad(to_hex(n), 24, '0'), 'webhook',
                md5('webhook' || n), 'webhook ' || n, '{{}}'
            FROM generate_series(1, 1000) AS n""", "postgres")

    def fill(self, application, count):
        """Creates hooks and as many keys; returns handles and keys."""
        names = [f"{application}-{n}" for n in range(count)]
        keys = ["ck_" + hashlib.md5(n.encode()).hexdigest().ljust(43, "k")
                for n in names]
        handles = [str(uuid.uuid5(uuid.NAMESPACE_URL, n)) for n in names]
        self.creel.psql("""
            CREATE TEMPORARY TABLE new (handle text, key text, id text
                GENERATED ALWAYS AS (left(md5(handle), 24)) STORED);
            COPY new (handle, key) FROM stdin;
""" + "".join(f"{h}\t{k}\n" for h, k in zip(handles, keys)) + f"""\\.
            INSERT INTO creel.hook (application_id, id, kind, handle, name)
            SELECT '{application}', id, 'datasource', handle, handle
            FROM new;
            INSERT INTO creel.credential (application_id, id, name, prefix,
                secret_sha256, scopes)
            SELECT '{application}', id, 'key', left(key, 9),
                sha256(key::bytea), '{{datasource.post}}' FROM new;
            INSERT INTO creel.address (kind, handle, application_id, target_id)
            SELECT 'key', encode(sha256(key::bytea), 'hex'), '{application}',
                id FROM new
            UNION ALL
            SELECT 'datasource', handle, '{application}', id FROM new
            ON CONFLICT DO NOTHING;""", "postgres")
        return list(zip(handles, keys))

    @staticmethod
    def call(handle, key, address=QUIET, size=1024):
        return load.request(handle, size, ApiKey=key, X_Real_IP=address)

    def write_requests(self):
        """The files that wrk sends, by name."""
        guid = self.creel.foreign_datasource
        self.large = load.post(f"/hooks/incoming/{guid}", json.dumps(
            {"call": load.MARK, "note": "x" * (LARGE - 64)}),
            ApiKey=self.key, X_Real_IP=FAR)

        def key(address):
            return self.call(guid, "ck_" + "0" * 23 + load.MARK, address)

        def token(address):
            return load.post(f"/webhooks/{load.MARK}", "{}",
                             X_Real_IP=address)
        self.files = {}
        for name, texts in {
                "good": [self.call(guid, self.key, FAR)],
                "keys": [key(FAR)], "keys-nat": [key(QUIET)],
                "hooks": [self.call("0" * 12 + load.MARK, self.key, FAR)],
                "tokens": [token(FAR)], "tokens-nat": [token(QUIET)],
                "large": [self.large],
                "spread": [self.call(h, self.key, FAR)
                           for h, _ in self.hooks]}.items():
            self.files[name] = self.creel.dir / f"{name}.requests"
            self.files[name].write_text("\1".join(texts))

    def slow_requests(self, name):
        """The requests of slow clients."""
        if name == "large":
            return [self.large]
        path = f"/applications/{self.neighbour}"
        cursor = f"f:{self.creel.mark()}:{uuid.UUID(int=0)}"
        path += {"events": f"/events?order=oldest&limit={PAGE}",
                 "list": "/webhooks?perPage=1000",
                 "wait": f"/events?cursor={cursor}&wait=30"}[name]
        credential = f"Authorization: Bearer {self.reader}" \
            if name == "list" else f"ApiKey: {self.reader}"
        return [f"GET {path} HTTP/1.1\r\nHost: hooks.example.org\r\n"
                f"X-Real-IP: {FAR}\r\nConnection: close\r\n{credential}"
                "\r\n\r\n"]

    def fill_log(self):
        """Stores the large events that slow clients read."""
        body = json.dumps({"note": "x" * (100 << 10)})
        for _ in range(PAGE):
            reply = self.creel.post(
                body, datasource=self.creel.foreign_datasource,
                ApiKey=self.key)
            assert reply.status == 200, reply.status


class Front(conftest.Nginx):
    """A client's address is that of its header X-Real-IP."""
    CONNECTIONS = 4096
    MAIN = "worker_rlimit_nofile 8192;"
    HTTP = """\
	keepalive_requests 100000000;
	set_real_ip_from 127.0.0.1;
	real_ip_header X-Real-IP;
"""


class Caller:
    """Sends a tenant's calls at their times, each on a connection of its
    own."""

    def __init__(self, port, calls):
        self.port = port
        self.calls = calls
        self.times = []  # milliseconds, from the time when it was due
        self.failed = []

    def send(self, text, due):
        status = "none"
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", self.port), 30) as s:
                s.sendall(text.encode())
                status = s.recv(4096)[9:12].decode()
        self.times.append((time.monotonic() - due) * 1e3)
        if status != "200":
            self.failed.append(status)

    def run(self, pool, seconds, rate):
        """Returns the calls, which may not have ended."""
        began = time.monotonic()
        for n in range(seconds * rate):
            due = began + n / rate
            time.sleep(max(0, due - time.monotonic()))
            yield pool.submit(self.send, next(self.calls).replace(
                load.MARK, f"{time.time_ns():020}"), due)


def turn(site, way, options):
    """Measures the quiet tenants beside a neighbour.  Returns their Callers
    and what wrk has measured."""
    callers = [Caller(site.front.port, calls)
               for calls in (site.quiet, site.unseen)]
    with contextlib.ExitStack() as exits:
        pool = exits.enter_context(concurrent.futures.ThreadPoolExecutor(64))
        if way.slow:
            exits.enter_context(slow.Slow(
                site.front.port, site.slow_requests(way.slow), options.slow,
                way.step))
            time.sleep(1)  # until most of them have begun
        wrk = pool.submit(
            load.wrk, site.front.port, site.files[way.requests],
            options.connections * way.connections, options.seconds + 1,
            options.rate / way.part) if way.requests else None
        time.sleep(0.5)
        running = [pool.submit(lambda c: [f.result() for f in list(
            c.run(pool, options.seconds, options.quiet))], c)
            for c in callers]
        for r in running:
            r.result()
        return callers, wrk.result() if wrk else None


class Result:
    """The turns of a way, and those of the reference before each."""

    def __init__(self):
        self.turns = {"way": [], "reference": []}

    def times(self, which, tenant):
        return [t for callers, _ in self.turns[which]
                for t in callers[tenant].times]

    def failed(self, tenant):
        return [s for callers, _ in self.turns["way"]
                for s in callers[tenant].failed]

    def p99(self, which, tenant):
        return quantile(self.times(which, tenant), 99)

    def neighbour(self):
        """Calls per second, and how many of 100 were 2xx."""
        runs = [r for _, r in self.turns["way"] if r]
        if not runs:
            return 0, 0
        answered = sum(r["answered"] for r in runs)
        return (answered / sum(r["seconds"] for r in runs),
                100 * sum(r["good"] for r in runs) / max(1, answered))


def quantile(times, n):
    return statistics.quantiles(times, n=100, method="inclusive")[n - 1]


def table(results, options):
    yield (f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} processors, "
           f"load before {options.load:.1f}; {options.rounds} rounds of "
           f"{options.seconds} s; two quiet tenants with {options.quiet} calls "
           f"a second each; a neighbour with {options.rate}")
    yield ""
    yield (f"{'':30} {'neighbour':>12} {'seen before':^28} "
           f"{'not seen before':^28}")
    head = f"{'p50 ms':>7} {'p99 ms':>7} {'ratio':>6} {'failed':>6}"
    yield f"{'the neighbour':30} {'req/s':>6} {'2xx':>5} {head} {head}"
    for name, result in results.items():
        rate, good = result.neighbour()
        line = f"{WAYS[name].title:30} {rate:6.0f} {good:4.0f}%"
        for tenant in (0, 1):
            p99 = result.p99("way", tenant)
            ratio = p99 / result.p99("reference", tenant)
            line += (f" {quantile(result.times('way', tenant), 50):7.1f} "
                     f"{p99:7.1f} {ratio:5.2f}{'!' if ratio > GOAL else ' '}"
                     f"{len(result.failed(tenant)):7}")
        yield line
    yield ""
    yield (f"ratio: p99 to that beside a well-behaved neighbour, in turns "
           f"before; !: more than {GOAL}")


def parse_options(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/run BUILD-FOLDER neighbour", description=__doc__)
    for name, (default, text) in OPTIONS.items():
        parser.add_argument(f"--{name}", type=type(default), default=default,
                            help=f"{text} ({default})")
    o = parser.parse_args(arguments)
    o.creel = dict(pair.split("=", 1) for pair in filter(
        None, o.creel.split(",")))
    o.ways = [name for name in WAYS if any(
        fnmatch.fnmatch(name, p) for p in o.only.split(","))]
    if not o.ways:
        parser.error(f"--only: {' '.join(WAYS)}")
    o.load = os.getloadavg()[0]
    return o


def measure(database, options, exits):
    """Returns the results by way."""
    sites = {}
    for name, settings in (("creel", {}), ("small", {"queue_events": SMALL})):
        n = sum(1 + (WAYS[w].site == "creel") for w in options.ways)
        site = Site(database, options, 64 + 2 * n * options.rounds *
                    options.seconds * options.quiet, **settings)
        exits.callback(site.creel.close)
        sites[name] = site
    database.filled()
    for site in sites.values():
        site.fill_log()
        turn(site, WAYS["good"], options)
    results = {name: Result() for name in options.ways}
    for n in range(options.rounds):
        for name, result in results.items():
            for which, way in (("reference", WAYS["good"]),
                               ("way", WAYS[name])):
                result.turns[which].append(
                    turn(sites[way.site], way, options))
            say(f"round {n + 1}: {WAYS[name].title}: p99 " + ", ".join(
                f"{quantile(c.times, 99):.1f} ms, failed {c.failed}"
                for c in result.turns["way"][-1][0]))
    return results


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def main():
    options = parse_options(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.ExitStack() as exits:
        database = Database()
        exits.callback(database.close)
        results = measure(database, options, exits)
    text = "\n".join(table(results, options)) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "neighbour.txt").write_text(text)
    print(text)
    if any(r.failed(t) for r in results.values() for t in (0, 1)):
        sys.exit("some calls of quiet tenants failed")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
