-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text id
-- $3 text SHA-256 of the key, in hex
-- $4 text name
-- $5 text prefix
-- $6 text scopes, separated by spaces
-- $7 text ids of the only hooks it may access, an array, or null for all
-- $8 text expires_at, or null
-- $9 text kind: key or token
-- $10 text description, or null
-- $11 bytea its sealed copy, or null
-- The caller chooses the id, so a second try creates nothing more.
WITH address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	VALUES ('key', $3, $1, $2)
	ON CONFLICT DO NOTHING
)
INSERT INTO creel.credential (application_id, id, kind, name, description,
	prefix, secret_sha256, scopes, hook_ids, expires_at, sealed_secret)
VALUES ($1, $2, $9, $4, coalesce($10, ''), $5, decode($3, 'hex'),
	string_to_array($6, ' '), $7::text[], $8::timestamptz, $11::bytea)
ON CONFLICT DO NOTHING
