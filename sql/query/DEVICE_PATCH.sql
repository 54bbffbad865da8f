-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text id or null
-- $3 text whether with links
-- $4 text name or null
-- $5 text description or null
-- $6 text tags, an array or null
-- $7 text whether it is enabled: true, false or null
-- No row: no such application.  Null: no such device.  What is set to what it
-- was is no change, so a second try moves no date.
SELECT creel.device_patch(a.id, $2, $4, $5, $6::text[], $7::boolean,
	$3::boolean)::text AS json
FROM creel.application a
WHERE a.id = $1
