-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text only hooks of which to return events, an array, or null
-- $3 text position of the cursor
-- $4 text event of the cursor
-- $5 text limit
-- Returns the response, whether it has events, and the cursor with which to
-- continue at once if it has none and there may be more.
-- Returns what was committed behind the cursor, oldest first, up to the horizon.
-- Each function has a snapshot of its own, later than the one before.
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', c.next, 'more', p.cut OR f.more)::text AS json,
	(p.n > 0)::text AS found,
	CASE WHEN p.n = 0 AND f.more THEN c.next END AS next
FROM creel.event_horizon($1, $3::bigint, $4::uuid, false) AS b (until)
CROSS JOIN LATERAL creel.event_follow($1, $2::text[], $3::bigint, $4::uuid,
	b.until, $5::int) AS f
CROSS JOIN LATERAL creel.event_page($1, f.candidates, $5::int) AS p
CROSS JOIN LATERAL (SELECT 'f:' || CASE
	WHEN p.cut THEN (p.last).position || ':' || (p.last).id
	ELSE f.last_position || ':' || f.last_event END) AS c (next)
