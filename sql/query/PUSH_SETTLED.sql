-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text position that the previous call returned, or null
-- Returns a position for the next call, and whether readers may read up to it:
-- before that, they may not find the event.
SELECT p.highest::text, (creel.horizon(p.highest) > p.highest)::text
FROM (SELECT coalesce($1::bigint, creel.highest_position()) OFFSET 0)
	AS p (highest)
