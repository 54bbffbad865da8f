-- SPDX-License-Identifier: ISC
-- Fills a database without tenants, for lists.py, which names what is in it:
--   applications  :applications of one organization; each has a webhook, a data
--                 source, a form, a device and a key
--   the first     a fifth of the events; a quarter of these is of one form, and a
--                 quarter of one data source.  :hooks webhooks and users, a tenth
--                 of that in data sources, forms, actions, keys, tokens and groups
--   the second    :devices devices in groups and with tags, and a hundredth of
--                 the events, which are commands
--   the others    most of the events are those of a few
-- There are :events, over :days partitions until now; one in a hundred failed.
-- Each partition is filled before it has indexes, which are then created in one
-- step.
SET maintenance_work_mem = '512MB';
SET synchronous_commit = off;
SET jit = off;
SET client_min_messages = warning;

-- An id is the digit of its kind and a number: 1 application, 2 organization, 3
-- webhook, 4 data source, 5 form, 6 action, 7 device, 8 group, 9 key, 10 token,
-- 11 user.
CREATE FUNCTION pg_temp.id(kind bigint, n bigint) RETURNS text
	LANGUAGE sql IMMUTABLE
	RETURN lpad(to_hex(kind << 40 | n), 24, '0');

-- Hooks, keys and so on of the first application have the numbers from 1 on; the
-- one of application n has the number 1000000 + n.
CREATE FUNCTION pg_temp.own(n bigint) RETURNS bigint
	LANGUAGE sql IMMUTABLE
	RETURN 1000000 + n;

BEGIN;
INSERT INTO creel.organization (id, name)
	VALUES (pg_temp.id(2, 1), 'organization');
INSERT INTO creel.application (id, organization_id, name, created_at)
	SELECT pg_temp.id(1, n), pg_temp.id(2, 1), 'application '
		|| md5(n::text), now() - n * interval '1 minute'
	FROM generate_series(1, :applications) AS n;

CREATE TEMPORARY TABLE hook AS
	SELECT k.kind, pg_temp.id(1, n) AS application, k.name,
		pg_temp.own(n) AS n
	FROM generate_series(1, :applications) AS n
	CROSS JOIN (VALUES (3, 'webhook'), (4, 'datasource'), (5, 'form'))
		AS k (kind, name)
	UNION ALL
	SELECT k.kind, pg_temp.id(1, 1), k.name, n
	FROM (VALUES (3, 'webhook', :hooks), (4, 'datasource', :hooks / 10),
			(5, 'form', :hooks / 10)) AS k (kind, name, size)
	CROSS JOIN LATERAL generate_series(1, k.size) AS n;
INSERT INTO creel.hook (application_id, id, kind, handle, name, settings,
		created_at, updated_at)
	SELECT h.application, pg_temp.id(h.kind, h.n), h.name,
		md5(h.name || h.n)::uuid, h.name || ' ' || md5(h.n::text),
		CASE h.name WHEN 'form' THEN '{"fields": [{"name": "name",
			"type": "text"}, {"name": "amount", "type":
			"number"}], "appUsage": ["Webhook"], "lenient":
			true}'::jsonb ELSE '{}' END,
		now() - h.n * interval '1 second',
		now() - h.n * 7919 % 10007 * interval '1 second'
	FROM hook h;
INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT kind, handle, application_id, id FROM creel.hook
	WHERE application_id >= pg_temp.id(1, 0)
	ON CONFLICT DO NOTHING;

INSERT INTO creel.device (application_id, id, name, position, cursor_position,
		cursor_event_id)
	SELECT d.application, pg_temp.id(7, d.n), 'device ' || md5(d.n::text),
		0, 0, creel.nil_uuid()
	FROM (SELECT pg_temp.id(1, n), pg_temp.own(n)
		FROM generate_series(1, :applications) AS n
		UNION ALL
		SELECT pg_temp.id(1, 2), n
		FROM generate_series(1, :devices) AS n) AS d (application, n);
INSERT INTO creel.device_group (application_id, id, name)
	SELECT pg_temp.id(1, a), pg_temp.id(8, n), 'group ' || md5(n::text)
	FROM generate_series(1, 2) AS a
	CROSS JOIN generate_series(1, :hooks / 10) AS n;
-- Every device is in one of the groups, half of them in the first, too; each has
-- one of a hundred tags and one that most have.
INSERT INTO creel.device_member (application_id, key, device_id, position)
	SELECT pg_temp.id(1, 2), k.key, pg_temp.id(7, n), 0
	FROM generate_series(1, :devices) AS n
	CROSS JOIN LATERAL (VALUES
		(pg_temp.id(8, 2 + n % greatest(:hooks / 10 - 1, 1))),
		(CASE WHEN n % 2 = 0 THEN pg_temp.id(8, 1) END),
		('tag:site' || n % 100),
		(CASE WHEN n % 10 > 0 THEN 'tag:most' END)) AS k (key)
	WHERE k.key IS NOT NULL;
INSERT INTO creel.hook (application_id, id, kind, handle, name, settings)
	SELECT a.id, pg_temp.id(6, n), 'action', 'event' || n,
		'action ' || md5(n::text), creel.action_settings(a.id,
		jsonb_build_object('timeout', 86400, 'steps',
		jsonb_build_array(jsonb_build_object('function', 'LOAD_URL',
		'parameters', '{"url": "https://example.org/"}'::jsonb,
		'targets', CASE n % 2 WHEN 1 THEN '{"allDevices": true}'::jsonb
			ELSE jsonb_build_object('deviceIds', ARRAY[
				pg_temp.id(7, 1)]) END))))
	FROM (SELECT pg_temp.id(1, n) FROM generate_series(1, 2) AS n) AS a (id)
	CROSS JOIN generate_series(1, :hooks / 10) AS n;

-- Devices have credentials with their ids.
CREATE TEMPORARY TABLE credential AS
	SELECT d.application_id AS application, d.id, 'device' AS kind, d.name
	FROM creel.device d
	UNION ALL
	SELECT pg_temp.id(1, n), pg_temp.id(9, pg_temp.own(n)), 'key', 'key'
	FROM generate_series(1, :applications) AS n
	UNION ALL
	SELECT pg_temp.id(1, 1), pg_temp.id(k.kind, n), k.name,
		k.name || ' ' || md5(n::text) || CASE k.name WHEN 'user'
			THEN '@example.org' ELSE '' END
	FROM (VALUES (9, 'key', :hooks / 10), (10, 'token', :hooks / 10),
			(11, 'user', :hooks)) AS k (kind, name, size)
	CROSS JOIN LATERAL generate_series(1, k.size) AS n;
INSERT INTO creel.credential (application_id, id, kind, name, prefix,
		secret_sha256, scopes)
	SELECT c.application, c.id, c.kind, c.name, 'ck_filled', sha256(
		c.id::bytea), '{datasource.post}'
	FROM credential c;
INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT 'key', encode(sha256(c.id::bytea), 'hex'), c.application, c.id
	FROM credential c;
COMMIT;

-- Event i of :events was received at a time that grows with i.
SELECT set_config('fill.events', :'events', false),
	set_config('fill.applications', :'applications', false),
	set_config('fill.hooks', :'hooks', false),
	set_config('fill.devices', :'devices', false),
	set_config('fill.since', extract(epoch FROM date_trunc('day', now(),
		'UTC') - make_interval(days => :days - 1))::text, false),
	set_config('fill.until', extract(epoch FROM now())::text, false)
\g /dev/null

CREATE PROCEDURE pg_temp.fill_day(day timestamptz) LANGUAGE plpgsql AS $$
DECLARE
	events constant bigint := current_setting('fill.events');
	applications constant int := current_setting('fill.applications');
	hooks constant int := current_setting('fill.hooks');
	since constant numeric := current_setting('fill.since');
	step constant numeric := (current_setting('fill.until')::numeric
		- since) / events;
	begins constant numeric := extract(epoch FROM day);
	part constant text := to_char(day AT TIME ZONE 'UTC',
		'"event_"YYYYMMDD');
BEGIN
	CREATE TABLE creel.filling (LIKE creel.event INCLUDING DEFAULTS
		INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION);
	INSERT INTO creel.filling (application_id, id, hook_id, received_at,
		method, path, query, headers, content_type, body, principal,
		remote_address, status, completed_at, remarks, position, parsed,
		targets, reading)
	SELECT pg_temp.id(1, e.application), (lpad(to_hex(
			floor(e.at * 1000)::bigint), 12, '0') || '7'
			|| substr(e.digits, 1, 3) || '8'
			|| substr(e.digits, 4, 15))::uuid,
		pg_temp.id(e.kind, e.hook),
		to_timestamp(e.at), 'POST', '/webhooks/', '',
		'{"host": "hooks.example.org"}', 'application/json',
		convert_to('{"reading": ' || e.i || ', "pressure": 1013.2}',
			'UTF8'),
		'key:' || pg_temp.id(9, e.hook), '192.0.2.1',
		CASE WHEN e.kind = 6 THEN 'pending'
			WHEN e.i % 97 = 0 THEN 'failed' ELSE 'success' END,
		to_timestamp(e.at), CASE WHEN e.i % 97 = 0
			THEN 'amount: must be a number' ELSE '' END,
		(floor(e.at * 100) * 10000)::bigint,
		CASE e.kind
		WHEN 5 THEN json_build_object('name', e.digits, 'amount',
			e.i % 1000)
		WHEN 6 THEN json_build_object('eventId', 'event', 'timeout',
			86400, 'steps', json_build_array(json_build_object(
			'function', 'LOAD_URL', 'parameters',
			json_build_object('url', 'https://example.org/'),
			'targets', json_build_array(e.target)))) END,
		CASE WHEN e.kind = 6 THEN ARRAY[e.target] END, 'json'
	FROM (
		SELECT o.*, md5(o.i::text) AS digits, since + o.i * step AS at,
			CASE o.application
				WHEN 1 THEN CASE o.i / 5 % 4 WHEN 0 THEN 5
					WHEN 1 THEN 4 ELSE 3 END
				WHEN 2 THEN 6
				ELSE 3 + o.i % 3 END AS kind,
			CASE WHEN o.application > 2
					THEN 1000000 + o.application
				WHEN o.application = 2 THEN 1 + o.i / 100 % 2
				WHEN o.i / 5 % 4 < 2 THEN 1
				ELSE 1 + o.i * 7919 % hooks END AS hook,
			CASE o.i / 100 % 2 WHEN 0 THEN 'all'
				ELSE pg_temp.id(7, 1) END AS target
		FROM (SELECT i, CASE WHEN i % 5 = 0 THEN 1
				WHEN i % 100 = 1 THEN 2
				ELSE least(applications, 3 + floor(
					(applications - 2) * power(
					i * 2654435761 % 4294967296
					/ 4294967296.0::float8, 3))::int) END
				AS application
			FROM generate_series(
				ceil((begins - since) / step)::bigint,
				least(events, ceil((begins + 86400 - since)
					/ step)::bigint) - 1) AS i) AS o) AS e;
	EXECUTE format('DROP TABLE IF EXISTS creel.%I', part);
	EXECUTE format('ALTER TABLE creel.filling RENAME TO %I', part);
	EXECUTE format('ALTER TABLE creel.event ATTACH PARTITION creel.%I
		FOR VALUES FROM (%L) TO (%L)', part, creel.uuid_floor(day),
		creel.uuid_floor(day + interval '1 day'));
END
$$;

SELECT format('CALL pg_temp.fill_day(%L)', d)
FROM generate_series(to_timestamp(current_setting('fill.since')::numeric),
	now(), interval '1 day') AS d
\gexec

-- Half of the devices have done the newest command for all.
INSERT INTO creel.receipt (application_id, event_id, device_id, step, status)
	SELECT pg_temp.id(1, 2), e.id, pg_temp.id(7, n), 1, CASE n % 10
		WHEN 0 THEN 'failed' ELSE 'done' END
	FROM (SELECT o.id FROM creel.event o
		WHERE o.application_id = pg_temp.id(1, 2)
			AND o.targets = '{all}'
		ORDER BY o.id DESC LIMIT 1) AS e
	CROSS JOIN generate_series(2, :devices, 2) AS n;
SELECT creel.raise_position(creel.clock());
VACUUM (FREEZE, ANALYZE);
