-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text applications that the reader may access, an array
-- $2 text id
-- $3 text the only hooks the reader may access, an array, or null for all
-- $4 text principal of the reader, which may read its own events
-- $5 text whether to return events of other principals too
-- $6 text whether to return the query, headers and body
-- $7 text organization, the applications of which the reader may access, or null
-- The query, headers and body are added to the text, because
-- json_strip_nulls() changes a body and rejects U+0000.
SELECT CASE WHEN $6::boolean THEN left(m.members, -1) || ',' ||
		substr(json_build_object(
			'query', e.query,
			'headers', e.headers,
			'body', creel.event_body(e.reading, e.value,
				e.body))::text, 2)
	ELSE m.members END
FROM creel.event_open($1::text[], $2::uuid, $7) AS e
CROSS JOIN LATERAL (SELECT CASE WHEN e.targets IS NOT NULL
	THEN creel.event_outcome(e.application_id, e.id, e.received_at,
		creel.event_timeout(e.parsed)) END OFFSET 0) AS o (outcome)
CROSS JOIN LATERAL (SELECT json_strip_nulls(json_build_object(
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
	'method', e.method,
	'path', e.path,
	'contentType', e.content_type,
	'size', octet_length(e.body)))::text) AS m (members)
WHERE ($3::text[] IS NULL OR e.hook_id = ANY ($3::text[]))
	AND ($5::boolean OR e.principal = $4)
