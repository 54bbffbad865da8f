-- worker
-- $1 text application
-- $2 text hook, or null: all of them
-- $3 text hooks that the reader is restricted to, an array or null
-- $4 text transaction of the cursor, or null
-- $5 text event of the cursor, or null
-- $6 text how many
-- Gives the answer, the next cursor, how many there are, and whether those are
-- all that there are now.
-- The transaction is not used: newest first there is no following.
SELECT json_build_object('count', s.n, 'items', s.items, 'cursor', s.cursor,
	'more', NOT s.ended)::text,
	s.cursor, s.n::text, s.ended::text
FROM (
	SELECT count(f.id) AS n, coalesce(json_agg(f.payload
			ORDER BY f.id DESC)
			FILTER (WHERE f.id IS NOT NULL), '[]') AS items,
		'n:0:' || coalesce((array_agg(f.id ORDER BY f.id))[1],
			$5::uuid, '00000000-0000-0000-0000-000000000000')
			AS cursor,
		count(f.id) < $6::bigint AS ended
	FROM (SELECT $4::bigint) AS h (unused)
	LEFT JOIN LATERAL (
		SELECT e.id, e.payload
		FROM creel.webhook_event e
		WHERE e.application_id = $1
			AND ($2::text IS NULL OR e.hook_id = $2)
			AND ($3::text IS NULL
				OR e.hook_id = ANY ($3::text[]))
			AND ($5::uuid IS NULL OR e.id < $5::uuid)
		ORDER BY e.id DESC
		LIMIT $6::bigint
	) AS f ON true
) AS s
