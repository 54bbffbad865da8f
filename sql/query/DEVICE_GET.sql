-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- Returns no row if there is no such application, null if there is no such
-- device.
SELECT creel.device_show(a.id, $2, $3::boolean)::text AS json
FROM creel.application a
WHERE a.id = $1
