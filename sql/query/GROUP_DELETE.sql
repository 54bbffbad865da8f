-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- Returns no row if there is no such application, null if there is no such
-- group.
SELECT CASE WHEN creel.group_delete(a.id, $2) THEN '{"success":true}' END AS json
FROM creel.application a
WHERE a.id = $1
