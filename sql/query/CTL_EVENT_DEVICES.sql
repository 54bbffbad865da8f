-- SPDX-License-Identifier: ISC
-- owner
-- $1 text event
-- $2 text status to select: pending, fetched, done, failed; or null
-- $3 text limit
SELECT p.item::text
FROM creel.application a
JOIN creel.event e ON e.application_id = a.id AND e.id = $1::uuid
CROSS JOIN LATERAL creel.event_device_page(a.id, e.id, $2, NULL,
	$3::int) AS p
