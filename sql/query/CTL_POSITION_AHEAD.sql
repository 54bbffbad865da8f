-- SPDX-License-Identifier: ISC
-- owner
-- Returns by how many seconds the highest position is ahead of the database's
-- clock; null for less than one.
SELECT s.ahead::text
FROM (SELECT (greatest(creel.highest_position(), creel.unassigned_position())
	- creel.clock()) / 1000000) AS s (ahead)
WHERE s.ahead > 0
