-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text name, or null
-- $5 text description, or null
-- $6 text ids of devices that replace all of its own, an array, or null
-- $7 text ids of devices to add, an array, or null
-- $8 text ids of devices to remove, an array, or null
-- Returns no row if there is no such application.  json is null if there is no
-- such group, or if invalid has an error about a device.
SELECT g.whole::text AS json, g.invalid
FROM creel.application a
CROSS JOIN LATERAL creel.group_store(a.id, $2, false, $4, $5, $6::text[],
	$7::text[], $8::text[], $3::boolean) AS g
WHERE a.id = $1
