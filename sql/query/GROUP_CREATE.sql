-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id
-- $3 text whether to return _links
-- $4 text name
-- $5 text description, or null
-- $6 text ids of its devices, an array, or null
-- Returns no row if there is no such application.  json is null if invalid has
-- an error about a device.  The caller chooses the id, so a second try creates
-- nothing more.
SELECT g.whole::text AS json, g.invalid
FROM creel.application a
CROSS JOIN LATERAL creel.group_store(a.id, $2, true, $4, $5, $6::text[],
	NULL, NULL, $3::boolean) AS g
WHERE a.id = $1
