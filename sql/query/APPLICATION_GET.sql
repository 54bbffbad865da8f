-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text whether to return _links
-- Returns no row if there is no such application.
SELECT creel.application_json(a, o.name, $2::boolean)::text AS json
FROM creel.application a
LEFT JOIN creel.organization o ON o.id = a.organization_id
WHERE a.id = $1
