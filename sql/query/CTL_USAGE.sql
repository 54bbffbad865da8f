-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text organization, or null for all
SELECT json_build_object(
	'id', u.application_id,
	'name', u.name,
	'organizationId', u.organization_id,
	'day', creel.today(),
	'calls', u.calls,
	'refused', u.refused,
	'events', u.events,
	'storedBytes', u.bytes,
	'hooks', u.hooks,
	'devices', u.devices,
	'quotas', u.quotas)::text
FROM creel.application_usage u
WHERE ($1::text IS NULL OR u.application_id = $1)
	AND ($2::text IS NULL OR u.organization_id = $2)
ORDER BY u.bytes DESC, u.application_id
