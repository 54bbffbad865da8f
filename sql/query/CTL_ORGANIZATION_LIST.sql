-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id to select, or null for all
SELECT json_build_object(
	'id', o.id,
	'name', o.name,
	'applications', (SELECT count(*) FROM creel.application a
		WHERE a.organization_id = o.id),
	'quotas', o.quotas,
	'createdAt', creel.iso(o.created_at),
	'updatedAt', creel.iso(o.updated_at))::text
FROM creel.organization o
WHERE $1::text IS NULL OR o.id = $1
ORDER BY o.created_at, o.id
