-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text hooks whose events are wanted, an array; or null: all of them
-- $3 text transaction of the cursor
-- $4 text event of the cursor, or the least id that may still come
-- $5 text how many
-- Gives the answer, whether it tells anything, and no other cursor for who
-- waits until it does.
-- What was committed behind the cursor, oldest first, up to the oldest
-- transaction that still runs: nothing that commits late is passed by.  Some
-- thousand transactions are looked at, so that an answer never takes long, and
-- only partitions where such events may be.  Where the horizon has not moved
-- the least id stays as well: what is behind may wait there for long.
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', 'f:' || CASE
		WHEN p.cut THEN (p.last).transaction_id || ':' || (p.last).id
		ELSE greatest(b.until, $3::bigint) || ':' || CASE
			WHEN b.until = b.oldest AND b.until > $3::bigint
			THEN creel.day_floor(now())
			ELSE creel.cursor_floor($4::uuid) END END,
	'more', p.cut OR b.until < b.oldest)::text,
	(p.n > 0 OR b.until < b.oldest)::text, NULL::text
FROM creel.horizon($3::bigint) AS b
CROSS JOIN LATERAL creel.event_page($1, creel.event_follow($1, $2::text[],
	$3::bigint, $4::uuid, b.until, $5::int), $5::int) AS p
