-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text only hooks of which to return events, an array, or null
-- $3 text position of the cursor, or null
-- $4 text event of the cursor, or null
-- $5 text limit
-- Returns the response, whether it has events, and null: a reader that waits
-- keeps its cursor.
-- The cursor's position stays the same, because newest first cannot be
-- followed.  Reads no more rows per hook than the limit.
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', 'n:' || coalesce($3::bigint, 0) || ':' || coalesce(
		(p.last).id, $4::uuid, creel.nil_uuid()),
	'more', p.cut)::text AS json, (p.n > 0)::text AS found
FROM creel.event_page($1, ARRAY(
	SELECT ROW(c.position, c.id, c.weight)::creel.candidate
	FROM (
		(SELECT e.position, e.id, e.weight
		FROM creel.event_candidate e
		WHERE $2::text IS NULL AND e.application_id = $1
			AND e.id < coalesce($4::uuid,
				'ffffffff-ffff-ffff-ffff-ffffffffffff')
		ORDER BY e.id DESC
		LIMIT $5::bigint + 1)
		UNION ALL
		SELECT e.position, e.id, e.weight
		FROM (SELECT DISTINCT unnest($2::text[])) AS h (id)
		CROSS JOIN LATERAL (
			SELECT e.position, e.id, e.weight
			FROM creel.event_candidate e
			WHERE e.application_id = $1 AND e.hook_id = h.id
				AND e.id < coalesce($4::uuid,
				'ffffffff-ffff-ffff-ffff-ffffffffffff')
			ORDER BY e.id DESC
			LIMIT $5::bigint + 1) AS e
	) AS c
	ORDER BY c.id DESC
	LIMIT $5::bigint + 1), $5::int) AS p
