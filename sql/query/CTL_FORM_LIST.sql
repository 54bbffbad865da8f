-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text id or app key to select, or null for all
-- $3 text whether to return fields as lines: true or false
SELECT json_build_object(
	'id', h.id,
	'applicationId', h.application_id,
	'name', h.name,
	'description', h.description,
	'appKey', h.handle,
	'path', CASE WHEN creel.form_has_webhook(h) THEN '/webhook/app/'
		|| h.handle || '/incoming-data' END,
	'appUsage', coalesce(h.settings->'appUsage', '[]'),
	'lenient', coalesce(h.settings->'lenient', 'false'),
	'timeZone', coalesce(h.settings->>'timeZone', 'UTC'),
	'enabled', h.enabled,
	'fields', CASE WHEN $3::boolean THEN to_jsonb(ARRAY(
			SELECT concat_ws(':', f->>'name', f->>'type',
				CASE WHEN (f->>'required')::boolean
					THEN 'required' END)
			FROM jsonb_array_elements(h.settings->'fields')
				WITH ORDINALITY AS e (f, n)
			ORDER BY e.n))
		ELSE h.settings->'fields' END,
	'view', 'creel_form.' || quote_ident(v.name),
	'createdAt', creel.iso(h.created_at),
	'updatedAt', creel.iso(h.updated_at))::text
FROM creel.hook h
LEFT JOIN creel.form_view v
	ON v.application_id = h.application_id AND v.hook_id = h.id
WHERE h.kind = 'form' AND ($1::text IS NULL OR h.application_id = $1)
	AND ($2::text IS NULL OR h.id = $2 OR h.handle = $2)
ORDER BY h.created_at, h.id
