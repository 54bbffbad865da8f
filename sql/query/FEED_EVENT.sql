-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text event
-- $3 text the only hooks the reader may access, an array, or null for all
-- Returns an event as its readers receive it, with the outcome if it targets
-- devices.
SELECT CASE WHEN e.targets IS NULL THEN p.payload::text
	ELSE left(p.payload::text, -1) || ',' || substr(
		creel.event_outcome(e.application_id, e.id, e.received_at,
			creel.event_timeout(e.parsed))::text, 2) END
FROM creel.event e
JOIN creel.event_payload p ON p.application_id = e.application_id
	AND p.id = e.id
WHERE e.application_id = $1 AND e.id = $2::uuid
	AND ($3::text IS NULL OR e.hook_id = ANY ($3::text[]))
