# SPDX-License-Identifier: ISC
"""The tables: the machine, the measurements and the ratios."""
import os
import platform
import re
import statistics
import time
from typing import NamedTuple

import load
from stage import program, run


class Figure(NamedTuple):
    title: str
    what: str  # which result: rate, p99
    name: str
    other: str  # the divisor
    target: float
    most: bool = False  # the target is the most, not the least
    connections: int = 128


FIGURES = (
    Figure("Creel / ceiling", "rate", "creel", "ceiling", 0.5),
    Figure("Creel / pgbench", "rate", "creel", "pgbench", 2),
    Figure("Creel / Fastify + pg", "rate", "creel", "fastify", 3),
    Figure("Creel / PHP-FPM + PDO", "rate", "creel", "php", 4),
    Figure("Creel / webhook", "rate", "creel", "webhook", 10),
    Figure("Creel, 200 held / none", "rate", "held", "free", 0.95),
    Figure("Creel bearer / ApiKey", "rate", "bearer", "creel", 0.95),
    Figure("Creel 401 / ceiling", "rate", "wrong", "ceiling", 0.9),
    Figure("grown / empty database", "rate", "grown", "creel", 0.9),
    Figure("grown, many hooks / empty", "rate", "spread", "creel", 0.9),
    Figure("grown, many hooks / one", "rate", "spread", "grown", 0.9),
    Figure("call, all devices / one", "rate", "many", "one", 0.95),
    Figure("p99 / ceiling's, 48 connections", "p99", "creel", "ceiling", 4,
           True, 48),
    Figure("p99 / ceiling's, 128 connections", "p99", "creel", "ceiling", 4,
           True, 128),
    Figure("p99 / ceiling's, 512 connections", "p99", "creel", "ceiling", 4,
           True, 512),
    *(Figure(f"{what} / ten trips", "p50", name, "trips", 1, True, 1)
      for name, (what, _) in load.LISTS.items()),
)
SOAK_MIB = 24
HELD_KIB = 16


def median(bench, cell, what):
    return statistics.median(r[what] for r in bench.results[cell])


def best(bench, name, connections, keep):
    """Returns the cell of that name and number of connections, or, if there
    is none, the best of that name."""
    found = [c for c in bench.cells
             if c.name == name and c.keep in (keep, None)]
    exact = [c for c in found if c.connections == connections]
    return max(exact or found, key=lambda c: median(bench, c, "rate"),
               default=None)


def ratio(bench, figure, keep):
    """Returns the median of the rounds' ratios: a temporary slowdown of the
    machine affects both sides of a round."""
    cells = [best(bench, name, figure.connections, keep)
             for name in (figure.name, figure.other)]
    if None in cells:
        return None
    pairs = zip(*(bench.results[cell] for cell in cells))
    return statistics.median(
        a[figure.what] / b[figure.what] for a, b in pairs if b[figure.what])


def version(command, pattern=r"\d+(?:\.\d+)+"):
    p = run(*command, check=False)
    found = re.search(pattern, p.stdout + p.stderr)
    return found[0] if found else "?"


def machine(bench):
    """Yields lines that describe the machine and the versions."""
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kind = run("df", "--output=fstype", bench.stage.dir).stdout.split()[-1]
    o = bench.options
    yield (f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} x "
           f"{model[1] if model else platform.machine()}, "
           f"{memory:.0f} GiB, Linux {platform.release()}, data on {kind}, "
           f"load before {bench.options.load:.1f}")
    yield ", ".join(f"{name} {version(command)}" for name, command in {
        "PostgreSQL": [bench.stage.database.bin / "postgres", "--version"],
        "nginx": [program("nginx"), "-v"],
        "Node": [program("node"), "--version"],
        "PHP": [program("php"), "--version"],
        "webhook": [program("webhook"), "-version"]}.items())
    yield (f"{len(next(iter(bench.results.values())))} rounds of "
           f"{o.seconds} s, 1 KiB bodies, fsync and synchronous_commit on; "
           f"Fastify {o.node} processes, PHP-FPM {o.php}")
    if o.events:
        yield (f"grown: {o.events:,} events, {o.hooks:,} hooks, "
               f"{o.applications:,} applications; many hooks: {o.spread:,}, "
               "each of another application")
    if o.listed:
        yield f"list: 100 of {o.listed:,} webhooks of one application"
    if o.devices:
        yield f"devices: {o.devices:,} of one application"
    if kind in ("tmpfs", "ramfs"):
        yield "NOT DURABLE: the data is in memory, where fsync costs nothing"


KEEPS = {None: "-", False: "off", True: "on"}


def measured(bench):
    yield (f"{'contender':32} {'conn':>4} {'keep':>4} {'req/s':>7} "
           f"{'least':>7} {'most':>7} {'p50 ms':>7} {'p99 ms':>7} "
           f"{'MiB':>6} {'wrong':>6}")
    for cell in bench.cells:
        results = bench.results[cell]
        rates = [r["rate"] for r in results]
        memory = bench.memory.get(cell)
        yield (f"{cell.contender.title:32} {cell.connections:4} "
               f"{KEEPS[cell.keep]:>4} {statistics.median(rates):7.0f} "
               f"{min(rates):7.0f} {max(rates):7.0f} "
               f"{median(bench, cell, 'p50'):7.2f} "
               f"{median(bench, cell, 'p99'):7.2f} "
               f"{f'{memory:.1f}' if memory else '-':>6} "
               f"{sum(r['wrong'] for r in results):6}")


def figures(bench):
    """Yields (title, keep, value, target, most) of every figure."""
    for keep in bench.options.keep:
        for figure in FIGURES:
            value = ratio(bench, figure, keep)
            if value is not None:
                yield figure.title, keep, value, figure.target, figure.most
    if bench.held_kib is not None:
        yield "KiB per waiting call", True, bench.held_kib, HELD_KIB, True
    if bench.soaked:
        (first, before), (last, after) = bench.soaked
        yield f"MiB after {last:,} requests", True, after, SOAK_MIB, True
        yield (f"MiB more than after {first:,}", True, after - before, 0.1,
               True)


def ratios(bench):
    yield f"{'figure':34} {'keep':>4} {'value':>7} {'target':>10}"
    for title, keep, value, target, most in figures(bench):
        met = value <= target if most else value >= target
        yield (f"{title:34} {KEEPS[keep]:>4} {value:7.2f} "
               f"{'<=' if most else '>='} {target:7g}"
               f"{'' if met else '  missed'}")


def text(bench):
    parts = machine(bench), measured(bench), ratios(bench)
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def data(bench):
    return {
        "machine": list(machine(bench)),
        "cells": [{**cell._asdict(), "memory": bench.memory.get(cell),
                   "rounds": bench.results[cell]} for cell in bench.cells],
        "figures": [dict(zip(("title", "keep", "value", "target", "most"), f))
                    for f in figures(bench)],
        "soak": bench.soaked}
