# SPDX-License-Identifier: ISC
"""Old events, and what creelctl maintain does with them."""
import datetime
import subprocess
import time

from conftest import BUILD
from events import add_event

DAY = 86400


def age(stack, days, where="true"):
    """Makes events older by some days, with all that belongs to them; maintain
    creates their partitions."""
    older = (f"(lpad(to_hex(('x' || substr(replace({{0}}::text, '-', ''), 1,"
             f" 12))::bit(48)::bigint - {days * DAY * 1000}), 12, '0')"
             f" || substr(replace({{0}}::text, '-', ''), 13))::uuid")
    ids = f"(SELECT id FROM creel.event WHERE {where})"
    stack.psql("".join(
        f"UPDATE creel.{table} SET event_id = {older.format('event_id')}"
        f" WHERE event_id IN {ids};"
        for table in ("dedupe", "reply", "receipt")) +
        f"UPDATE creel.event SET id = {older.format('id')} WHERE {where}")


def conf(stack, days=0, failed=0, **options):
    stack.configure(retention_days=days, retention_failed_days=failed,
                    **options)


def maintain(stack):
    return stack.made("maintain")


def begins(stack):
    """creelctl maintain in the background."""
    return subprocess.Popen(
        [BUILD / "creelctl", "-f", stack.conf, "--json", "maintain"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def partitions(stack):
    return stack.psql("SELECT name FROM creel.event_partition"
                      " ORDER BY begins").split()


def old_partitions(stack):
    today = f"event_{datetime.datetime.now(datetime.timezone.utc):%Y%m%d}"
    return [p for p in partitions(stack) if p < today]


class Tenant:
    """An application with a data source."""

    def __init__(self, stack, *options):
        self.stack = stack
        self.id = stack.made("application", "create", "t", *options)["id"]
        self.hook, self.guid = stack.new_hook(self.id)

    def add(self, days, status="success"):
        """An event that is some days old."""
        return add_event(self.stack, at=time.time() - days * DAY,
                         application=self.id, hook=self.hook, status=status)

    def events(self):
        return set(self.stack.psql("SELECT id FROM creel.event WHERE"
                                   f" application_id = '{self.id}'").split())

    def fill(self, days, n, status="success"):
        """n events of one day, each with an idempotency key, a reply and a
        receipt."""
        device = self.stack.made("device", "create", "--application", self.id,
                                 "--name", "d")["id"]
        position = self.stack.psql("SELECT creel.next_position()")
        ids = (f"creel.uuid_floor(date_trunc('day', now(), 'UTC')"
               f" - '{days} days'::interval + i * interval '1 s')")
        self.stack.psql(f"""
            INSERT INTO creel.event (application_id, id, hook_id, received_at,
                method, path, query, headers, body, principal, remote_address,
                status, position)
            SELECT '{self.id}', {ids}, '{self.hook}', now(), 'POST', '/', '',
                '{{}}', convert_to(i::text, 'UTF8'), 'key:x', '192.0.2.1',
                '{status}', {position}
            FROM generate_series(1, {n}) AS i;
            INSERT INTO creel.dedupe
            SELECT '{self.id}', '{self.hook}', sha256('x'), '{days} ' || i, '',
                {ids}, {status == 'failed'}
            FROM generate_series(1, {n}) AS i;
            INSERT INTO creel.reply
            SELECT '{self.id}', {ids}, {ids}, 200, '', ''
            FROM generate_series(1, {n}) AS i;
            INSERT INTO creel.receipt
            SELECT '{self.id}', {ids}, '{device}', 1, 'done'
            FROM generate_series(1, {n}) AS i""")

    def rows(self):
        """The numbers of its events, idempotency keys, replies, receipts."""
        return tuple(int(self.stack.psql(
            f"SELECT count(*) FROM creel.{table} WHERE application_id ="
            f" '{self.id}'"))
            for table in ("event", "dedupe", "reply", "receipt"))


def clear(stack):
    conf(stack)
    stack.psql(f"""
        DELETE FROM creel.event;
        DELETE FROM creel.application WHERE name = 't';
        TRUNCATE creel.partition_expired, creel.kept_value;
        DO $$ DECLARE p text; BEGIN
            FOREACH p IN ARRAY '{{{",".join(old_partitions(stack))}}}'::text[]
            LOOP EXECUTE format('DROP TABLE creel.%I', p); END LOOP;
        END $$""")
