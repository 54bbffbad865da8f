-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text id to select, or null for all
SELECT json_build_object(
	'id', g.id,
	'applicationId', g.application_id,
	'name', g.name,
	'description', g.description,
	'devices', (SELECT count(*) FROM creel.device_member m
		WHERE m.application_id = g.application_id AND m.key = g.id),
	'createdAt', creel.iso(g.created_at),
	'updatedAt', creel.iso(g.updated_at))::text
FROM creel.device_group g
WHERE ($1::text IS NULL OR g.application_id = $1)
	AND ($2::text IS NULL OR g.id = $2)
ORDER BY g.created_at, g.id
