-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text only hooks of which to return events, an array, or null
-- $3 text position of the cursor, or null
-- $4 text event of the cursor, or null
-- $5 text limit
-- Returns the response, whether it has events, and the cursor for a reader that
-- waits until it has.
-- Returns what had been committed when this reader started; afterwards the reader
-- follows from that position on.  The events of some hooks by age: that set no
-- longer changes, so ids can order it.  Those of all hooks as readers that follow
-- get them: the cursor is one of these.
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', c.next, 'more', true)::text AS json,
	(p.n > 0)::text AS found, c.next
FROM (SELECT coalesce($3::bigint,
	creel.event_horizon($1, NULL, NULL, false))) AS b (until)
CROSS JOIN LATERAL creel.event_history($1, $2::text[], b.until,
	coalesce($4::uuid, creel.nil_uuid()), $5::int) AS h (candidates)
CROSS JOIN LATERAL creel.event_page($1, h.candidates, $5::int) AS p
CROSS JOIN LATERAL (SELECT CASE
	WHEN p.cut AND $2::text[] IS NULL
		THEN 'f:' || (p.last).position || ':' || (p.last).id
	WHEN p.cut THEN 'h:' || b.until || ':' || (p.last).id
	ELSE 'f:' || b.until || ':' || creel.nil_uuid() END) AS c (next)
