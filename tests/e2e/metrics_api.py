# SPDX-License-Identifier: ISC
"""A worker's metrics: requests for them, and their format."""
import re

from fcgi_client import Connection, variables

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(\{{{LABEL}(?:,{LABEL})*\}})? (\S+)")


def ask(stack, method="GET", remote="127.0.0.1", **headers):
    """Requests /metrics on the worker's socket."""
    with Connection(stack.socket) as c:
        return c.request({**variables("/metrics", method, **headers),
                          "REMOTE_ADDR": remote}, keep=False)


def parse(text):
    """Returns the samples by name and labels; fails on errors in the
    format."""
    kinds, values, ended = {}, {}, set()
    family = None
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            ended.add(family)
            family = line.split(" ", 3)[2]
            assert family not in ended, "the lines of one family are together"
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and name not in kinds
            assert kind in ("counter", "gauge", "histogram")
            kinds[name] = kind
        else:
            m = SAMPLE.fullmatch(line)
            assert m, line
            name, labels, value = m.groups()
            if kinds[family] == "histogram":
                assert name.removeprefix(family) in ("_bucket", "_sum",
                                                     "_count")
            else:
                assert name == family
            key = name + (labels or "")
            assert key not in values, key
            values[key] = float(value)
    check_histograms(kinds, values)
    return values


def check_histograms(kinds, values):
    for name in (n for n, kind in kinds.items() if kind == "histogram"):
        buckets = [(float(k.split('"')[1]), v) for k, v in values.items()
                   if k.startswith(name + "_bucket{")]
        assert buckets == sorted(buckets)
        assert [n for _, n in buckets] == sorted(n for _, n in buckets)
        assert buckets[-1] == (float("inf"), values[name + "_count"])


def scrape(stack):
    r = ask(stack)
    assert r.status == 200
    assert r.headers["Content-Type"] == \
        "text/plain; version=0.0.4; charset=utf-8"
    return parse(r.body.decode())


def held(stack):
    return scrape(stack)["creel_held_requests"]


def looks(stack):
    return scrape(stack)["creel_held_looks_total"]
