-- SPDX-License-Identifier: ISC
-- worker
-- $1 text organization
-- Returns no row if there is no such organization.
SELECT json_build_object(
	'organizationId', o.id,
	'day', creel.today(),
	'applications', s.applications,
	'calls', s.calls,
	'refused', s.refused,
	'events', s.events,
	'storedBytes', s.bytes,
	'hooks', s.hooks,
	'devices', s.devices,
	'quotas', o.quotas,
	'_type', 'usage')::text AS json
FROM creel.organization o
CROSS JOIN LATERAL (
	SELECT count(*) AS applications, coalesce(sum(u.calls), 0) AS calls,
		coalesce(sum(u.refused), 0) AS refused,
		coalesce(sum(u.events), 0) AS events,
		coalesce(sum(u.bytes), 0) AS bytes,
		coalesce(sum(u.hooks), 0) AS hooks,
		coalesce(sum(u.devices), 0) AS devices
	FROM creel.application_usage u
	WHERE u.organization_id = o.id
) AS s
WHERE o.id = $1
