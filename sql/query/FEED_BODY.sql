-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text event
-- $3 text the only hooks the reader may access, an array, or null for all
-- Returns the bytes exactly as received, by a hook of any kind, and the headers
-- that a client needs to read them.  Bytes that are JSON or text, such as a
-- payload in the query, have no content coding, whatever the headers say.
SELECT e.body, e.content_type,
	CASE e.reading WHEN 'value' THEN e.headers->>'content-encoding' END
FROM creel.event e
WHERE e.application_id = $1 AND e.id = $2::uuid
	AND ($3::text IS NULL OR e.hook_id = ANY ($3::text[]))
