-- worker
-- $1 text application
-- $2 text form
-- $3 text transaction of the cursor, or null
-- $4 text event of the cursor, or null
-- $5 text how many
-- $6 text only received since then, or null
-- $7 text only received before then, or null
-- $8 text bytes that a record may take beside its call's
-- $9 text transaction where to stop, or null: what is committed now
-- Gives records, or one row of nulls; behind each the next cursor's three parts,
-- whether that is the end, and the transaction where to stop.
-- What was committed behind the cursor, oldest first, up to the oldest
-- transaction that still runs: nothing that commits late is passed by, as
-- FEED_FOLLOW.  A cursor that names no event has the least id that may still
-- come in its place, which no UUIDv7 looks like: no id is made more than a day
-- before its event is committed.  The keys are of no use here: ||.
WITH b AS MATERIALIZED (
	SELECT x.now, greatest($3::bigint, least(x.now, $3::bigint + 5000))
			AS until,
		CASE WHEN substr($4, 15, 1) = '7' THEN creel.uuid_floor(
			greatest(creel.uuid_time($4::uuid) - interval '1 day',
			'epoch')) ELSE $4::uuid END AS earliest,
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
		SELECT e.transaction_id, e.id, e.received_at, e.principal,
			e.parsed,
			greatest(octet_length(e.body) + $8::bigint,
				pg_column_size(e.parsed)) AS weight
		FROM creel.event e
		WHERE e.application_id || '' = $1 AND e.hook_id || '' = $2
			AND e.status = 'success'
			AND e.id >= greatest(b.earliest, b.low) AND e.id < b.high
			AND e.transaction_id >= $3::bigint
			AND e.transaction_id < b.until
			AND (e.transaction_id, e.id) > ($3::bigint, $4::uuid)
			AND ($6::text IS NULL
				OR e.received_at >= $6::timestamptz)
			AND ($7::text IS NULL
				OR e.received_at < $7::timestamptz)
		ORDER BY e.transaction_id, e.id
		LIMIT 1000) AS e
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
	CASE WHEN t.principal LIKE 'user:%' THEN substr(t.principal, 6) END,
	t.parsed::text, 'f',
	CASE WHEN p.more THEN p.transaction_id ELSE p.until END::text,
	CASE WHEN p.more THEN p.id
		WHEN p.id IS NULL THEN p.earliest
		ELSE creel.uuid_floor(creel.uuid_time(p.id) - interval '1 day')
		END::text,
	(NOT p.more AND p.until >= p.now)::text,
	p.now::text
FROM page p
LEFT JOIN taken t ON true
ORDER BY t.i
