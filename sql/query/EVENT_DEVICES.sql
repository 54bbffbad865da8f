-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text event
-- $3 text the only hooks the reader may access, an array, or null for all
-- $4 text status to select: pending, fetched, done, failed; or null
-- $5 text device after which to start, or null
-- $6 text limit
-- Returns no row if there is no such event.
SELECT json_build_object(
	'count', least(p.n, $6::int),
	'items', p.items,
	'cursor', CASE WHEN p.n > $6::int THEN p.last END,
	'more', p.n > $6::int)::text
FROM creel.event_get($1, $2::uuid) AS e
CROSS JOIN LATERAL (
	SELECT count(*), coalesce(json_agg(d.item ORDER BY d.place)
		FILTER (WHERE d.place <= $6::int), '[]'),
		max(d.device_id) FILTER (WHERE d.place = $6::int)
	FROM (SELECT o.*, row_number() OVER () AS place
		FROM creel.event_device_page($1, $2::uuid, $4, $5,
			$6::int + 1) AS o) AS d
) AS p (n, items, last)
WHERE ($3::text IS NULL OR e.hook_id = ANY ($3::text[]))
