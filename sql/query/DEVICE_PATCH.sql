-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text name, or null
-- $5 text description, or null
-- $6 text tags, an array, or null
-- $7 text enabled: true, false or null
-- Returns no row if there is no such application, null if there is no such
-- device.  Setting the old value does not change updated_at, and neither does a
-- second try.
SELECT creel.device_patch(a.id, $2, $4, $5, $6::text[], $7::boolean,
	$3::boolean)::text AS json
FROM creel.application a
WHERE a.id = $1
