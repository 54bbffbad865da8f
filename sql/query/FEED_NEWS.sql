-- worker
-- $1 text transaction since which, or null
-- $2 text id: only events from it on, which spares the partitions before
-- Gives the oldest transaction that still runs, whether since the other one
-- too much has happened to be looked at (or all of it, without one), and, in a
-- row each, the applications that have events in between; null if there is
-- none.
WITH b AS MATERIALIZED (
	SELECT x.now, coalesce(x.now > $1::bigint + 5000, true) AS far
	FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
		AS x (now)
)
SELECT b.now::text, b.far::text, n.application_id
FROM b
LEFT JOIN LATERAL (
	SELECT DISTINCT e.application_id
	FROM creel.event e
	WHERE NOT b.far AND b.now > $1::bigint
		AND e.id >= $2::uuid
		AND e.transaction_id >= $1::bigint
		AND e.transaction_id < b.now
) AS n ON true
