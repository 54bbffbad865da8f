-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text event
-- $3 text the only hooks the reader may access, an array, or null for all
-- Returns an event as its readers receive it, with the outcome if it targets
-- devices.
SELECT CASE WHEN e.targets IS NULL THEN p.item
	ELSE left(p.item, -1) || ',' || substr(
		creel.event_outcome(e.application_id, e.id, e.received_at,
			creel.event_timeout(e.parsed))::text, 2) END
FROM creel.event_get(ARRAY[$1], $2::uuid) AS e
CROSS JOIN LATERAL (SELECT (o.items->0)::text
	FROM creel.event_page(e.application_id,
		ARRAY[ROW(e.position, e.id, 0)::creel.candidate], 1) AS o)
	AS p (item)
WHERE $3::text IS NULL OR e.hook_id = ANY ($3::text[])
