-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- Returns no row if there is no such application.
SELECT json_build_object(
	'applicationId', u.application_id,
	'day', creel.today(),
	'calls', u.calls,
	'refused', u.refused,
	'events', u.events,
	'storedBytes', u.bytes,
	'hooks', u.hooks,
	'devices', u.devices,
	'quotas', u.quotas,
	'_type', 'usage')::text AS json
FROM creel.application_usage u
WHERE u.application_id = $1
