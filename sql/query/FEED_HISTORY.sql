-- worker
-- $1 text application
-- $2 text hook, or null: all of them
-- $3 text hooks that the reader is restricted to, an array or null
-- $4 text transaction of the cursor, or null
-- $5 text event of the cursor, or null
-- $6 text how many
-- Gives the answer, the next cursor, how many there are, and whether those are
-- all that there are now.
-- What had been committed when this reader began, by age.  That set does not
-- change any more, so that ids may order it; who has read it follows from that
-- transaction on.
SELECT json_build_object('count', s.n, 'items', s.items, 'cursor', s.cursor,
	'more', NOT s.ended)::text,
	s.cursor, s.n::text, s.ended::text
FROM (
	SELECT count(f.id) AS n, coalesce(json_agg(f.payload
			ORDER BY f.id) FILTER (WHERE f.id IS NOT NULL), '[]') AS items,
		CASE WHEN count(f.id) = $6::bigint
			THEN 'h:' || h.until || ':'
				|| (array_agg(f.id ORDER BY f.id DESC))[1]
			ELSE 'f:' || h.until
				|| ':00000000-0000-0000-0000-000000000000' END
			AS cursor,
		false AS ended
	FROM (SELECT coalesce($4::bigint, pg_snapshot_xmin(
		pg_current_snapshot())::text::bigint)) AS h (until)
	LEFT JOIN LATERAL (
		SELECT e.id, e.payload
		FROM creel.webhook_event e
		WHERE e.application_id = $1
			AND ($2::text IS NULL OR e.hook_id = $2)
			AND ($3::text IS NULL
				OR e.hook_id = ANY ($3::text[]))
			AND e.transaction_id < h.until
			AND ($5::uuid IS NULL OR e.id > $5::uuid)
		ORDER BY e.id
		LIMIT $6::bigint
	) AS f ON true
	GROUP BY h.until
) AS s
