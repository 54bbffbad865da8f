-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text id to select, or null for all
-- $3 text kind: key, token or user
SELECT json_build_object(
	'id', c.id,
	'applicationId', c.application_id,
	'name', c.name,
	'description', c.description,
	'prefix', c.prefix,
	'scopes', c.scopes,
	'hookIds', c.hook_ids,
	'enabled', c.enabled,
	'expiresAt', creel.iso(c.expires_at),
	'lastUsedAt', creel.iso(c.last_used_at),
	'createdAt', creel.iso(c.created_at),
	'updatedAt', creel.iso(c.updated_at),
	'sealed', c.sealed_secret IS NOT NULL)::text
FROM creel.credential c
WHERE ($1::text IS NULL OR c.application_id = $1)
	AND ($2::text IS NULL OR c.id = $2) AND c.kind = $3
ORDER BY c.created_at, c.id
