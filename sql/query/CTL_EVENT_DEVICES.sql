-- SPDX-License-Identifier: ISC
-- owner
-- $1 text event
-- $2 text status to select: pending, fetched, done, failed; or null
-- $3 text limit
SELECT p.item::text
FROM creel.event_find($1::uuid) AS e
CROSS JOIN LATERAL creel.event_device_page(e.application_id, e.id, $2, NULL,
	$3::int) AS p
