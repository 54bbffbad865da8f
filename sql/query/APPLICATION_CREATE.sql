-- SPDX-License-Identifier: ISC
-- worker
-- tenant $2
-- $1 text organization
-- $2 text id
-- $3 text whether to return _links
-- $4 text name
-- $5 text description, or null
-- Returns no row if there is no such organization.  The caller chooses the id,
-- so a second try creates nothing more.
WITH application AS (
	INSERT INTO creel.application AS a (id, organization_id, name,
		description)
	SELECT $2, $1::text, $4, coalesce($5, '')
	WHERE creel.organization_name($1) IS NOT NULL
	ON CONFLICT (id) DO UPDATE SET name = excluded.name
	RETURNING a.organization_id, a AS whole
)
SELECT creel.application_json(a.whole,
	creel.organization_name(a.organization_id), $3::boolean)::text AS json
FROM application a
