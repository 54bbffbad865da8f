-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id to select, or null for all
-- Those that are being deleted contain events alone.
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
	'state', a.state,
	'eventsDeleted', a.events,
	'retentionDays', a.retention_days,
	'retentionFailedDays', a.retention_failed_days,
	'quotas', a.quotas,
	'createdAt', creel.iso(a.created_at),
	'updatedAt', creel.iso(a.updated_at))::text
FROM (
	SELECT l.id, l.name, l.description, l.organization_id,
		'active' AS state, NULL::bigint AS events, l.retention_days,
		l.retention_failed_days, l.quotas, l.created_at, l.updated_at
	FROM creel.application l
	UNION ALL
	SELECT d.application_id, d.name, NULL, NULL, 'deleting', d.events,
		NULL, NULL, NULL, d.created_at, d.began_at
	FROM creel.deletion d
	WHERE d.emptied_at IS NULL
) AS a
WHERE $1::text IS NULL OR a.id = $1
ORDER BY a.created_at, a.id
