-- SPDX-License-Identifier: ISC
-- owner
-- Returns the horizon of the whole log: everything below is visible to later
-- statements.
SELECT creel.horizon(p.highest)::text
FROM (SELECT creel.highest_position() OFFSET 0) AS p (highest)
