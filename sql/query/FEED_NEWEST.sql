-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text only hooks of which to return events, an array, or null
-- $3 text position of the cursor, or null
-- $4 text event of the cursor, or null
-- $5 text limit
-- Returns the response, whether it has events, and null: a reader that waits
-- keeps its cursor.
-- Reads no more rows per hook than the limit.
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', 'n:' || coalesce(
		(p.last).position, $3::bigint, 0) || ':' || coalesce(
		(p.last).id, $4::uuid, creel.nil_uuid()),
	'more', p.cut)::text AS json, (p.n > 0)::text AS found
FROM creel.event_newest($1, $2::text[],
	coalesce($3::bigint, 9223372036854775807), coalesce($4::uuid,
	creel.last_uuid()), $5::int) AS c (candidates)
CROSS JOIN LATERAL creel.event_page($1, c.candidates, $5::int) AS p
