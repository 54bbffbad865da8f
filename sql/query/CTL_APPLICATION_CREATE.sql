-- SPDX-License-Identifier: ISC
-- owner
-- $1 text applications, a JSON array of objects: id, name, hooks (an array of
--    objects: id, kind, name, handle); and if each has a key: keyId, hash and
--    prefix, and sealed, its sealed copy in hex, or null
-- $2 text organization, or null
-- $3 text name of the keys; null: none has a key
-- $4 text scopes of the keys, separated by spaces
-- $5 text days of retention; "default" or null: as in creel.conf
-- $6 text the same for failed events
-- The caller chooses the ids, so a second try creates nothing more.
WITH given AS MATERIALIZED (
	SELECT g.*
	FROM json_to_recordset($1::json) AS g (id text, name text, hooks json,
		"keyId" text, hash text, prefix text, sealed text)
), hook AS MATERIALIZED (
	SELECT g.id AS application_id, h.*
	FROM given g
	CROSS JOIN LATERAL json_to_recordset(g.hooks) AS h (id text,
		kind text, name text, handle text)
), application AS (
	INSERT INTO creel.application (id, name, organization_id,
		retention_days, retention_failed_days)
	SELECT g.id, g.name, $2, nullif($5, 'default')::int,
		nullif($6, 'default')::int
	FROM given g
	ON CONFLICT DO NOTHING
), address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT h.kind, h.handle, h.application_id, h.id FROM hook h
	UNION ALL
	SELECT 'key', g.hash, g.id, g."keyId" FROM given g
	WHERE $3::text IS NOT NULL
	ON CONFLICT DO NOTHING
), hooks AS (
	INSERT INTO creel.hook (application_id, id, kind, handle, name,
		settings)
	SELECT h.application_id, h.id, h.kind, h.handle, h.name,
		creel.hook_defaults(h.kind)
	FROM hook h
	ON CONFLICT DO NOTHING
)
INSERT INTO creel.credential (application_id, id, kind, name, prefix,
	secret_sha256, scopes, sealed_secret)
SELECT g.id, g."keyId", 'key', $3, g.prefix, decode(g.hash, 'hex'),
	string_to_array($4, ' '), decode(g.sealed, 'hex')
FROM given g
WHERE $3::text IS NOT NULL
ON CONFLICT DO NOTHING
