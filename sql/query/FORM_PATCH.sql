-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text id or null
-- $3 text hooks that the caller is restricted to, an array or null
-- $4 text whether with links
-- $5 text name or null
-- $6 text description or null
-- $7 text enabled or null
-- $8 text settings that are to be other ones, a JSON object
-- No row: no such application.  Null: no such form.  What is set to what it was
-- is no change, so a second try moves no date.
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
