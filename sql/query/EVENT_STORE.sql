-- worker
-- $1 text[] applications
-- $2 text[] ids
-- $3 text[] hooks
-- $4 text[] received_at
-- $5 text[] methods
-- $6 text[] paths
-- $7 text[] queries
-- $8 text[] headers, JSON objects
-- $9 text[] content types or nulls
-- $10 bytea[] bodies
-- $11 text[] principals
-- $12 text[] remote addresses
-- $13 text[] status
-- $14 text[] the senders' own keys: all null
-- The ids are the caller's: tried twice, an event is stored once.
INSERT INTO creel.event (application_id, id, hook_id, received_at, method, path,
	query, headers, content_type, body, principal, remote_address, status,
	completed_at)
SELECT e.application_id, e.id::uuid, e.hook_id, e.received_at::timestamptz,
	e.method, e.path, e.query, e.headers::jsonb, e.content_type, e.body,
	e.principal, e.remote_address, e.status,
	CASE WHEN e.status <> 'pending' THEN e.received_at::timestamptz END
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
	$6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[],
	$11::text[], $12::text[], $13::text[], $14::text[])
	AS e (application_id, id, hook_id, received_at, method, path, query,
	headers, content_type, body, principal, remote_address, status, key)
ON CONFLICT DO NOTHING
