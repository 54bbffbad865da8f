-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text ids of the keys that can open sealed secrets, an array
-- $5 text kind: key, token or user
-- Returns no row if there is no such application, null if there is no such
-- credential.
SELECT CASE WHEN c.id IS NOT NULL
	THEN creel.credential_json(c, $4::text[], $3::boolean)::text END AS json
FROM creel.application a
LEFT JOIN creel.credential c ON c.application_id = a.id AND c.id = $2
	AND c.kind = $5
WHERE a.id = $1
