-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text the only hooks the caller may access, an array, or null for all
-- $4 text whether to return _links
-- $5 text name, or null
-- $6 text description, or null
-- $7 text enabled: true, false or null
-- $8 text settings to change, a JSON object
-- Returns no row if there is no such application, null if there is no such
-- form.  Setting the old value does not change updated_at, and neither does a
-- second try.
WITH patched AS (
	UPDATE creel.hook AS h
	SET name = coalesce($5, h.name),
		description = coalesce($6, h.description),
		enabled = coalesce($7::boolean, h.enabled),
		settings = h.settings || $8::jsonb,
		updated_at = CASE WHEN (h.name, h.description, h.enabled,
				h.settings) IS DISTINCT FROM (
				coalesce($5, h.name),
				coalesce($6, h.description),
				coalesce($7::boolean, h.enabled),
				h.settings || $8::jsonb)
			THEN clock_timestamp() ELSE h.updated_at END
	WHERE h.application_id = $1 AND h.id = $2 AND h.kind = 'form'
		AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
	RETURNING h.id, h AS whole
)
SELECT CASE WHEN p.id IS NOT NULL
	THEN creel.form_json(p.whole, $4::boolean)::text END AS json
FROM creel.application a
LEFT JOIN patched p ON true
WHERE a.id = $1
