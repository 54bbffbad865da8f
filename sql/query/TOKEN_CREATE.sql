-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id
-- $3 text whether to return _links
-- $4 text SHA-256 of the secret, in hex
-- $5 text prefix of the secret
-- $6 text name
-- $7 text description, or null
-- $8 text expires_at, or null
-- $9 text scopes, separated by spaces
-- $10 text active: true, false or null
-- $11 text principal that creates it
-- Returns no row if there is no such application.  The caller chooses the id,
-- so a second try creates nothing more.
WITH credential AS (
	INSERT INTO creel.credential AS c (application_id, id, kind, name,
		description, prefix, secret_sha256, scopes, enabled, expires_at,
		creator)
	SELECT a.id, $2, 'token', $6, coalesce($7, ''), $5, decode($4, 'hex'),
		string_to_array($9, ' '), coalesce($10::boolean, true),
		$8::timestamptz, $11
	FROM creel.application a WHERE a.id = $1
	ON CONFLICT (application_id, id) DO UPDATE SET name = excluded.name
	RETURNING c.application_id, c.id, c AS whole
), address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT 'key', $4, application_id, id FROM credential
	ON CONFLICT (kind, handle) DO NOTHING
)
SELECT creel.token_json(whole, $3::boolean)::text AS json
FROM credential
