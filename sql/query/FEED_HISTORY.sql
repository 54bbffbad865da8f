-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text hooks whose events are wanted, an array; or null: all of them
-- $3 text transaction of the cursor, or null
-- $4 text event of the cursor, or null
-- $5 text how many
-- Gives the answer, whether it tells anything, and the cursor for who waits
-- until it does.
-- What had been committed when this reader began, by age.  That set does not
-- change any more, so that ids may order it; who has read it follows from that
-- transaction on.  No more rows are looked at than are wanted, of each hook.
WITH b AS MATERIALIZED (
	SELECT coalesce($3::bigint, pg_snapshot_xmin(
		pg_current_snapshot())::text::bigint) AS until
)
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', c.next, 'more', true)::text,
	(p.n > 0)::text, c.next
FROM b
CROSS JOIN LATERAL creel.event_page($1, ARRAY(
	SELECT ROW(c.transaction_id, c.id, c.weight)::creel.candidate
	FROM (
		(SELECT e.transaction_id, e.id, e.weight
		FROM creel.event_candidate e
		WHERE $2::text IS NULL AND e.application_id = $1
			AND e.id > coalesce($4::uuid,
				'00000000-0000-0000-0000-000000000000')
			AND e.transaction_id < b.until
		ORDER BY e.id
		LIMIT $5::bigint + 1)
		UNION ALL
		SELECT e.transaction_id, e.id, e.weight
		FROM (SELECT DISTINCT unnest($2::text[])) AS h (id)
		CROSS JOIN LATERAL (
			SELECT e.transaction_id, e.id, e.weight
			FROM creel.event_candidate e
			WHERE e.application_id = $1 AND e.hook_id = h.id
				AND e.id > coalesce($4::uuid,
				'00000000-0000-0000-0000-000000000000')
				AND e.transaction_id < b.until
			ORDER BY e.id
			LIMIT $5::bigint + 1) AS e
	) AS c
	ORDER BY c.id
	LIMIT $5::bigint + 1), $5::int) AS p
CROSS JOIN LATERAL (SELECT CASE
	WHEN p.cut THEN 'h:' || b.until || ':' || (p.last).id
	ELSE 'f:' || b.until || ':' || creel.cursor_floor(coalesce((p.last).id,
		$4::uuid, '00000000-0000-0000-0000-000000000000')) END
) AS c (next)
