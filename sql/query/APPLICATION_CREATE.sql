-- SPDX-License-Identifier: ISC
-- worker
-- $1 text organization
-- $2 text id
-- $3 text whether with links
-- $4 text name
-- $5 text description or null
-- No row: no such organization.  The id is the caller's: tried twice, it is
-- made once.
WITH application AS (
	INSERT INTO creel.application AS a (id, organization_id, name,
		description)
	SELECT $2, o.id, $4, coalesce($5, '')
	FROM creel.organization o WHERE o.id = $1
	ON CONFLICT (id) DO UPDATE SET name = excluded.name
	RETURNING a.organization_id, a AS whole
)
SELECT creel.application_json(a.whole, o.name, $3::boolean)::text AS json
FROM application a
JOIN creel.organization o ON o.id = a.organization_id
