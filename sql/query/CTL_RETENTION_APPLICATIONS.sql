-- SPDX-License-Identifier: ISC
-- owner
-- $1 text retention_days
-- $2 text retention_failed_days
-- Returns the applications of which some events expire.
SELECT a.id::text
FROM creel.application a
WHERE creel.retention(a.id, false, $1::int, $2::int) IS NOT NULL
	OR creel.retention(a.id, true, $1::int, $2::int) IS NOT NULL
ORDER BY a.id
