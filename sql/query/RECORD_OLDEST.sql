-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text form
-- $3 text position of the cursor, or null
-- $4 text event of the cursor, or null
-- $5 text limit
-- $6 text minimum of received_at, or null
-- $7 text maximum of received_at, exclusive, or null
-- $8 text bytes of a record in addition to the body's
-- $9 text position at which to stop: the horizon of RECORD_FORM
-- Returns records, or one row of nulls; with each the three parts of the next
-- cursor and whether the end was reached.
-- Returns what had been committed when this reader started, by age.  That set
-- no longer changes, so ids can order it; afterwards the reader follows from
-- that position on, as in FEED_HISTORY.  Reads up to 1000 rows and returns about
-- 1 MiB, so that it is never slow.  An id is created when a request starts, up
-- to an hour before received_at.
WITH b AS MATERIALIZED (
	SELECT coalesce($3::bigint, $9::bigint) AS until,
		greatest($4::uuid, creel.uuid_floor(greatest($6::timestamptz
			- interval '1 hour', 'epoch'))) AS low,
		creel.uuid_floor(least($7::timestamptz + interval '1 hour',
			'9999-12-31 00:00Z')) AS high
), looked AS MATERIALIZED (
	SELECT e.*
	FROM b
	CROSS JOIN LATERAL (
		SELECT e.id, e.received_at, e.principal, e.parsed,
			e.status = 'success' AND e.position < b.until
				AND ($6::text IS NULL
					OR e.received_at >= $6::timestamptz)
				AND ($7::text IS NULL
					OR e.received_at < $7::timestamptz)
				AS wanted,
			greatest(e.size + $8::bigint, e.parsed_size) AS weight
		FROM creel.record_scan($1, $2, b.low, b.high, false) AS e
	) AS e
), weighed AS MATERIALIZED (
	SELECT l.*, row_number() OVER w AS n, sum(l.weight) OVER w AS total
	FROM looked l
	WHERE l.wanted
	WINDOW w AS (ORDER BY l.id)
), taken AS MATERIALIZED (
	SELECT *
	FROM weighed w
	WHERE w.n = 1 OR (w.n <= $5::bigint AND w.total <= 1048576)
), page AS MATERIALIZED (
	SELECT b.until, g.cut OR g.full AS more,
		(SELECT l.id FROM looked l
		WHERE NOT g.cut OR l.id IN (SELECT t.id FROM taken t)
		ORDER BY l.id DESC LIMIT 1) AS last
	FROM b
	CROSS JOIN (SELECT
		(SELECT count(*) FROM weighed) > (SELECT count(*) FROM taken),
		(SELECT count(*) FROM looked) = 1000) AS g (cut, "full")
)
SELECT t.id::text, creel.iso(t.received_at),
	creel.user_email(t.principal),
	t.parsed::text,
	CASE WHEN p.more THEN 'h' ELSE 'f' END,
	p.until::text,
	CASE WHEN p.more THEN p.last ELSE creel.nil_uuid() END::text,
	(NOT p.more AND p.until >= $9::bigint)::text
FROM page p
LEFT JOIN taken t ON true
ORDER BY t.n
