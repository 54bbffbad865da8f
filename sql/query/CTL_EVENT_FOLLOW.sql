-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text hook, or null
-- $3 text status, or null
-- $4 text position of the cursor
-- $5 text event of the cursor
-- $6 text limit
-- $7 text horizon: only events below, as CTL_EVENT_HORIZON returned it
-- Returns the events behind the cursor.  The last columns are the next cursor.
SELECT json_build_object(
	'id', e.id,
	'applicationId', e.application_id,
	'hookId', e.hook_id,
	'status', e.status,
	'receivedAt', creel.iso(e.received_at),
	'principal', e.principal,
	'method', e.method,
	'path', e.path,
	'contentType', e.content_type,
	'size', octet_length(e.body))::text,
	e.position::text, e.id::text
FROM creel.event e
WHERE e.id >= creel.position_floor($4::bigint)
	AND e.position >= $4::bigint AND e.position < $7::bigint
	AND (e.position, e.id) > ($4::bigint, $5::uuid)
	AND ($1::text IS NULL OR e.application_id = $1)
	AND ($2::text IS NULL OR e.hook_id = $2)
	AND ($3::text IS NULL OR e.status = $3)
ORDER BY e.position, e.id
LIMIT $6::bigint
