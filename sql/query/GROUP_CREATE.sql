-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text id
-- $3 text whether with links
-- $4 text name
-- $5 text description or null
-- $6 text ids of its devices, an array or null
-- No row: no such application.  Null: the third column says what is wrong
-- with a device.  The id is the caller's: tried twice, it is made once.
SELECT g.whole::text AS json, g.invalid
FROM creel.application a
CROSS JOIN LATERAL creel.group_store(a.id, $2, true, $4, $5, $6::text[],
	NULL, NULL, $3::boolean) AS g
WHERE a.id = $1
