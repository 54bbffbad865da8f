-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text only hooks of which to return events, an array, or null
-- $3 text transaction of the cursor
-- $4 text event of the cursor, or the smallest id that may still be committed
-- $5 text limit
-- Returns the response, whether there is anything new, and null: a reader that
-- waits keeps its cursor.
-- Returns what was committed behind the cursor, oldest first, up to the oldest
-- transaction that still runs, so that an event that commits late is not
-- skipped.  Reads a few thousand transactions, so that it is never slow, and
-- only partitions that may have such events.  While the horizon does not move,
-- the smallest id stays as well, because a transaction may stay open for long.
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', 'f:' || CASE
		WHEN p.cut THEN (p.last).transaction_id || ':' || (p.last).id
		ELSE greatest(b.until, $3::bigint) || ':' || CASE
			WHEN b.until = b.oldest AND b.until > $3::bigint
			THEN creel.day_floor(now())
			ELSE creel.cursor_floor($4::uuid) END END,
	'more', p.cut OR b.until < b.oldest)::text AS json,
	(p.n > 0 OR b.until < b.oldest)::text AS found
FROM creel.horizon($3::bigint) AS b
CROSS JOIN LATERAL creel.event_page($1, creel.event_follow($1, $2::text[],
	$3::bigint, $4::uuid, b.until, $5::int), $5::int) AS p
