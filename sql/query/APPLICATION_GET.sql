-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text whether to return _links
-- Returns no row if there is no such application.
SELECT creel.application_json(a,
	creel.organization_name(a.organization_id), $2::boolean)::text AS json
FROM creel.application a
WHERE a.id = $1
