-- SPDX-License-Identifier: ISC
-- Fills a database: :applications, each with a key, :hooks, :events of today.
-- The events go into a table without indexes, which then replaces today's
-- partition, so that each index is created in one step.
\set key '(''ck_'' || rpad(md5(''key'' || n), 43, ''k''))'
\set hex_id 'lpad(to_hex(n), 24, ''0'')'
\set application 'lpad(to_hex(1 + (n - 1) % :applications), 24, ''0'')'
SET maintenance_work_mem = '512MB';
SET synchronous_commit = off;

BEGIN;
INSERT INTO creel.application (id, name)
	SELECT :hex_id, 'application ' || n
	FROM generate_series(1, :applications) AS n;
INSERT INTO creel.credential (application_id, id, name, prefix, secret_sha256,
	scopes)
	SELECT :hex_id, :hex_id, 'key', left(:key, 9), sha256(:key::bytea),
		'{datasource.post}'
	FROM generate_series(1, :applications) AS n;
INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT 'key', encode(sha256(:key::bytea), 'hex'), :hex_id, :hex_id
	FROM generate_series(1, :applications) AS n;
INSERT INTO creel.hook (application_id, id, kind, handle, name)
	SELECT :application, :hex_id, 'datasource', md5('hook' || n)::uuid,
		'hook ' || n
	FROM generate_series(1, :hooks) AS n;
INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT kind, handle, application_id, id FROM creel.hook
	ON CONFLICT DO NOTHING;

SELECT name AS today, begins, ends,
	extract(epoch FROM creel.uuid_time(begins)) * 1000 AS since
FROM creel.event_partition
WHERE begins <= creel.uuid_floor(now()) AND ends > creel.uuid_floor(now())
\gset
CREATE TABLE creel.grown (LIKE creel.event INCLUDING DEFAULTS
	INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION);
INSERT INTO creel.grown (application_id, id, hook_id, received_at, method, path,
	query, headers, content_type, body, principal, remote_address, status,
	completed_at, position)
SELECT lpad(to_hex(1 + hook % :applications), 24, '0'),
	(lpad(to_hex((:since + part * (extract(epoch FROM now()) * 1000 -
	:since))::bigint), 12, '0') || '7' || left(random, 3) || '8' ||
	substr(random, 4, 15))::uuid,
	lpad(to_hex(1 + hook), 24, '0'), now(), 'POST', '/hooks/incoming/', '',
	'{"host": "hooks.example.org"}', 'application/json',
	'{"temperature":21.5,"pressure":1013.2,"running":true}', 'key',
	'192.0.2.1', 'success', now(), (:since + part * (extract(epoch FROM
	now()) * 1000 - :since))::bigint * 1000
FROM (SELECT i::float8 / :events AS part, i * 7919 % :hooks AS hook,
		md5(i::text) AS random
	FROM generate_series(1, :events::bigint) AS i) AS call;
DROP TABLE creel.:"today";
ALTER TABLE creel.grown RENAME TO :"today";
ALTER TABLE creel.event ATTACH PARTITION creel.:"today"
	FOR VALUES FROM (:'begins') TO (:'ends');
COMMIT;
VACUUM (FREEZE, ANALYZE);
