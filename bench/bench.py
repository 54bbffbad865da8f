# SPDX-License-Identifier: ISC
"""
Benchmark of Creel, its ceiling and its alternatives; README.md describes it.
Started by bench/run, which installs the packages it needs.
"""
import argparse
import contextlib
import fnmatch
import itertools
import json
import os
import shutil
import signal
import sys
import time
from typing import NamedTuple

import load
import report
from stage import RESULTS, Stage

CONNECTIONS = (48, 128, 512)
MAIN = 128  # default
SOAK = 512

KEEP = {"off": (False,), "on": (True,), "both": (False, True)}
OPTIONS = {  # name: (default, description)
    "rounds": (5, "rounds; every contender takes one turn in each"),
    "seconds": (3, "length of a turn"),
    "limit": (720, "seconds for the whole run; the rest is left out"),
    "keep": ("on", "fastcgi_keep_conn of nginx: on, off or both"),
    "only": ("*", "the contenders, as comma-separated patterns"),
    "events": (10_000_000, "events in the grown database; 0: none"),
    "hooks": (100_000, "hooks in the grown database"),
    "applications": (10_000, "applications in the grown database"),
    "listed": (100_000, "webhooks of which a page is listed; 0: none"),
    "devices": (100_000, "devices that calls are for; 0: none are made"),
    "spread": (1000, "hooks, each of another application, that are called in "
               "the grown database"),
    "soak": (1_000_000, "requests after which memory is read; 0: not"),
    "creel": ("", "options of creel.conf: name=value,name=value"),
    "php": (16, "processes of PHP-FPM"),
    "node": (os.cpu_count(), "processes of Fastify"),
    "pool": (16, "database connections of each of them"),
}


class Contender(NamedTuple):
    title: str
    front: str  # of the stage; None for pgbench
    requests: str  # the file that wrk sends
    rows: str = None  # the server with the database that it writes to
    connections: tuple = (MAIN,)
    refused: bool = False  # nothing must be accepted
    warmup: int = 1  # seconds
    held: int = 0  # other calls that wait for a reply during the turn
    script: str = "insert.sql"  # of pgbench


CONTENDERS = {
    "ceiling": Contender("ceiling: empty responder", "ceiling", "key",
                         connections=CONNECTIONS),
    "creel": Contender("Creel, ApiKey", "creel", "key", "creel", CONNECTIONS),
    "free": Contender("Creel, no call is held", "creel", "key", "creel"),
    "held": Contender("Creel, 200 calls are held", "creel", "key", "creel",
                      held=200),
    "bearer": Contender("Creel, bearer token", "creel", "bearer", "creel"),
    "large": Contender("Creel, ApiKey, 64 KiB", "creel", "large", "creel"),
    "wrong": Contender("Creel, 401", "creel", "wrong", "creel", refused=True),
    "unknown": Contender("Creel, 401, ever new keys", "creel", "unknown",
                         "creel", refused=True),
    "grown": Contender("Creel, grown database", "grown", "grown", "grown"),
    "spread": Contender("Creel, grown, over many hooks", "grown", "spread",
                        "grown"),
    "follow": Contender("feed followed, nothing new", "creel", "follow",
                        connections=(8,)),
    "poll": Contender("device polls, nothing new", "creel", "poll",
                      connections=(8,)),
    "one": Contender("Creel, a call for one device", "devices", "one",
                     "devices"),
    "many": Contender("Creel, a call for all devices", "devices", "many",
                      "devices"),
    "pgbench": Contender("pgbench, one INSERT each", None, None, "creel",
                         (8, 16, 32)),
    "fastify": Contender("Fastify + pg", "fastify", "key", "creel", warmup=8),
    "php": Contender("PHP-FPM + PDO", "php", "key", "creel"),
    "webhook": Contender("webhook, /bin/true", "webhook", "key"),
    "trips": Contender("pgbench, ten SELECT 1", None, None, connections=(1,),
                       script="trips.sql"),
    **{name: Contender(f"list, {what}", "listed", name, connections=(1,))
       for name, (what, _) in load.LISTS.items()},
}


class Cell(NamedTuple):
    """A measurement: takes turns and is a line of the table."""
    name: str
    connections: int
    keep: bool  # None where nginx keeps no FastCGI connection

    @property
    def contender(self):
        return CONTENDERS[self.name]

    @property
    def front(self):
        return self.contender.front + "-keep" * bool(self.keep)


def cells(options):
    kept = ("ceiling", "creel", "grown", "listed", "devices")
    for name, contender in CONTENDERS.items():
        if contender.front == "grown" and not options.events or \
                contender.front == "listed" and not options.listed or \
                contender.front == "devices" and not options.devices or \
                not any(fnmatch.fnmatch(name, p) for p in options.only):
            continue
        keeps = options.keep if contender.front in kept else (None,)
        for keep, n in itertools.product(keeps, contender.connections):
            yield Cell(name, n, keep)


class Bench:
    def __init__(self, stage, options):
        self.stage = stage
        self.options = options
        self.started = options.started
        self.cells = list(cells(options))
        self.results = {cell: [] for cell in self.cells}
        self.memory = {}
        self.soaked = []
        self.held_kib = None
        self.row = stage.empty.sample_row(load.body(1024, "0" * 20))
        load.write_requests(stage)

    def left(self):
        return self.options.limit - (time.monotonic() - self.started)

    def run(self):
        say("warming up")
        for cell in self.cells:
            if cell.connections == cell.contender.connections[0]:
                self.turn(cell, cell.contender.warmup)
        longest = 0
        # Leaves time for the measurements after the rounds.
        reserve = min(self.options.limit / 5, self.options.soak / 8000)
        for n in range(self.options.rounds):
            if n > 0 and self.left() < longest + reserve:
                say(f"no time for more than {n} rounds")
                break
            began = time.monotonic()
            self.round(n + 1)
            longest = max(longest, time.monotonic() - began)
        if any(cell.name == "held" for cell in self.cells):
            self.weigh_held()
        if self.options.soak and True in self.options.keep:
            self.soak()

    def round(self, n):
        self.stage.database.psql("CHECKPOINT")
        # PostgreSQL logs the whole page at its first change after a checkpoint.
        # This second of calls keeps that out of the measurement.
        for cell in self.cells:
            if cell.contender.rows == "grown":
                self.turn(cell, 1)
        # Alternates the direction, so that predecessors vary.
        for cell in self.cells[::1 if n % 2 else -1]:
            result = self.turn(cell, self.options.seconds)
            self.results[cell].append(result)
            say(f"round {n}: {cell.contender.title}, {cell.connections}"
                f"{', kept' if cell.keep else ''}: "
                f"{result['rate']:.0f}/s, p99 {result['p99']:.1f} ms")
            if server := self.stage.servers.get(cell.contender.front):
                self.memory[cell] = server.memory()

    def turn(self, cell, seconds):
        """Measures one contender for some seconds."""
        if not cell.contender.held:
            return self.play(cell, seconds)
        with load.Held(self.stage, cell.front, cell.contender.held):
            return self.play(cell, seconds)

    def play(self, cell, seconds):
        database = self.stage.servers.get(cell.contender.rows)
        if database is self.stage.empty:
            database.psql("TRUNCATE creel.event")
        mark = database.mark() if database else None
        if cell.contender.front:
            result = load.run_wrk(self.stage, cell.front,
                                  cell.contender.requests, cell.connections,
                                  seconds)
        else:
            result = load.run_pgbench(self.stage, cell.contender.script,
                                      self.row, cell.connections, seconds)
        right = result["good"]
        if cell.contender.refused:
            right = result["answered"] - right
        result["wrong"] = result["answered"] - right + result["broken"]
        result["rate"] = right / result["seconds"]
        if database:
            result["rows"], different = database.rows(mark)
            self.check(cell, result, different)
        return result

    def check(self, cell, result, different):
        """Requires one row for each 2xx; unfinished calls may have left one
        as well."""
        more = result["rows"] - result["good"]
        if not 0 <= more <= cell.connections or \
                (cell.contender.front and different != result["rows"]):
            raise SystemExit(
                f"{cell.contender.title}: {result['good']} responses were "
                f"2xx, but {result['rows']} rows were stored, "
                f"{different} of them different")

    def weigh_held(self):
        """Measures the memory of a waiting call in a new worker."""
        creel = self.stage.empty
        creel.stop_worker()
        creel.start_worker()
        cell = next(c for c in self.cells if c.name == "held")
        first, more = 20, cell.contender.held
        # The first calls allocate what every thread needs once.
        with load.Held(self.stage, cell.front, first):
            before = creel.memory()
            with load.Held(self.stage, cell.front, more, first):
                self.held_kib = (creel.memory() - before) * 1024 / more
        say(f"a waiting call takes {self.held_kib:.1f} KiB")

    def soak(self):
        """Measures the memory of a new worker after many requests on many
        kept connections."""
        creel = self.stage.empty
        creel.stop_worker()
        creel.start_worker()
        done, rate = 0, 20000
        for goal in (self.options.soak // 10, self.options.soak):
            while done < goal and self.left() > 3:
                seconds = max(1, min(10, round((goal - done) / rate),
                                     int(self.left())))
                r = load.run_wrk(self.stage, "creel-keep", "key", SOAK,
                                 seconds)
                done += r["answered"]
                rate = r["answered"] / r["seconds"]
                if r["good"] < r["answered"] or r["broken"]:
                    say(f"not all were answered with 2xx: {r}")
            self.soaked.append((done, creel.memory()))
            say(f"after {done} requests: {self.soaked[-1][1]:.1f} MiB")


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def parse_options(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/run BUILD-FOLDER", description=__doc__,
        epilog="Each option's default can be set in the environment too: "
        "BENCH_ROUNDS=3.")
    for name, (default, text) in OPTIONS.items():
        parser.add_argument(
            f"--{name}", type=type(default),
            metavar="N" if isinstance(default, int) else "TEXT",
            default=type(default)(os.environ.get(f"BENCH_{name.upper()}",
                                                 default)),
            help=f"{text} ({default})")
    o = parser.parse_args(arguments)
    if o.keep not in KEEP:
        parser.error("--keep: on, off or both")
    o.keep = KEEP[o.keep]
    o.only = o.only.split(",")
    o.creel = dict(pair.split("=", 1) for pair in filter(
        None, o.creel.split(",")))
    chosen = {cell.name for cell in cells(o)}
    if not chosen:
        parser.error(f"--only: {' '.join(CONTENDERS)}")
    if not chosen & {"grown", "spread"}:
        o.events = 0
    if not chosen & set(load.LISTS):
        o.listed = 0
    if not chosen & {"one", "many"}:
        o.devices = 0
    if "creel" not in chosen:
        o.soak = 0
    o.started = time.monotonic()
    o.load = os.getloadavg()[0]
    return o


def keep_logs(stage):
    """Keeps the programs' logs after a failure."""
    logs = RESULTS / "log"
    logs.mkdir(parents=True, exist_ok=True)
    top = stage.database.dir
    for path in itertools.chain(top.glob("*.log"), top.glob("*/*.log")):
        with contextlib.suppress(OSError):
            shutil.copy(path, logs / f"{path.parent.name}-{path.name}")
    say(f"logs are in {logs}")


def main():
    options = parse_options(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    say("PostgreSQL and the contenders"
        f"{', %d events' % options.events if options.events else ''}")
    stage = Stage(options)
    try:
        bench = Bench(stage, options)
        bench.run()
        text, data = report.text(bench), report.data(bench)
    except BaseException:
        keep_logs(stage)
        raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        stage.close()
    (RESULTS / "result.txt").write_text(text)
    (RESULTS / "result.json").write_text(json.dumps(data, indent=1) + "\n")
    print(text)
    say(f"this table is in {RESULTS / 'result.txt'}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
