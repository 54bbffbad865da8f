-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text event
-- $3 text the only hooks the reader may access, an array, or null for all
-- Returns an event as its readers receive it, with the outcome if it targets
-- devices.  The text of the page's one item is cut out, because a json operator
-- rejects U+0000.
SELECT CASE WHEN e.targets IS NULL THEN p.item
	ELSE left(p.item, -1) || ',' || substr(
		creel.event_outcome(e.application_id, e.id, e.received_at,
			creel.event_timeout(e.parsed))::text, 2) END
FROM creel.event_get($1, $2::uuid) AS e
CROSS JOIN LATERAL (SELECT substr(o.items::text, 2,
		length(o.items::text) - 2)
	FROM creel.event_page(e.application_id,
		ARRAY[ROW(e.position, e.id, 0)::creel.candidate], 1) AS o)
	AS p (item)
WHERE $3::text IS NULL OR e.hook_id = ANY ($3::text[])
