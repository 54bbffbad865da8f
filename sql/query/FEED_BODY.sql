-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text event
-- $3 text hooks that the reader is restricted to, an array or null
-- The very bytes that were sent, to a hook of any kind.
SELECT e.body, e.content_type
FROM creel.event e
WHERE e.application_id = $1 AND e.id = $2::uuid
	AND ($3::text IS NULL OR e.hook_id = ANY ($3::text[]))
