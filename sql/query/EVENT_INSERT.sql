-- worker
-- $1 text application
-- $2 text id
-- $3 text hook
-- $4 text received_at
-- $5 text method
-- $6 text path
-- $7 text query
-- $8 text headers, a JSON object
-- $9 text content type or null
-- $10 bytea body
-- $11 text principal
-- $12 text remote address
-- $13 text status
-- The id is the caller's: tried twice, it is stored once.
INSERT INTO creel.event (application_id, id, hook_id, received_at, method, path,
	query, headers, content_type, body, principal, remote_address, status,
	completed_at)
VALUES ($1, $2::uuid, $3, $4::timestamptz, $5, $6, $7, $8::jsonb, $9,
	$10::bytea, $11, $12, $13,
	CASE WHEN $13 = 'pending' THEN NULL ELSE $4::timestamptz END)
ON CONFLICT DO NOTHING
