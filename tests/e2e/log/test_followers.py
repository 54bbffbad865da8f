# SPDX-License-Identifier: ISC
"""Readers of each kind while many senders write: each reads every event exactly
once, in the order of the log."""
from followers import (LASTING, HookFeed, Load, Sql,  # noqa: F401
                       WaitingFeed, shared_site, site)


def test_many_writers(site):
    """Senders through nginx, batches with SQL, two workers."""
    site.begin()
    load = Load(site, senders=8, sql=4)
    load.wait(500)
    # Readers that begin during the load read the history first.
    site.begin(LASTING)
    load.wait(1500)
    site.finish(load.stop())


# A batch of two events, as short as it can be.
SCRIPT = """
INSERT INTO creel.event (application_id, id, hook_id, received_at, method, path,
	query, headers, body, principal, remote_address, status, position)
SELECT '{0.application}', (left(creel.uuid_floor(clock_timestamp())::text, 14)
	|| '7' || substr(gen_random_uuid()::text, 16))::uuid, '{0.hook}', now(),
	'POST', '/', '', '{{}}', '', 'key:x', '', 'success',
	(SELECT creel.next_position())
FROM generate_series(1, 2);
"""


def test_many_batches(site):
    """Sixteen sessions that store batches as fast as the server can."""
    script = site.dir / "batch.sql"
    script.write_text(SCRIPT.format(site).replace("\n", " "))
    site.begin([WaitingFeed, HookFeed, Sql, Sql])
    site.cluster.command("pgbench", "-n", "-c", "16", "-j", "2", "-t", "250",
                         "-h", site.cluster.host, "-U", "postgres", "-f",
                         script, site.database)
    site.finish()
