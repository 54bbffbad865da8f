-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text only hooks of which to return events, an array, or null
-- $3 text transaction of the cursor, or null
-- $4 text event of the cursor, or null
-- $5 text limit
-- Returns the response, whether it has events, and the cursor for a reader that
-- waits until it has.
-- Returns what had been committed when this reader started, by age.  That set
-- no longer changes, so ids can order it; afterwards the reader follows from
-- that transaction on.  Reads no more rows per hook than the limit.
WITH b AS MATERIALIZED (
	SELECT coalesce($3::bigint, pg_snapshot_xmin(
		pg_current_snapshot())::text::bigint) AS until
)
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', c.next, 'more', true)::text AS json,
	(p.n > 0)::text AS found, c.next
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
