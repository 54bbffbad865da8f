-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text form
-- $3 text position of the cursor
-- $4 text event of the cursor
-- $5 text limit
-- $6 text minimum of received_at, or null
-- $7 text maximum of received_at, exclusive, or null
-- $8 text bytes of a record in addition to the body's
-- $9 text position at which to stop: the horizon of RECORD_FORM
-- Returns records, or one row of nulls; with each the three parts of the next
-- cursor and whether the end was reached.
-- Returns what was committed behind the cursor, oldest first.
WITH looked AS MATERIALIZED (
	SELECT f.*, greatest(f.size + $8::bigint, pg_column_size(f.parsed))
			AS weight,
		row_number() OVER (ORDER BY f.position, f.id) AS i
	FROM creel.record_follow($1, $2, $3::bigint, $4::uuid, $9::bigint,
		creel.uuid_floor(greatest($6::timestamptz - interval '1 hour',
			'epoch')),
		creel.uuid_floor(least($7::timestamptz + interval '1 hour',
			'9999-12-31 00:00Z')),
		$6::timestamptz, $7::timestamptz) AS f
), weighed AS MATERIALIZED (
	SELECT l.*, row_number() OVER w AS n, sum(l.weight) OVER w AS total
	FROM looked l
	WHERE l.wanted
	WINDOW w AS (ORDER BY l.i)
), taken AS MATERIALIZED (
	SELECT *
	FROM weighed w
	WHERE w.n = 1 OR (w.n <= $5::bigint AND w.total <= 1048576)
), page AS MATERIALIZED (
	SELECT g.cut OR g.looked = 5000 AS more, l.position, l.id
	FROM (SELECT c.looked, c.wanted > c.taken AS cut,
			CASE WHEN c.wanted > c.taken THEN c.last ELSE c.looked
			END AS i
		FROM (SELECT (SELECT count(*) FROM looked) AS looked,
			(SELECT count(*) FROM weighed) AS wanted,
			(SELECT count(*) FROM taken) AS taken,
			(SELECT max(t.i) FROM taken t) AS last) AS c) AS g
	LEFT JOIN looked l ON l.i = g.i
)
SELECT t.id::text, creel.iso(t.received_at),
	creel.user_email(t.principal),
	t.parsed::text, 'f',
	CASE WHEN p.more THEN p.position
		ELSE greatest($3::bigint, $9::bigint) END::text,
	CASE WHEN p.more THEN p.id
		WHEN $9::bigint <= $3::bigint THEN $4::uuid
		ELSE creel.nil_uuid() END::text,
	(NOT p.more)::text
FROM page p
LEFT JOIN taken t ON true
ORDER BY t.i
