-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text id or null
-- $3 text whether with links
-- $4 text name or null
-- $5 text description or null
-- $6 text ids of all devices that it is to have, an array or null
-- $7 text ids of devices to add, an array or null
-- $8 text ids of devices to take out, an array or null
-- No row: no such application.  Null: no such group, or the third column says
-- what is wrong with a device.
SELECT g.whole::text AS json, g.invalid
FROM creel.application a
CROSS JOIN LATERAL creel.group_store(a.id, $2, false, $4, $5, $6::text[],
	$7::text[], $8::text[], $3::boolean) AS g
WHERE a.id = $1
