-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text Integration Access: true, false or null
-- Returns no row if there is no such application, null if there is no such
-- user.  Setting the old value does not change updated_at, and neither does a
-- second try.
WITH patched AS (
	UPDATE creel.credential AS c
	SET enabled = coalesce($4::boolean, c.enabled),
		updated_at = CASE WHEN c.enabled
				= coalesce($4::boolean, c.enabled)
			THEN c.updated_at ELSE clock_timestamp() END
	WHERE c.application_id = $1 AND c.id = $2 AND c.kind = 'user'
	RETURNING c.id, c AS whole
)
SELECT CASE WHEN p.id IS NOT NULL
	THEN creel.user_json(p.whole, $3::boolean)::text END AS json
FROM creel.application a
LEFT JOIN patched p ON true
WHERE a.id = $1
