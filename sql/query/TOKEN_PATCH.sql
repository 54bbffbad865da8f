-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text name, or null
-- $5 text description, or null
-- $6 text active: true, false or null
-- Returns no row if there is no such application, null if there is no such
-- token.  Setting the old value does not change updated_at, and neither does a
-- second try.
WITH patched AS (
	UPDATE creel.credential AS c
	SET name = coalesce($4, c.name),
		description = coalesce($5, c.description),
		enabled = coalesce($6::boolean, c.enabled),
		updated_at = CASE WHEN (c.name, c.description, c.enabled)
			IS DISTINCT FROM (coalesce($4, c.name),
				coalesce($5, c.description),
				coalesce($6::boolean, c.enabled))
			THEN clock_timestamp() ELSE c.updated_at END
	WHERE c.application_id = $1 AND c.id = $2 AND c.kind = 'token'
	RETURNING c.id, c AS whole
)
SELECT CASE WHEN p.id IS NOT NULL
	THEN creel.token_json(p.whole, $3::boolean)::text END AS json
FROM creel.application a
LEFT JOIN patched p ON true
WHERE a.id = $1
