-- SPDX-License-Identifier: ISC
-- owner
-- Returns the highest stored position if it is higher than all assigned ones,
-- or null; and by how many seconds the highest position is ahead of the
-- database's clock, null for less than one.
SELECT s.unassigned::text, a.seconds::text
FROM (SELECT creel.unassigned_position() OFFSET 0) AS s (unassigned)
LEFT JOIN LATERAL (SELECT (greatest(creel.highest_position(), s.unassigned)
	- creel.clock()) / 1000000) AS a (seconds) ON a.seconds > 0
