-- SPDX-License-Identifier: ISC
-- owner
-- $1 text position of the cursor, or null
-- Returns the horizon of the whole log, but not less than the cursor: everything
-- below is visible to later statements.  The second column is the highest position
-- that was assigned: those of all events that were stored before are not above.
SELECT greatest(creel.horizon(p.highest), $1::bigint)::text, p.highest::text
FROM (SELECT creel.highest_position() OFFSET 0) AS p (highest)
