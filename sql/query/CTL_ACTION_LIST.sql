-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text id to select, or null for all
-- $3 text whether to return steps as text: true or false
SELECT json_build_object(
	'id', h.id,
	'applicationId', h.application_id,
	'name', h.name,
	'description', h.description,
	'eventId', h.handle,
	'timeout', h.settings->'timeout',
	'enabled', h.enabled,
	'steps', CASE WHEN $3::boolean THEN to_jsonb(ARRAY(
			SELECT concat_ws(' ', s->>'function',
				s->'parameters'->>'url',
				s->'parameters'->>'path', 'for',
				array_to_string(ARRAY(SELECT
					jsonb_array_elements_text(
						s->'targets')), ', ')) || ';'
			FROM jsonb_array_elements(h.settings->'commands')
				WITH ORDINALITY AS e (s, n)
			ORDER BY e.n))
		ELSE h.settings->'steps' END,
	'createdAt', creel.iso(h.created_at),
	'updatedAt', creel.iso(h.updated_at))::text
FROM creel.hook h
WHERE h.kind = 'action' AND ($1::text IS NULL OR h.application_id = $1)
	AND ($2::text IS NULL OR h.id = $2)
ORDER BY h.created_at, h.id
