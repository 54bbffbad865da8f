# SPDX-License-Identifier: ISC
"""Two hosts on one database: each with a prefix of its own where everything
is installed, its own configuration, worker and web server."""
import concurrent.futures
import json
import shutil

import pytest

from conftest import BUILD, Stack, run, send, wait_for
from losant_api import Api


class Host(Stack):
    """Another host with a stack's database."""

    def __init__(self, stack, name):
        self.cluster = stack.cluster
        self.database = stack.database
        self.application = stack.application
        self.place(stack.dir / name)
        run("make", "-C", BUILD, "install", f"prefix={self.dir}")
        self.fcgi = self.dir / "libexec" / "creel.fcgi"
        self.conf = self.dir / "etc" / "creel.conf"
        self.conf.parent.mkdir(exist_ok=True)
        for key in stack.dir.glob("?s256.*"):
            shutil.copy(key, self.dir)
        metrics = self.dir / "metrics"
        metrics.mkdir()
        self.configure(losant_rate=20, metrics_dir=metrics)
        self.listen()

    def creelctl(self, *args, check=True, input=None):
        """Runs the creelctl that is installed here."""
        return run(self.dir / "sbin" / "creelctl", "-f", self.conf, *args,
                   check=check, input=input)


@pytest.fixture(scope="module")
def hosts(stack):
    stack.stop_worker()
    here = [Host(stack, name) for name in ("one", "two")]
    assert here[0].url != here[1].url
    yield here
    for host in here:
        host.close()


@pytest.fixture
def one(hosts):
    return Api(hosts[0], token=hosts[0].new_token("all.Application"))


@pytest.fixture
def two(hosts):
    return Api(hosts[1], token=hosts[1].new_token("all.Application"))


def trigger(host, webhook, body=b"{}"):
    return send(host.url, "POST", f"/webhooks/{webhook['token']}", [
        ("Content-Type", "application/json")], body)


def test_installed_programs_agree(hosts):
    for host in hosts:
        p = host.creelctl("check", check=False)
        assert p.returncode == 0, p.stdout + p.stderr


def test_created_on_one_called_on_the_other(hosts, one, two):
    w = one.new("w")
    assert trigger(hosts[1], w).status == 200
    v = two.new("v")
    assert trigger(hosts[0], v).status == 200
    assert one.call("GET", "/" + v["id"], status=200)[1] == {
        **v, **({"_links": v["_links"]} if "_links" in v else {})}
    # Both hosts have cache entries now.
    one.call("PATCH", "/" + w["id"], {"responseCode": 201}, status=200)
    wait_for(lambda: trigger(hosts[1], w).status == 201, "the change")
    one.call("DELETE", "/" + w["id"], status=200)
    wait_for(lambda: trigger(hosts[1], w).status == 404, "the end")


def test_reply_comes_from_the_other(hosts, one, two):
    w = one.new("w", waitForReply=True)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        caller = pool.submit(trigger, hosts[1], w, b'{"n":1}')
        page = one.call(
            "GET", f"/applications/{one.application}/events",
            query="order=oldest&limit=1000", status=200)[1]
        while not (mine := [i for i in page["items"]
                            if i["triggerId"] == w["id"]]):
            page = one.call(
                "GET", f"/applications/{one.application}/events",
                query=f"cursor={page['cursor']}&wait=20", status=200)[1]
        assert mine[0]["data"]["body"] == {"n": 1}
        assert not caller.done()
        one.call("POST", f"/{w['id']}/replies/{mine[0]['data']['replyId']}",
                 {"responseCode": 222, "body": {"from": "one"}}, status=200)
        answer = caller.result(50)
    assert answer.status == 222
    assert json.loads(answer.body) == {"from": "one"}


def test_rate_per_host(hosts, one):
    """Two windows may pass meanwhile, not three."""
    w = one.new("w")
    assert 429 in (trigger(hosts[0], w).status for _ in range(50))
    assert trigger(hosts[1], w).status == 200
