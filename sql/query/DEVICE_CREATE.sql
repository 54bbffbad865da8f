-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id
-- $3 text whether to return _links
-- $4 text SHA-256 of the key, in hex
-- $5 text prefix of the key
-- $6 text name
-- $7 text description, or null
-- $8 text tags, an array, or null
-- $9 text enabled: true, false or null
-- $10 text principal that creates it, or null
-- Returns no row if there is no such application.  The caller chooses the id,
-- so a second try creates nothing more.
SELECT creel.device_create(a.id, $2, $4, $5, $6, $7, $8::text[], $9::boolean,
	$10, $3::boolean)::text AS json
FROM creel.application a
WHERE a.id = $1
