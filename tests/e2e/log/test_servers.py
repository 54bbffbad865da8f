# SPDX-License-Identifier: ISC
"""The database server ends during a load: it is killed and recovers, or a
standby takes over."""
import pytest

from clusters import ClockCluster, Standby
from followers import (LASTING, Load, Site, shared_site, site)  # noqa: F401


def test_killed_server(site):
    """After each crash recovery all readers go on."""
    site.begin(LASTING)
    load = Load(site)
    for _ in range(2):
        load.wait(150)
        site.cluster.kill()
        site.cluster.start()
    load.wait(150)
    site.finish(load.stop())


@pytest.fixture
def primary():
    c = ClockCluster()
    yield c
    c.close()


@pytest.fixture(params=[-300, 300], ids=["slow", "fast"])
def standby(request, primary):
    c = Standby(primary, request.param)
    yield c
    c.close()


def test_promotion(primary, standby):
    """A synchronous standby, of which the clock is wrong by minutes, takes
    over from a server that is killed. Nothing acknowledged is lost."""
    where = f"host={primary.host},{standby.host} dbname={{}} user={{}} " \
        "target_session_attrs=read-write"
    site = Replicated(primary, where)
    try:
        site.begin(LASTING)
        load = Load(site)
        load.wait(200)
        primary.kill()
        standby.promote()
        site.cluster = standby
        load.wait(200)
        site.finish(load.stop())
    finally:
        site.close()


class Replicated(Site):
    def __init__(self, cluster, where):
        self.where = where
        super().__init__(cluster)

    def configure(self):
        super().configure(
            database=self.where.format(self.database, "creel_worker"),
            admin_database=self.where.format(self.database, "creel_owner"))
