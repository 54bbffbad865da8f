-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text whether the object has headers and body as well: true or false
-- Returns the object, the bytes of the body, whether these are text, and the
-- headers.
SELECT CASE WHEN $2::boolean THEN left(m.members, -1) || ',' ||
		substr(json_build_object(
			'headers', e.headers,
			'bodyEncoding', CASE WHEN t.body IS NULL
				THEN 'base64' ELSE 'utf-8' END,
			'body', coalesce(t.body, translate(
				encode(e.body, 'base64'), E'\n', '')))::text, 2)
	ELSE m.members END,
	e.body, (t.body IS NOT NULL)::text, e.headers::text
FROM creel.event e
CROSS JOIN LATERAL (SELECT creel.body_text(e.body)) AS t (body)
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
WHERE e.id = $1::uuid
	AND e.application_id IN (SELECT a.id FROM creel.application a)
