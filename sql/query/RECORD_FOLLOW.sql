-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text form
-- $3 text transaction of the cursor, or null
-- $4 text event of the cursor, or null
-- $5 text limit
-- $6 text minimum of received_at, or null
-- $7 text maximum of received_at, exclusive, or null
-- $8 text bytes of a record in addition to the body's
-- $9 text transaction at which to stop, or null: the oldest that runs now
-- Returns records, or one row of nulls; with each the three parts of the next
-- cursor, whether the end was reached, and the transaction at which to stop.
-- Returns what was committed behind the cursor, oldest first, up to the oldest
-- transaction that still runs, so that a record that commits late is not
-- skipped, as FEED_FOLLOW does.
WITH b AS MATERIALIZED (
	SELECT x.now, greatest($3::bigint, least(x.now, $3::bigint + 5000))
			AS until,
		creel.cursor_floor($4::uuid) AS earliest,
		creel.uuid_floor(greatest($6::timestamptz - interval '1 hour',
			'epoch')) AS low,
		creel.uuid_floor(least($7::timestamptz + interval '1 hour',
			'9999-12-31 00:00Z')) AS high
	FROM (SELECT coalesce($9::bigint, pg_snapshot_xmin(
		pg_current_snapshot())::text::bigint)) AS x (now)
), looked AS MATERIALIZED (
	SELECT e.*, row_number() OVER (ORDER BY e.transaction_id, e.id) AS i
	FROM b
	CROSS JOIN LATERAL (
		SELECT f.transaction_id, f.id, f.received_at, f.principal,
			f.parsed, greatest(f.size + $8::bigint,
				pg_column_size(f.parsed)) AS weight
		FROM creel.record_follow($1, $2, $3::bigint, $4::uuid, b.until,
			greatest(b.earliest, b.low), b.high, $6::timestamptz,
			$7::timestamptz) AS f) AS e
), weighed AS MATERIALIZED (
	SELECT l.*, sum(l.weight) OVER (ORDER BY l.i) AS total
	FROM looked l
), taken AS MATERIALIZED (
	SELECT *
	FROM weighed w
	WHERE w.i = 1 OR (w.i <= $5::bigint AND w.total <= 1048576)
), page AS MATERIALIZED (
	SELECT b.*, c.looked > c.taken OR c.looked = 1000 AS more,
		l.transaction_id, l.id
	FROM b
	CROSS JOIN (SELECT (SELECT count(*) FROM looked),
		(SELECT count(*) FROM taken)) AS c (looked, taken)
	LEFT JOIN looked l ON l.i = c.taken
)
SELECT t.id::text, creel.iso(t.received_at),
	creel.user_email(t.principal),
	t.parsed::text, 'f',
	CASE WHEN p.more THEN p.transaction_id ELSE p.until END::text,
	CASE WHEN p.more THEN p.id
		WHEN p.id IS NULL THEN p.earliest
		ELSE creel.cursor_floor(p.id) END::text,
	(NOT p.more AND p.until >= p.now)::text,
	p.now::text
FROM page p
LEFT JOIN taken t ON true
ORDER BY t.i
