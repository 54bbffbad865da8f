-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text id to select, or null for all
-- $3 text only devices with this tag, or null
-- $4 text only devices in this group, or null
SELECT json_build_object(
	'id', d.id,
	'applicationId', d.application_id,
	'name', d.name,
	'description', d.description,
	'prefix', c.prefix,
	'tags', ARRAY(SELECT substr(m.key, 5) FROM creel.device_member m
		WHERE m.application_id = d.application_id
			AND m.device_id = d.id AND m.key LIKE 'tag:%'
		ORDER BY m.key),
	'groupIds', ARRAY(SELECT m.key FROM creel.device_member m
		WHERE m.application_id = d.application_id
			AND m.device_id = d.id AND m.key NOT LIKE 'tag:%'
		ORDER BY m.key),
	'enabled', c.enabled,
	'lastSeenAt', creel.iso(d.last_seen_at),
	'createdAt', creel.iso(d.created_at),
	'updatedAt', creel.iso(d.updated_at))::text
FROM creel.device d
JOIN creel.credential c ON c.application_id = d.application_id AND c.id = d.id
WHERE ($1::text IS NULL OR d.application_id = $1)
	AND ($2::text IS NULL OR d.id = $2)
	AND NOT EXISTS (SELECT FROM unnest(ARRAY['tag:' || $3::text,
			lower($4::text)]) AS k (key)
		WHERE k.key IS NOT NULL AND NOT EXISTS (
			SELECT FROM creel.device_member m
			WHERE m.application_id = d.application_id
				AND m.key = k.key AND m.device_id = d.id))
ORDER BY d.created_at, d.id
