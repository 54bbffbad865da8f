-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id
-- $3 text whether to return _links
-- $4 text ids of the keys that can open sealed secrets, an array
-- $5 text SHA-256 of the key, in hex
-- $6 text prefix of the key
-- $7 bytea its sealed copy, or null
-- $8 text name
-- $9 text scopes, separated by spaces
-- $10 text enabled: true, false or null
-- $11 text principal that creates it
-- Returns no row if there is no such application.  The caller chooses the id,
-- so a second try creates nothing more.
WITH credential AS (
	INSERT INTO creel.credential AS c (application_id, id, kind, name,
		prefix, secret_sha256, sealed_secret, scopes, enabled, creator)
	SELECT a.id, $2, 'key', $8, $6, decode($5, 'hex'), $7::bytea,
		string_to_array($9, ' '), coalesce($10::boolean, true), $11
	FROM creel.application a WHERE a.id = $1
	ON CONFLICT (application_id, id) DO UPDATE SET name = excluded.name
	RETURNING c.application_id, c.id, c AS whole
), address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT 'key', $5, application_id, id FROM credential
	ON CONFLICT (kind, handle) DO NOTHING
)
SELECT creel.key_json(whole, $4::text[], $3::boolean)::text AS json
FROM credential
