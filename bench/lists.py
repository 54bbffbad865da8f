# SPDX-License-Identifier: ISC
"""
Measures every list of the manuals with each of its parameters, through nginx on
a database of many tenants (fill.sql).  README.md describes it.  With --check it
only compares its table with the manuals, which needs no database.
"""
import argparse
import contextlib
import fnmatch
import glob
import http.client
import os
import pathlib
import re
import statistics
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[1]
PLANS = ("auto", "force_generic_plan", "force_custom_plan")
OPTIONS = {  # name: (default, description)
    "events": (10_000_000, "events of all applications"),
    "applications": (10_000, "applications, all of one organization"),
    "hooks": (10_000, "webhooks of the first application"),
    "devices": (50_000, "devices of the second application"),
    "days": (30, "partitions of the log"),
    "rounds": (20, "measured requests of each kind"),
    "goal": (100, "milliseconds that the median may take"),
    "only": ("*", "comma-separated patterns of requests"),
    "plans": ("auto", f"comma-separated: {', '.join(PLANS)}"),
}
# A prepared statement may get a generic plan after five executions on the
# connection of a thread.
THREADS = 1
WARM = 6
SLOW = 5000  # milliseconds

APPLICATION = "/applications/:application"
PAGED = ("page", "perPage", "sortField", "sortDirection", "filterField",
         "filter", "_links")
FILTERS = {  # the values of filter for a field
    "name": ("*", "*5*", "webhook 5*", "no such"),
    "email": ("*", "user 5*", "no such"), "status": ("active", "no*"),
    "scope": ("datasource*", "no*"), "tag": ("most", "site7", "none"),
    "group": ("{group}", "{small_group}", "{no_group}"),
}


def fields(path, name):
    """Returns the sort or filter fields of the collection in a source file."""
    text = (SOURCE / "src" / path).read_text()
    if "HOOK_RESOURCE_FIELDS" in text:
        text = (SOURCE / "src/resource/hook_resource.h").read_text()
    found = re.search(rf'\.{name} = (?:\\\s*)?((?:\s*"[^"]*")+)', text)
    assert found, f"{path}: no {name}"
    return "".join(re.findall('"([^"]*)"', found[1])).split()


def collection(path, last, *more):
    """Returns the queries of a collection: each order, forwards and backwards,
    at its beginning, middle and end, and each filter.  last: its last page."""
    yield from ("", "perPage=1000", "_links=true", *more)
    for field in fields(path, "sort_fields"):
        for direction in ("asc", "desc"):
            for page in (0, last // 2, last):
                yield (f"sortField={field}&sortDirection={direction}"
                       f"&page={page}")
    for field in fields(path, "filter_fields"):
        for value in FILTERS[field]:
            for page in (0, last // 10):
                yield (f"filterField={field}&filter={value}&page={page}"
                       .replace(" ", "%20"))


# The events of the tenant with the most, one that has many and one with few.
FEEDS = [f"order=newest{more}" for more in (
    "", "&limit=1000", "&hookId={form}", "&hookId={hook}", "&hookId={gone}")]
FEEDS += [f"order=oldest{more}" for more in (
    "", "&limit=1000", "&hookId={form}", "&hookId={hook}", "&hookId={gone}")]
FEEDS += [f"cursor={kind}:{at}{more}" for kind, at in (
    ("n", "{middle}"), ("h", "{middle}"), ("f", "{middle}"), ("f", "{end}"))
    for more in ("", "&limit=1000", "&hookId={hook}")]
FEEDS += ["cursor=f:{end}&wait=0"]
RECORDS = [f"{order}{more}" for order in ("order=oldest", "order=newest",
                                          "cursor=h:{middle}",
                                          "cursor=n:{middle}",
                                          "cursor=f:{middle}", "cursor=f:{end}")
           for more in ("&limit=100", "&limit=1000", "&limit=100&format=csv",
                        "&limit=100&from={middle_time}",
                        "&limit=100&to={middle_time}",
                        "&limit=100&from={middle_time}&to={later_time}")]
HISTORY = ["", "size=1000", "page=9&size=1000", "status=Failed",
           "status=Failed&size=1000", "status=Pending", "cursor={event}",
           "cursor={event}&status=Failed", "from={middle_time}",
           "to={middle_time}", "from={middle_time}&to={later_time}",
           "user=nobody@example.org", "text=number", "text=nothing"]

# The queries of each route that returns a list, by the name of its credential.
# Each parameter that a manual describes must occur.
LISTS = {
    "/applications": ("organization", [*collection(
        "resource/application.c", 99, "orgId={organization}", "orgId=")]),
    f"{APPLICATION}/webhooks": ("first", [*collection(
        "resource/webhook.c", 99)]),
    f"{APPLICATION}/forms": ("first", [*collection("resource/form.c", 9)]),
    f"{APPLICATION}/actions": ("first", [*collection(
        "resource/action.c", 9)]),
    f"{APPLICATION}/tokens": ("first", [*collection("resource/token.c", 9)]),
    f"{APPLICATION}/api-keys": ("first", [*collection(
        "resource/api_key.c", 9)]),
    f"{APPLICATION}/users": ("first", [*collection("resource/user.c", 99)]),
    f"{APPLICATION}/devices": ("second", [*collection(
        "device/device.c", 499)]),
    f"{APPLICATION}/device-groups": ("second", [*collection(
        "device/device_group.c", 9)]),
    f"{APPLICATION}/device-groups/:group": ("second", [
        "", "perPage=1000", "page=100", "page=249", "sortField=id",
        "sortDirection=desc&page=100", "_links=true"]),
    f"{APPLICATION}/events": ("first busy tiny restricted".split(), FEEDS),
    f"{APPLICATION}/events/:event/devices": ("second", [
        "", "limit=1000", "status=pending", "status=done&limit=1000",
        "status=failed", "cursor={device}", "cursor={device}&status=fetched"]),
    f"{APPLICATION}/forms/:form/records": ("first busy tiny".split(), RECORDS),
    "/devices/me/commands": ("device", [
        f"after={{me}}:c:{at}{more}" for at in ("{newest_command}", "{middle}",
                                                "{week}")
        for more in ("", "&limit=1000", "&wait=0")]),
    "/webhook/app/history": ("user organization".split(), HISTORY),
    "/webhook/app/:key/history": ("first busy".split(), HISTORY),
}
# The other routes with GET: one object; and those that return none.
OBJECTS = {
    APPLICATION: "first", f"{APPLICATION}/webhooks/:webhook": "first",
    f"{APPLICATION}/forms/:form": "first",
    f"{APPLICATION}/forms/:form/webhook": "first",
    f"{APPLICATION}/actions/:action": "second",
    f"{APPLICATION}/tokens/:token": "first",
    f"{APPLICATION}/api-keys/:apiKey": "first",
    f"{APPLICATION}/users/:user": "first",
    f"{APPLICATION}/devices/:device": "second",
    f"{APPLICATION}/events/:event": "first",
    f"{APPLICATION}/events/:event/body": "first",
    f"{APPLICATION}/usage": "first",
    "/organizations/:organization/usage": "organization",
    "/events/:id": "first organization".split(),
    "/hooks/incoming/:guid": "first", "/webhook/app/status/:id": "first",
}
OTHERS = {
    "/metrics": "reads no database", "/devices/me/listen": "a long response",
    f"{APPLICATION}/actions/:action/url": "needs a sealed key",
    f"{APPLICATION}/api-keys/:apiKey/secret": "needs a sealed key",
    "/public-api/integration/webhooks": "stores an event",
}


def manual():
    """Returns the routes with GET of the manuals, and their parameters."""
    routes = {}
    for path in sorted((SOURCE / "man").glob("creel-*.7")):
        for part in re.split(r"^\.S[sh] ", path.read_text(), flags=re.M):
            head, _, text = part.partition("\n")
            if not head.startswith("GET /"):
                continue
            query = re.search(r"^Query:(.*?)(?:^\.El|\Z)", text, re.M | re.S)
            names = set(re.findall(r"^\.It Cm (.*)$", query[1], re.M)
                        if query else ())
            if query and "the parameters of" in query[1] or \
                    "Query: the parameters" in text:
                names = set(PAGED)
            routes[head[4:]] = {n for names in names
                                for n in re.split(r" , | ", names)}
    return routes


def check():
    """Prints what the table lacks, or has too much; returns whether it does."""
    wrong, routes = [], manual()
    known = {**LISTS, **OBJECTS, **OTHERS}
    wrong += [f"GET {r}: not in bench/lists.py" for r in routes - known.keys()]
    wrong += [f"GET {r}: in no manual" for r in known.keys() - routes]
    for route in LISTS.keys() & routes:
        sent = {p.split("=")[0] for q in LISTS[route][1] for p in q.split("&")}
        # Every operation takes _links; the manuals describe it once.
        wrong += [f"GET {route}: {name} is not measured"
                  for name in sorted(routes[route] - sent - {"_links"})]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return bool(wrong)


class Tenants:
    """What fill.sql has stored in the database of a stack of the tests."""

    def __init__(self, creel, options):
        self.creel = creel
        self.options = options

    def fill(self):
        counts = {n: getattr(self.options, n) for n in (
            "events", "applications", "hooks", "devices", "days")}
        sets = "".join(f"\\set {k} {v}\n" for k, v in counts.items())
        self.creel.psql(sets + (SOURCE / "bench" / "fill.sql").read_text(),
                        "postgres")

    @staticmethod
    def id(kind, n):
        return f"{kind << 40 | n:024x}"

    def row(self, sql):
        return self.creel.psql(sql).split("|")

    def own(self, n):
        """The number of a hook, key and so on of application n."""
        return 1_000_000 + n if n > 2 else 1

    def find(self):
        """Sets the credentials, and the values of the places in queries."""
        busy, tiny = 3, self.options.applications
        self.values, self.headers = {}, {}
        for name, n in {"first": 1, "second": 2, "busy": busy,
                        "tiny": tiny}.items():
            self.values[name] = self.place(n)
            self.headers[name] = self.key(n)
        self.values["restricted"] = self.values["first"]
        self.headers["restricted"] = self.key(1, *(
            a for n in range(2, 6) for a in ("--hook", self.id(3, n))))
        self.values["organization"] = self.values["first"]
        token = self.creel.creelctl(
            "jwt", "--issuer", "local", "--subject", "reader",
            "--organization", self.id(2, 1), "--lifetime", 86400,
            *self.scopes()).stdout.strip()
        self.headers["organization"] = {"Authorization": f"Bearer {token}"}
        self.values["user"] = self.values["busy"]
        self.headers["user"] = self.headers["busy"]
        me = self.creel.made("device", "create", "--application",
                             self.id(1, 2), "--name", "me")
        self.values["device"] = {**self.values["second"], "me": me["id"]}
        self.headers["device"] = {"ApiKey": me["key"]}

    @staticmethod
    def scopes():
        return [a for scope in ("all.Application", "event.get", "event.body",
                                "applications.get", "users.get", "user.get",
                                "form.post")
                for a in ("--scope", scope)]

    def key(self, n, *more):
        made = self.creel.made("key", "create", "--application", self.id(1, n),
                               "--name", "reader", *self.scopes(), *more)
        return {"ApiKey": made["key"]}

    def place(self, n):
        """Returns the values for application n: ids, and places in its log."""
        where = f"FROM creel.event WHERE application_id = '{self.id(1, n)}'"
        middle = self.row(f"""
            SELECT position, id, to_char(received_at AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(received_at AT TIME ZONE
                'UTC' + interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            {where} AND id >= creel.uuid_floor(now() - interval
            '{self.options.days / 2} days') ORDER BY id LIMIT 1""")
        newest = self.row(f"SELECT position, id {where} "
                          "ORDER BY id DESC LIMIT 1")
        command = self.row(f"""
            SELECT id {where} AND targets = '{{all}}' AND targets IS NOT NULL
            ORDER BY position DESC, id DESC LIMIT 1""")
        call = self.row(f"SELECT id {where} AND hook_id = "
                        f"'{self.id(5, self.own(n))}' ORDER BY id DESC LIMIT 1")
        week = int(newest[0]) - 7 * 86400 * 10**6
        ids = {name: self.id(kind, self.own(n)) for kind, name in enumerate(
            ("webhook", "guid", "form", "action", "device", "group", "apiKey",
             "token", "user"), 3)}
        return {**ids, "application": self.id(1, n), "hook": self.id(3, max(
            2, self.own(n))), "gone": self.id(3, 999_999),
            "organization": self.id(2, 1), "small_group": self.id(8, 2),
            "no_group": self.id(8, 999_999), "device": self.id(
                7, self.options.devices // 2),
            "event": command[0] if n == 2 else middle[1],
            "id": call[0], "middle": ":".join(middle[:2]),
            "end": ":".join(newest), "middle_time": middle[2],
            "later_time": middle[3],
            "newest_command": f"{int(newest[0]) - 1}:{newest[1]}",
            "week": f"{week}:{newest[1]}",
            "guid": self.handle("datasource", n),
            "key": self.handle("form", n)}

    def handle(self, kind, n):
        return self.row("SELECT handle FROM creel.hook WHERE application_id = "
                        f"'{self.id(1, n)}' AND kind = '{kind}' "
                        "ORDER BY id LIMIT 1")[0]

    def plan(self, mode):
        """Restarts the worker with another plan_cache_mode."""
        where = (f"host={self.creel.cluster.host} user=creel_worker "
                 f"dbname={self.creel.database}")
        os.environ["CREEL_DATABASE"] = \
            f"{where} options='-c plan_cache_mode={mode}'"
        self.creel.stop_worker()
        self.creel.start_worker()

    def requests(self):
        """Yields route, title, path and headers of each request."""
        for route, (names, queries) in LISTS.items():
            for name in [names] if isinstance(names, str) else names:
                for query in queries:
                    yield route, *self.request(route, name, query)
        for route, names in OBJECTS.items():
            for name in [names] if isinstance(names, str) else names:
                yield route, *self.request(route, name, "")

    def request(self, route, name, query):
        values = self.values[name]
        path = re.sub(r":(\w+)", lambda m: values[m[1]], route)
        text = re.sub(r"\{(\w+)\}", lambda m: values[m[1]], query)
        return f"{name} {route}?{query}".rstrip("?"), \
            f"{path}?{text}".rstrip("?"), self.headers[name]


def cpu():
    """Returns the milliseconds that PostgreSQL's sessions of workers have used
    the processors for."""
    ticks = 0
    for path in glob.glob("/proc/[0-9]*/stat"):
        folder = pathlib.Path(path).parent
        with contextlib.suppress(OSError):
            if b"creel_worker" in (folder / "cmdline").read_bytes():
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def measure(connection, path, headers, rounds):
    """Returns the median, minimum and maximum in ms, PostgreSQL's share of the
    processors, the status and the size.  One that takes seconds is measured
    once."""
    times, began_cpu = [], cpu()
    for n in range(WARM + rounds):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        took = (time.perf_counter() - began) * 1000
        if n >= WARM or took > SLOW:
            times.append(took)
        if took > SLOW:
            break
    used = (cpu() - began_cpu) / (n + 1)
    return (statistics.median(times), min(times), max(times), used,
            response.status, len(body))


def run(tenants, options):
    """Prints the table; returns the number of rows that miss the goal."""
    missed, total = 0, 0
    only = options.only.split(",")
    for mode in options.plans.split(","):
        tenants.plan(mode)
        port = int(tenants.creel.url.rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        print(f"\nplan_cache_mode {mode}\n{'p50 ms':>8} {'min':>8} {'max':>8} "
              f"{'database':>8} "
              f"{'status':>6} {'bytes':>8}  request")
        for route, title, path, headers in tenants.requests():
            if not any(fnmatch.fnmatch(title, f"*{p}*") for p in only):
                continue
            p50, least, most, used, status, size = measure(
                connection, path, headers, options.rounds)
            total += 1
            late = p50 > options.goal or status >= 500
            missed += late
            print(f"{p50:8.1f} {least:8.1f} {most:8.1f} {used:8.1f} {status:6} "
                  f"{size:8}  "
                  f"{title}"
                  f"{'  MISSED' if late else ''}", flush=True)
    print(f"\n{total} requests, {missed} with a p50 above {options.goal} ms")
    return missed


def parse_options():
    parser = argparse.ArgumentParser(prog="bench/run BUILD-FOLDER lists",
                                     description=__doc__)
    parser.add_argument("--check", action="store_true",
                        help="compare the table with the manuals")
    for name, (default, text) in OPTIONS.items():
        parser.add_argument(f"--{name}", type=type(default), default=default,
                            help=f"{text} ({default})")
    options = parser.parse_args()
    if wrong := set(options.plans.split(",")) - set(PLANS):
        parser.error(f"--plans: {', '.join(wrong)}")
    return options


def main():
    options = parse_options()
    if options.check:
        return check()
    # It needs the packages of the tests.
    import stage
    database = stage.Database()
    try:
        with contextlib.closing(stage.Creel(database, {"threads": THREADS})) \
                as creel:
            tenants = Tenants(creel, options)
            print(f"  filling with {options.events} events", file=sys.stderr)
            tenants.fill()
            database.filled()
            tenants.find()
            return run(tenants, options) > 0
    finally:
        database.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
