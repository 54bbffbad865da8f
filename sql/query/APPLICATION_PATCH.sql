-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text whether to return _links
-- $3 text name, or null
-- $4 text description, or null
-- Returns no row if there is no such application.  Setting the old value does
-- not change updated_at, and neither does a second try.
WITH patched AS (
	UPDATE creel.application AS a
	SET name = coalesce($3, a.name),
		description = coalesce($4, a.description),
		updated_at = CASE WHEN (a.name, a.description)
			IS DISTINCT FROM (coalesce($3, a.name),
				coalesce($4, a.description))
			THEN clock_timestamp() ELSE a.updated_at END
	WHERE a.id = $1
	RETURNING a.organization_id, a AS whole
)
SELECT creel.application_json(p.whole,
	creel.organization_name(p.organization_id), $2::boolean)::text AS json
FROM patched p
