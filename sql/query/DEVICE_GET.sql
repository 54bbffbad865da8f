-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text id or null
-- $3 text whether with links
-- No row: no such application.  Null: no such device.
SELECT creel.device_show(a.id, $2, $3::boolean)::text AS json
FROM creel.application a
WHERE a.id = $1
