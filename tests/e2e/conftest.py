# SPDX-License-Identifier: ISC
"""
The stage of the end-to-end tests: a private PostgreSQL, creel.fcgi behind a
socket that the tests hold, and real web servers with the shipped samples.

    TEST_BUILD=build python3 -m pytest -q tests/e2e

TEST_BUILD     folder with creel.fcgi, creelctl and the samples
TEST_FRONTS    web servers to go through, e.g. "nginx" (default: all)
TEST_AWAY      seconds for which a database is away under load (default: 30)
TEST_SEED      seed of the generated inputs (seeded.py)
TEST_CITUS     nodes of a Citus to use instead of a PostgreSQL (citus.py)
"""
import contextlib
import getpass
import http.client
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import types
import urllib.parse

import pytest

import seeded

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TEST_BUILD", SOURCE / "build")).resolve()
FRONTS = os.environ.get(
    "TEST_FRONTS", "nginx apache-proxy apache-fcgid apache-cgi").split()
CITUS = os.environ.get("TEST_CITUS")
# A shell starts its background processes with SIGINT ignored, and the programs
# that are tested would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
ROOT = os.geteuid() == 0
SYSTEM_USERS = ["root", "postgres", "www-data"] if ROOT else [getpass.getuser()]
WRONG = re.compile("(?m)^.*(?:malformed array|syntax error at).*$")
REPORT = re.compile(r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer"
                    r"|runtime error)")


def pytest_report_header():
    return f"TEST_SEED={seeded.SEED}"


def pytest_terminal_summary(terminalreporter):
    """With -q there is no header."""
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(f"TEST_SEED={seeded.SEED}")


def wait_for(check, what, seconds=60):
    """Calls check() until it returns something true, and returns that.  The
    deadline is for a machine that is busy with other work."""
    deadline = time.monotonic() + seconds
    while True:
        if result := check():
            return result
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def accepts(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def program(name):
    path = shutil.which(name, path=PATH)
    assert path, f"{name} is not installed"
    return path


def run(*args, check=True, **options):
    p = subprocess.run([str(a) for a in args], text=True, errors="replace",
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       **options)
    assert not check or p.returncode == 0, f"{args}: {p.stdout}{p.stderr}"
    return p


def send(url, method="POST", path=None, headers=(), body=None, timeout=60):
    """Sends one request on a connection of its own. headers: pairs, sent as
    they are; path: sent as it is."""
    u = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=timeout)
    try:
        # The front, not Python, is to reject invalid requests.
        c._validate_path = c._validate_method = lambda _: None
        c.putrequest(method, path or u.path, skip_accept_encoding=True)
        for name, value in headers:
            c.putheader(name, value)
        if body is not None and "transfer-encoding" not in \
                [n.lower() for n, _ in headers]:
            c.putheader("Content-Length", str(len(body)))
        c.endheaders()
        # A server may answer and close before it has read everything.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if body is not None:
                c.send(body)
        r = c.getresponse()
        return types.SimpleNamespace(status=r.status, headers=r.headers,
                                     body=r.read())
    finally:
        c.close()


def stop_process(pid):
    """Stops a process; a SIGCONT continues it. Its threads may run for a little
    after the signal was sent."""
    def stopped():
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "T"
    os.kill(pid, signal.SIGSTOP)
    wait_for(stopped, "a process to stop")


class Cluster:
    """A private PostgreSQL; its socket is in self.host."""
    SETTINGS = ""  # configuration besides that of configure()

    def __init__(self):
        self.env = []  # NAME=VALUE: of the server, besides that of the tests
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="creel-", dir="/tmp"))
        self.dir.chmod(0o755)
        self.host = self.dir / "socket"
        self.data = self.dir / "data"
        self.log = self.dir / "postgres.log"
        self.bin = pathlib.Path(run("pg_config", "--bindir").stdout.strip())
        for path in (self.host, self.data, self.log):
            path.touch() if path == self.log else path.mkdir(0o755)
            if ROOT:
                shutil.chown(path, "postgres", "postgres")
        self.make()

    def make(self):
        """Creates the database server and starts it."""
        self.initialize()
        self.start()
        self.psql("CREATE ROLE creel_owner LOGIN CREATEROLE")

    def initialize(self):
        self.command("initdb", "-D", self.data, "-U", "postgres", "-N",
                     "-A", "peer", "-E", "UTF8", "--locale", "C.UTF-8")
        self.configure()

    def command(self, name, *args, env=(), **options):
        user = ["setpriv", "--reuid=postgres", "--regid=postgres",
                "--init-groups"] if ROOT else []
        return run(*user, "env", *env, self.bin / name, *args, cwd=self.dir,
                   **options)

    def configure(self):
        roles = ["postgres", "creel_owner", "creel_worker"]
        (self.data / "pg_hba.conf").write_text(
            "local all,replication all peer map=creel\n")
        (self.data / "pg_ident.conf").write_text("".join(
            f"creel {user} {role}\n" for user in SYSTEM_USERS
            for role in roles))
        with open(self.data / "postgresql.conf", "a") as f:
            f.write(f"listen_addresses = ''\n"
                    f"unix_socket_directories = '{self.host}'\n"
                    f"max_connections = 200\n"
                    f"recovery_init_sync_method = syncfs\n"
                    f"{self.SETTINGS.format(cluster=self)}")

    def start(self):
        """Starts it, unless it runs. After a kill its last process may take a
        while to end; until then it does not start."""
        def runs():
            return run("pg_isready", "-q", "-h", self.host,
                       check=False).returncode == 0 or self.command(
                "pg_ctl", "start", "-w", "-t", "30", "-s", "-D", self.data,
                "-l", self.log, check=False, env=self.env).returncode == 0
        wait_for(runs, f"PostgreSQL to start: see {self.log}", 300)

    def stop(self, mode="fast", check=True):
        self.command("pg_ctl", "stop", "-s", "-D", self.data, "-m", mode,
                     check=check)

    def kill(self):
        """kill -9 of the server and of all its processes."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        # Stopped, it forks no session that would survive it.
        stop_process(pid)
        children = run("ps", "-o", "pid=", "--ppid", pid).stdout.split()
        for p in [pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(p, signal.SIGKILL)
        for p in [pid, *map(int, children)]:
            wait_for(lambda: not alive(p), "PostgreSQL to die")
        # An unreaped process looks alive to the next start.
        (self.data / "postmaster.pid").unlink()

    def end(self, how):
        """how: "kill", or a mode of pg_ctl."""
        self.kill() if how == "kill" else self.stop(how)

    def psql(self, sql, database="postgres", user="postgres", check=True):
        p = run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.host,
                "-U", user, "-d", database, "-f", "-", input=sql, check=check)
        return p.stdout.rstrip("\n") if check else p

    def create_database(self, name):
        self.psql(f"CREATE DATABASE {name} OWNER creel_owner")

    def drop_database(self, name):
        self.psql(f"DROP DATABASE {name} WITH (FORCE)")

    def prepare(self, stack):
        """Called when the stack's schema exists."""

    WAITS = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"

    def waits(self):
        """Whether a session waits for another one."""
        return self.psql(self.WAITS) == "t"

    def require(self, what):
        """Called by tests that require it of PostgreSQL."""

    def close(self):
        self.stop("immediate", check=False)
        shutil.rmtree(self.dir, ignore_errors=True)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Stack:
    """A database, a creel.conf, credentials, a worker, nginx before it."""

    count = 0
    build = BUILD
    DATABASE = "creel{}"  # its name, with the number of the stack

    def __init__(self, cluster, distributed=True, **options):
        Stack.count += 1
        self.cluster = cluster
        self.database = self.DATABASE.format(Stack.count)
        self.place(cluster.dir / self.database)
        # A copy that www-data reaches.
        shutil.copy2(self.build / "creel.fcgi", self.fcgi)
        self.sanitized = b"san_init" in self.fcgi.read_bytes()
        cluster.create_database(self.database)
        self.make_keys()
        self.configure(**options)
        self.creelctl("migrate")
        if distributed:
            cluster.prepare(self)
        self.creelctl("maintain")
        self.make_credentials()
        self.listen()

    # -- setup

    def place(self, folder):
        """Sets the paths of all its files."""
        self.dir = folder
        self.dir.mkdir(0o755)
        self.conf = self.dir / "creel.conf"
        self.log = self.dir / "creel.log"
        self.stderr = self.dir / "stderr.log"
        self.socket = self.dir / "creel.sock"
        self.publisher = self.dir / "push.sock"
        self.fcgi = self.dir / "creel.fcgi"
        self.worker = None
        self.fronts = []
        self.secrets = []

    def listen(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.listener.listen(511)
        self.socket.chmod(0o777)
        self.start_worker()

    def make_keys(self):
        for name, args in {
                "es256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                "rs256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}.items():
            run("openssl", "genpkey", "-algorithm", *args,
                "-out", self.dir / f"{name}.key")
            run("openssl", "pkey", "-in", self.dir / f"{name}.key", "-pubout",
                "-out", self.dir / f"{name}.pub")

    def configure(self, **options):
        """Writes creel.conf; options go into [creel]."""
        where = f"host={self.cluster.host} dbname={self.database}"
        options = {"database": f"{where} user=creel_worker",
                   "admin_database": f"{where} user=creel_owner",
                   "log": self.log, "log_level": "debug",
                   # A busy machine is no reason for a 503.
                   "database_timeout": 30000, **options}
        lines = ["[creel]", *(f"{k} = {v}" for k, v in options.items())]
        for name, alg in (("local", "ES256"), ("other", "RS256")):
            pem = self.dir / alg.lower()
            lines += [f"[issuer {name}]",
                      f"issuer = https://{name}.example/",
                      "audience = creel", f"algorithm = {alg}",
                      f"key = {pem}.pub"]
            if name == "local":
                lines.append(f"signing_key = {pem}.key")
        self.conf.write_text("\n".join(lines) + "\n")
        self.log.touch()
        self.log.chmod(0o666)

    def make_credentials(self):
        self.application = self.made("application", "create", "first")["id"]
        self.other_application = self.made("application", "create",
                                           "second")["id"]
        self.hook, self.datasource = self.new_hook()
        _, self.foreign_datasource = self.new_hook(self.other_application)
        self.api_key = self.new_key()
        self.reader_key = self.new_key("datasource.get", "event.get",
                                       "event.body")
        self.token = self.new_token()

    def made(self, *args):
        """Returns the JSON that a creelctl command prints."""
        return json.loads(self.creelctl("--json", *args).stdout)

    def new_hook(self, application=None, *args):
        """Creates a data source; returns (id, GUID)."""
        h = self.made("hook", "create", "--kind", "datasource", "--name", "h",
                      "--application", application or self.application, *args)
        return h["id"], h["handle"]

    def new_key(self, *scopes, application=None, args=()):
        for scope in scopes or ("datasource.post",):
            args = [*args, "--scope", scope]
        key = self.made("key", "create", "--name", "k", "--application",
                        application or self.application, *args)["key"]
        self.secrets.append(key)
        return key

    def new_token(self, *scopes, application=None, args=()):
        for scope in scopes or ("datasource.post",):
            args = [*args, "--scope", scope]
        token = self.creelctl(
            "jwt", "--issuer", "local", "--subject", "somebody",
            "--application", application or self.application,
            *args).stdout.strip()
        self.secrets.append(token)
        return token

    # -- tools

    def creelctl(self, *args, check=True, input=None):
        return run(self.build / "creelctl", "-f", self.conf, *args, check=check,
                   input=input)

    def psql(self, sql, user="creel_owner", check=True):
        return self.cluster.psql(sql, self.database, user, check)

    def as_worker(self, application, sql):
        """Runs SQL as a worker does for a tenant."""
        return self.psql(f"SET creel.application = '{application}';\n{sql}",
                         "creel_worker")

    def events(self):
        """The number of events."""
        return int(self.psql("SELECT count(*) FROM creel.event"))

    def path(self, datasource=None):
        return "/hooks/incoming/" + (
            self.datasource if datasource is None else datasource)

    def post(self, body=b"{}", url=None, datasource=None, method="POST",
             **headers):
        """Calls the data source with the API key; headers: ApiKey=None
        leaves it out, Content_Type is Content-Type."""
        headers = {"ApiKey": self.api_key,
                   "Content_Type": "application/json", **headers}
        return send(url or self.url, method, self.path(datasource),
                    [(k.replace("_", "-"), v) for k, v in headers.items()
                     if v is not None],
                    body.encode() if isinstance(body, str) else body)

    def get(self, path, key=None, url=None, headers=()):
        return send(url or self.url, "GET", path,
                    [("ApiKey", key or self.reader_key), *headers])

    # -- processes

    @property
    def url(self):
        if not self.fronts:
            self.front("nginx")
        return self.fronts[0].url

    def front(self, kind):
        """A web server of this kind before the worker."""
        f = {"nginx": Nginx, "nginx-push": PushNginx}.get(kind, Apache)(
            self, kind)
        self.fronts.append(f)
        return f

    def start_worker(self, wrapper=()):
        with open(self.stderr, "ab") as err:
            self.worker = subprocess.Popen(
                [*wrapper, self.fcgi], stdin=self.listener, stdout=err,
                stderr=err, env={**os.environ, "CREEL_CONF": str(self.conf)})
        return self.worker

    def stop_worker(self, sig=signal.SIGTERM, worker=None):
        """Signals the worker; returns its exit status."""
        worker = worker or self.worker
        worker.send_signal(sig)
        return worker.wait(40)

    def resident(self, name="VmRSS"):
        """The worker's resident memory in bytes; VmHWM is its peak."""
        text = pathlib.Path(f"/proc/{self.worker.pid}/status").read_text()
        return int(text.split(name + ":")[1].split()[0]) << 10

    def logs(self):
        return self.log.read_text(errors="replace") + \
            self.stderr.read_text(errors="replace")

    def close(self):
        for f in self.fronts:
            f.close()
        if self.worker and self.worker.poll() is None:
            self.stop_worker()
        self.listener.close()
        text = self.stderr.read_text(errors="replace")
        assert not REPORT.search(text), text
        # No input makes a statement wrong, not even one that is refused.
        assert not WRONG.findall(self.logs())


class Load:
    """Threads that call the data source through nginx until stop(), each on a
    kept connection, no body twice. answers: (status, event id) pairs; a broken
    connection has status 0."""

    def __init__(self, stack, threads=8):
        self.stack = stack
        self.port = urllib.parse.urlsplit(stack.url).port
        self.answers = []
        self.numbers = itertools.count()
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.work)
                        for _ in range(threads)]
        for t in self.threads:
            t.start()

    def work(self):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"ApiKey": self.stack.api_key,
                   "Content-Type": "application/json"}
        while not self.ending.is_set():
            try:
                c.request("POST", self.stack.path(),
                          b'{"load":%d}' % next(self.numbers), headers)
                r = c.getresponse()
                r.read()
                self.answers.append((r.status, r.headers["Creel-Event"]))
            except (OSError, http.client.HTTPException):
                c.close()
                self.answers.append((0, None))
        c.close()

    def wait(self, more):
        """Waits until that many more calls were answered with 200."""
        def good():
            return sum(status == 200 for status, _ in self.answers)

        want = good() + more
        wait_for(lambda: good() >= want, "answers", 60)

    def stop(self):
        self.ending.set()
        for t in self.threads:
            t.join()
        return self.answers

    def accepted(self):
        return [event for status, event in self.answers if status == 200]


class Server:
    """A web server in the foreground, stopped by its process id."""

    def __init__(self, stack, kind):
        self.stack = stack
        self.kind = kind
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.dir = stack.dir / kind
        self.dir.mkdir()
        self.dir.chmod(0o755)
        self.config = self.dir / "server.conf"
        self.config.write_text(self.text())
        self.log = self.dir / "error.log"
        self.start()

    def start(self):
        with open(self.dir / "out", "ab") as out:
            self.process = subprocess.Popen(self.command(), cwd=self.dir,
                                            stdout=out, stderr=out)

        def ready():
            assert self.process.poll() is None, self.logs()
            return accepts(self.port)
        wait_for(ready, self.kind)

    def logs(self):
        return (self.dir / "out").read_text(errors="replace") + (
            self.log.read_text(errors="replace") if self.log.exists() else "")

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


class Nginx(Server):
    WORKERS = 2
    CONNECTIONS = 1024
    MAIN = HTTP = SERVER = ""  # configuration besides the samples

    def command(self):
        return [program("nginx"), "-p", str(self.dir), "-c", str(self.config),
                "-e", str(self.dir / "error.log")]

    def text(self):
        temp = "".join(f"\t{t}_temp_path {self.dir}/{t};\n" for t in (
            "client_body", "fastcgi", "proxy", "scgi", "uwsgi"))
        return f"""\
{self.MAIN}
{"user www-data;" if ROOT else ""}
daemon off;
worker_processes {self.WORKERS};
pid {self.dir}/pid;
error_log {self.dir}/error.log info;
events {{ worker_connections {self.CONNECTIONS}; }}
http {{
	access_log off;
{temp}
	upstream creel {{ server unix:{self.stack.socket}; }}
	include {self.stack.build}/nginx/creel-http.conf;
{self.HTTP.format(stack=self.stack)}
	server {{
		listen 127.0.0.1:{self.port} backlog=1024;
		access_log {self.dir}/access.log creel;
		include {self.stack.build}/nginx/creel.conf;
{self.SERVER.format(stack=self.stack)}
	}}
}}
"""


class PushNginx(Nginx):
    """With the push module, for a stack whose push_url is its publisher."""
    CONNECTIONS = 16384
    MAIN = """\
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
worker_rlimit_nofile 16384;
"""
    HTTP = """\
	server {{
		listen unix:{stack.publisher};
		access_log {stack.dir}/publish.log;
		include {stack.build}/nginx/creel-publish.conf;
	}}
"""
    SERVER = """\
		include {stack.build}/nginx/creel-push.conf;
"""


class Apache(Server):
    MODULES = {"apache-proxy": ["proxy", "proxy_fcgi"],
               "apache-fcgid": ["fcgid"], "apache-cgi": ["cgid"]}

    def command(self):
        return [program("apache2"), "-d", str(self.dir), "-f",
                str(self.config), "-DFOREGROUND"]

    def text(self):
        samples = self.dir / "samples"  # a copy that www-data reaches
        shutil.copytree(self.stack.build / "apache", samples)
        for path in [samples, *samples.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        ipc = self.dir / "ipc"
        ipc.mkdir()
        if ROOT:
            shutil.chown(ipc, "www-data", "www-data")
        modules = "".join(
            f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n"
            for m in ["mpm_event", "authz_core", "alias", "asis", "env",
                      "reqtimeout", "rewrite", "setenvif",
                      *self.MODULES[self.kind]])
        own = {"apache-proxy": "",
               "apache-fcgid": f"FcgidIPCDir {ipc}\n"
                               f"FcgidProcessTableFile {self.dir}/table\n",
               "apache-cgi": f"ScriptSock {self.dir}/cgid\n"}[self.kind]
        return f"""\
ServerName localhost
Listen 127.0.0.1:{self.port}
PidFile {self.dir}/pid
ErrorLog {self.dir}/error.log
{modules}
{"User www-data" if ROOT else ""}
{"Group www-data" if ROOT else ""}
<Directory />
	Require all denied
</Directory>
{own}
Define CREEL_SAMPLES {samples}
Define CREEL_SOCKET {self.stack.socket}
Define CREEL_CONF {self.stack.conf}
Define CREEL_FCGI {self.stack.fcgi}
<VirtualHost *:{self.port}>
	Include {samples}/creel-{self.kind.split("-")[1]}.conf
	CustomLog {self.dir}/access.log creel
</VirtualHost>
"""


@pytest.fixture(scope="session")
def cluster():
    # On SIGTERM pytest finishes the fixtures, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if CITUS:
        from citus import Citus
        c = Citus(CITUS)
    else:
        c = Cluster()
    yield c
    c.close()


@pytest.fixture(scope="module")
def make_stack(cluster):
    """Creates stacks with options of their own: make_stack(threads=1)."""
    made = []

    def make(**options):
        made.append(Stack(cluster, **options))
        return made[-1]

    with contextlib.ExitStack() as cleanup:
        yield make
        for s in made:
            cleanup.callback(s.close)


@pytest.fixture(scope="module")
def stack(make_stack):
    """A stack for all tests of a module."""
    return make_stack()


@pytest.fixture(scope="module", params=FRONTS)
def front(request, stack):
    """Each web server, with the sample that goes with it."""
    # stack.url may have started one already.
    started = [f for f in stack.fronts
               if type(f) in (Nginx, Apache) and f.kind == request.param]
    return started[0] if started else stack.front(request.param)
