-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text whether the object has headers and body as well: true or false
-- Returns the object, the bytes of the body, the JSON that it reads as if that
-- is not the bytes, and the headers.
SELECT CASE WHEN $2::boolean THEN left(m.members, -1) || ',' ||
		substr(json_build_object(
			'headers', e.headers,
			'body', creel.event_body(e.reading, e.value,
				e.body))::text, 2)
	ELSE m.members END,
	e.body, e.value, e.headers::text
FROM creel.event_find($1::uuid) AS e
CROSS JOIN LATERAL (SELECT CASE WHEN e.targets IS NOT NULL
	THEN creel.event_outcome(e.application_id, e.id, e.received_at,
		creel.event_timeout(e.parsed)) END OFFSET 0) AS o (outcome)
CROSS JOIN LATERAL (SELECT json_build_object(
	'id', e.id,
	'applicationId', e.application_id,
	'hookId', e.hook_id,
	'status', coalesce(o.outcome->>'status', e.status),
	'receivedAt', creel.iso(e.received_at),
	'completedAt', coalesce(o.outcome->>'completedAt',
		creel.iso(e.completed_at)),
	'devices', o.outcome->'devices',
	'remarks', e.remarks,
	'retryOf', e.retry_of,
	'principal', e.principal,
	'remoteAddress', e.remote_address,
	'method', e.method,
	'path', e.path,
	'query', e.query,
	'contentType', e.content_type,
	'size', octet_length(e.body))::text) AS m (members)
