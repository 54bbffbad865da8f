-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id to select, or null for all
SELECT json_build_object(
	'id', a.id,
	'name', a.name,
	'description', a.description,
	'organizationId', a.organization_id,
	'hooks', (SELECT count(*) FROM creel.hook h
		WHERE h.application_id = a.id),
	'keys', (SELECT count(*) FROM creel.credential c
		WHERE c.application_id = a.id AND c.kind = 'key'),
	'tokens', (SELECT count(*) FROM creel.credential c
		WHERE c.application_id = a.id AND c.kind = 'token'),
	'users', (SELECT count(*) FROM creel.credential c
		WHERE c.application_id = a.id AND c.kind = 'user'),
	'createdAt', creel.iso(a.created_at),
	'updatedAt', creel.iso(a.updated_at))::text
FROM creel.application a
WHERE $1::text IS NULL OR a.id = $1
ORDER BY a.created_at, a.id
