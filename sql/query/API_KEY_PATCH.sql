-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text ids of the keys that can open sealed secrets, an array
-- $5 text name, or null
-- $6 text enabled: true, false or null
-- Returns no row if there is no such application, null if there is no such key.
-- Setting the old value does not change updated_at, and neither does a second
-- try.
WITH patched AS (
	UPDATE creel.credential AS c
	SET name = coalesce($5, c.name),
		enabled = coalesce($6::boolean, c.enabled),
		updated_at = CASE WHEN (c.name, c.enabled)
			IS DISTINCT FROM (coalesce($5, c.name),
				coalesce($6::boolean, c.enabled))
			THEN clock_timestamp() ELSE c.updated_at END
	WHERE c.application_id = $1 AND c.id = $2 AND c.kind = 'key'
	RETURNING c.id, c AS whole
)
SELECT CASE WHEN p.id IS NOT NULL
	THEN creel.key_json(p.whole, $4::text[], $3::boolean)::text END AS json
FROM creel.application a
LEFT JOIN patched p ON true
WHERE a.id = $1
