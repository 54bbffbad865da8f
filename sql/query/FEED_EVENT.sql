-- worker
-- $1 text application
-- $2 text event
-- $3 text hooks that the reader is restricted to, an array or null
-- An event, as its readers get it.
SELECT e.payload::text
FROM creel.event_payload e
WHERE e.application_id = $1 AND e.id = $2::uuid
	AND ($3::text IS NULL OR e.hook_id = ANY ($3::text[]))
