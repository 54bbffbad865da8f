-- worker
-- $1 text application
-- $2 text hook, or null: all of them
-- $3 text hooks that the reader is restricted to, an array or null
-- $4 text transaction of the cursor, or null
-- $5 text event of the cursor, or null
-- $6 text how many
-- Gives the answer, the next cursor, how many there are, and whether those are
-- all that there are now.
-- What was committed behind the cursor, oldest first, up to the oldest
-- transaction that still runs: nothing that commits late is passed by.  Some
-- thousand transactions are looked at, so that an answer never takes long.
SELECT json_build_object('count', s.n, 'items', s.items, 'cursor', s.cursor,
	'more', NOT s.ended)::text,
	s.cursor, s.n::text, s.ended::text
FROM (
	SELECT count(f.id) AS n, coalesce(json_agg(f.payload
			ORDER BY f.transaction_id, f.id)
			FILTER (WHERE f.id IS NOT NULL), '[]') AS items,
		'f:' || CASE WHEN count(f.id) = $6::bigint
			THEN (array_agg(f.transaction_id || ':' || f.id
				ORDER BY f.transaction_id DESC, f.id DESC))[1]
			ELSE greatest(h.until, $4::bigint)
				|| ':00000000-0000-0000-0000-000000000000' END
			AS cursor,
		count(f.id) < $6::bigint AND h.until >= h.now AS ended
	FROM (SELECT x.now, least(x.now, $4::bigint + 5000) AS until
		FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text
			::bigint) AS x (now)) AS h
	LEFT JOIN LATERAL (
		SELECT e.transaction_id, e.id, e.payload
		FROM creel.webhook_event e
		WHERE e.application_id = $1
			AND ($2::text IS NULL OR e.hook_id = $2)
			AND ($3::text IS NULL
				OR e.hook_id = ANY ($3::text[]))
			AND e.transaction_id >= $4::bigint
			AND e.transaction_id < h.until
			AND (e.transaction_id, e.id)
				> ($4::bigint, $5::uuid)
		ORDER BY e.transaction_id, e.id
		LIMIT $6::bigint
	) AS f ON true
	GROUP BY h.now, h.until
) AS s
