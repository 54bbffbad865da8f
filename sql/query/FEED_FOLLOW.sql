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
-- The primary key is of no use here, an application's events of days: ||.
WITH b AS MATERIALIZED (
	SELECT x.now, least(x.now, $3::bigint + 5000) AS until
	FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
		AS x (now)
)
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', 'f:' || CASE
		WHEN p.cut THEN (p.last).transaction_id || ':' || (p.last).id
		ELSE greatest(b.until, $3::bigint) || ':' || CASE
			WHEN b.until = b.now AND b.until > $3::bigint
			THEN creel.uuid_floor(now() - interval '1 day')
			ELSE creel.cursor_floor($4::uuid) END END,
	'more', p.cut OR b.until < b.now)::text,
	(p.n > 0 OR b.until < b.now)::text, NULL::text
FROM b
CROSS JOIN LATERAL creel.event_page($1, ARRAY(
	SELECT ROW(e.transaction_id, e.id, e.weight)::creel.candidate
	FROM creel.event_candidate e
	WHERE e.application_id || '' = $1
		AND ($2::text IS NULL OR e.hook_id = ANY ($2::text[]))
		AND e.id >= creel.cursor_floor($4::uuid)
		AND e.transaction_id >= $3::bigint
		AND e.transaction_id < b.until
		AND (e.transaction_id, e.id) > ($3::bigint, $4::uuid)
	ORDER BY e.transaction_id, e.id
	LIMIT $5::bigint + 1), $5::int) AS p
