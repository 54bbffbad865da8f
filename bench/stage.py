# SPDX-License-Identifier: ISC
"""
The servers of the benchmark: one private PostgreSQL, Creel with an empty and
with a grown database, the ceiling, the alternatives, and one nginx in front of
them all.  Based on the stage of the end-to-end tests.
"""
import contextlib
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BENCH = SOURCE / "bench"
sys.path.insert(0, str(SOURCE / "tests" / "e2e"))

import conftest  # noqa: E402
from conftest import BUILD, ROOT, accepts, free_port, program  # noqa: E402
from conftest import run, wait_for  # noqa: E402
from metrics_api import held  # noqa: E402,F401

RESULTS = BUILD / "build-bench"
BACKLOG = 4096


class Database(conftest.Cluster):
    """PostgreSQL with its default durability settings.  Checkpoints run
    between the rounds only."""

    def configure(self):
        super().configure()
        with open(self.data / "postgresql.conf", "a") as f:
            f.write("max_wal_size = 8GB\ncheckpoint_timeout = 30min\n"
                    "include_if_exists = 'filling.conf'\n")
        # Filling needs no log: after a failure it starts from the beginning.
        self.filling = self.data / "filling.conf"
        self.filling.write_text("wal_level = minimal\nmax_wal_senders = 0\n")
        self.filling.chmod(0o644)

    def filled(self):
        """Makes every commit durable from now on."""
        self.stop()
        self.filling.unlink()
        self.start()
        for name, value in {"fsync": "on", "synchronous_commit": "on",
                            "full_page_writes": "on",
                            "wal_level": "replica"}.items():
            found = self.psql(f"SHOW {name}")
            assert found == value, f"{name} is {found}"


class Creel(conftest.Stack):
    """Database, configuration, credentials and worker, as in the tests."""

    def __init__(self, database, options):
        super().__init__(database, **{"log_level": "info", "losant_rate": 0,
                                      **options})
        self.listener.listen(BACKLOG)
        self.waited_for = self.made(
            "hook", "create", "--kind", "webhook", "--name", "held",
            "--application", self.application, "--settings",
            '{"waitForReply":true}')["handle"]
        self.list_key = self.new_key("webhooks.get")

    def fill(self, **counts):
        """Fills the database with grow.sql."""
        sets = "".join(f"\\set {k} {v}\n" for k, v in counts.items())
        self.psql(sets + (BENCH / "grow.sql").read_text(), "postgres")

    def fill_list(self, count):
        """Creates webhooks in its application."""
        self.psql(f"""
            INSERT INTO creel.hook (application_id, id, kind, handle, name,
                settings, updated_at)
            SELECT '{self.application}', lpad(to_hex(n), 24, '0'), 'webhook',
                md5('webhook' || n), 'webhook ' || md5(n::text),
                '{{"responseCode": 200}}',
                now() - n * 7919 % {count} * interval '1 second'
            FROM generate_series(1, {count}) AS n""")
        self.psql("VACUUM (FREEZE, ANALYZE)", "postgres")

    def fill_devices(self, count):
        """Creates devices in its application, and two actions: one for all of
        them, one for the first."""
        self.psql(f"""
            INSERT INTO creel.device (application_id, id, name,
                position, cursor_position, cursor_event_id)
            SELECT '{self.application}', lpad(to_hex(n), 24, '0'),
                'device ' || n, 0, 0,
                '00000000-0000-0000-0000-000000000000'
            FROM generate_series(1, {count}) AS n""")
        self.psql("VACUUM (FREEZE, ANALYZE)", "postgres")
        self.call_key = self.new_key("action.call")
        for event, whom in (("one", ["--device", f"{1:024x}"]),
                            ("many", ["--all"])):
            self.made("action", "create", "--application", self.application,
                      "--name", event, "--event-id", event, "--function",
                      "LOAD_URL", "--url", "https://example.org/", *whom)

    def mark(self):
        """Returns the position after which rows are new."""
        return self.psql("SELECT creel.highest_position()")

    def rows(self, mark):
        """Returns the numbers of new rows and of their different bodies."""
        answer = self.psql(
            "SELECT count(*), count(DISTINCT substr(body, 1, 64)) "
            f"FROM creel.event WHERE position > {mark}")
        return tuple(map(int, answer.split("|")))

    def sample_row(self, body):
        """Returns the row that a call stores."""
        mark = self.mark()
        reply = self.post(body)
        assert reply.status == 200, reply.status
        row = json.loads(self.psql("SELECT row_to_json(e) FROM creel.event e "
                                   f"WHERE position > {mark}"))
        return {**row, "body": bytes.fromhex(row["body"][2:]).decode(),
                "headers": json.dumps(row["headers"])}


class Server:
    """A program in a session of its own, which Ctrl-C does not reach."""

    def __init__(self, name, directory, command, port=None, stdin=None,
                 **environment):
        log = directory / f"{name}.log"
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                [str(a) for a in command], cwd=directory, stdin=stdin,
                stdout=out, stderr=out, start_new_session=True,
                env={**os.environ, **{k: str(v)
                                      for k, v in environment.items()}})

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{name} ended: {log.read_text()[-800:]}")
            return port is None or accepts(port)
        try:
            wait_for(ready, name)
        except BaseException:
            self.close()
            raise

    def close(self):
        """Ends it and its children, which are the rest of its session."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def memory(self):
        return memory(self.process.pid)


def memory(pid):
    """Returns the MiB of a process and its children; shared memory counts
    once."""
    children = run("ps", "-o", "pid=", "--ppid", pid,
                   check=False).stdout.split()
    file, kind = ("smaps_rollup", "Pss") if children else ("status", "VmRSS")
    total = 0
    for p in [pid, *children]:
        try:
            text = pathlib.Path(f"/proc/{p}/{file}").read_text()
        except (FileNotFoundError, ProcessLookupError):
            text = ""
        # A child that serves one call may have ended meanwhile.
        if found := re.search(rf"^{kind}:\s+(\d+)", text, re.M):
            total += int(found[1])
        elif p == pid:
            raise RuntimeError(f"process {p} has ended")
    return total / 1024


NGINX = """\
{user}
daemon off;
worker_processes 2;
worker_rlimit_nofile 8192;
pid {dir}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	keepalive_requests 100000000;
	client_body_temp_path {dir}/client_body;
	fastcgi_temp_path {dir}/fastcgi;
	proxy_temp_path {dir}/proxy;
	scgi_temp_path {dir}/scgi;
	uwsgi_temp_path {dir}/uwsgi;
	include {build}/nginx/creel-http.conf;
{servers}
}}
"""
NGINX_SERVER = """
upstream {name} {{ server {address}; {kept} }}
server {{
	listen 127.0.0.1:{port} backlog={backlog};
{location}
}}
"""
NGINX_PROXY = """
location / {{
	proxy_pass http://{name};
	proxy_http_version 1.1;
	proxy_set_header Connection "";
}}
"""


def nginx_fastcgi(name, keep, script):
    """Returns Creel's sample with another upstream; script is for PHP."""
    text = (BUILD / "nginx" / "creel.conf").read_text()
    passed = f"fastcgi_pass {name};"
    if script:
        passed += f"\n\tfastcgi_param SCRIPT_FILENAME {script};"
    for what, new in (("fastcgi_pass creel;", passed),
                      ("fastcgi_keep_conn off;", "fastcgi_keep_conn "
                       f"{'on' if keep else 'off'};")):
        assert what in text, f"nginx/creel.conf has no {what}"
        text = text.replace(what, new)
    return text


PHP_POOL = """\
[global]
error_log = {dir}/php-error.log
daemonize = no
[bench]
{user}
listen = {socket}
listen.mode = 0666
listen.backlog = {backlog}
pm = static
pm.max_children = {children}
"""


class Stage:
    """Everything, started; close() ends it.  A front is an upstream of
    nginx: its name is the contender's, with "-keep" behind it where nginx
    keeps its FastCGI connections."""

    def __init__(self, options):
        self.options = options
        self.servers = {}  # name -> object with memory()
        self.fronts = {}  # name -> settings for nginx
        self.ports = {}
        self.exits = contextlib.ExitStack()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def close(self):
        self.exits.close()

    def start(self):
        o = self.options
        self.database = Database()
        self.exits.callback(self.database.close)
        self.dir = self.database.dir / "bench"
        self.dir.mkdir(0o755)
        self.empty = self.start_creel("creel")
        if o.events:
            grown = self.start_creel("grown")
            grown.fill(events=o.events, hooks=o.hooks,
                       applications=o.applications)
        if o.listed:
            self.start_creel("listed").fill_list(o.listed)
        if o.devices:
            self.start_creel("devices").fill_devices(o.devices)
        self.database.filled()
        self.peer = {"APPLICATION": self.empty.application,
                     "HOOK": self.empty.hook, "API_KEY": self.empty.api_key}
        self.start_ceiling()
        self.start_php()
        self.start_fastify()
        self.start_webhook()
        self.start_nginx()

    def serve(self, name, command, **options):
        self.servers[name] = Server(name, self.dir, command, **options)
        self.exits.callback(self.servers[name].close)

    def start_creel(self, name):
        creel = Creel(self.database, self.options.creel)
        self.exits.callback(creel.close)
        self.servers[name] = creel
        creel.memory = lambda: memory(creel.worker.pid)
        self.add_fastcgi(name, creel.socket)
        return creel

    def add_fastcgi(self, name, path):
        for keep in self.options.keep:
            self.fronts[name + "-keep" * keep] = {
                "address": f"unix:{path}", "keep": keep,
                "location": nginx_fastcgi(name + "-keep" * keep, keep, None)}

    def add_proxy(self, name, port):
        self.fronts[name] = {"address": f"127.0.0.1:{port}", "keep": True,
                             "location": NGINX_PROXY.format(name=name)}

    def start_ceiling(self):
        path = self.dir / "ceiling.sock"
        listener = socket.socket(socket.AF_UNIX)
        self.exits.callback(listener.close)
        listener.bind(str(path))
        listener.listen(BACKLOG)
        path.chmod(0o777)
        self.serve("ceiling", [BUILD / "bench" / "ceiling"], stdin=listener,
                   CREEL_CONF=self.empty.conf)
        self.add_fastcgi("ceiling", path)

    def start_php(self):
        """Its processes serve one connection until its end: none is kept."""
        path, script = self.dir / "php.sock", self.dir / "event.php"
        shutil.copy(BENCH / "php" / "event.php", script)
        script.chmod(0o644)
        dsn = (f"pgsql:host={self.database.host};"
               f"dbname={self.empty.database};user=creel_worker")
        pool = self.dir / "php.conf"
        pool.write_text(PHP_POOL.format(
            dir=self.dir, socket=path, backlog=BACKLOG,
            user="user = www-data\ngroup = www-data" if ROOT else "",
            children=self.options.php) + "".join(
            f'env[{k}] = "{v}"\n' for k, v in {**self.peer,
                                               "DSN": dsn}.items()))
        fpm = sorted(glob.glob("/usr/sbin/php-fpm*"))[-1]
        self.serve("php", [fpm, "-F", "-y", pool])
        wait_for(path.exists, "PHP-FPM")
        self.fronts["php"] = {
            "address": f"unix:{path}", "keep": False,
            "location": nginx_fastcgi("php", False, script)}

    def start_fastify(self):
        port = free_port()
        self.serve("fastify", [program("node"),
                               RESULTS / "fastify" / "server.js"],
                   port=port, PORT=port, PROCESSES=self.options.node,
                   POOL=self.options.pool, NODE_ENV="production",
                   DB_HOST=self.database.host, DB_NAME=self.empty.database,
                   DB_USER="creel_worker", **self.peer)
        self.add_proxy("fastify", port)

    def start_webhook(self):
        """It waits for the program, as the others wait for the commit."""
        port, hooks = free_port(), self.dir / "hooks.json"
        key = {"type": "value", "value": self.empty.api_key,
               "parameter": {"source": "header", "name": "ApiKey"}}
        hooks.write_text(json.dumps([{
            "id": self.empty.datasource, "execute-command": "/bin/true",
            "include-command-output-in-response": True,
            "trigger-rule": {"match": key}}]))
        self.serve("webhook", [program("webhook"), "-hooks", hooks, "-ip",
                               "127.0.0.1", "-port", port, "-urlprefix",
                               "hooks/incoming"], port=port)
        self.add_proxy("webhook", port)

    def start_nginx(self):
        self.ports = {name: free_port() for name in self.fronts}
        servers = "".join(NGINX_SERVER.format(
            name=name, port=self.ports[name], backlog=BACKLOG,
            address=front["address"], location=front["location"],
            kept="keepalive 512;" * front["keep"])
            for name, front in self.fronts.items())
        conf = self.dir / "nginx.conf"
        conf.write_text(NGINX.format(
            dir=self.dir, build=BUILD, servers=servers,
            user="user www-data;" if ROOT else ""))
        self.serve("nginx", [program("nginx"), "-p", self.dir, "-c", conf,
                             "-e", self.dir / "nginx.log"],
                   port=next(iter(self.ports.values())))
