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
-- $14 text[] the senders' own keys, or nulls
-- Of the events with one key on one hook the first is stored; DEDUPE_FIND
-- tells which that was.
WITH input AS (
	SELECT *
	FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
		$6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[],
		$11::text[], $12::text[], $13::text[], $14::text[])
		WITH ORDINALITY
		AS e (application_id, id, hook_id, received_at, method, path,
		query, headers, content_type, body, principal, remote_address,
		status, key, n)
), claimed AS (
	-- In one order everywhere: two batches must not wait for each other.
	INSERT INTO creel.dedupe (application_id, hook_id, key, event_id)
	SELECT DISTINCT ON (application_id, hook_id, key)
		application_id, hook_id, key, id::uuid
	FROM input
	WHERE key IS NOT NULL
	ORDER BY application_id, hook_id, key, n
	ON CONFLICT DO NOTHING
	RETURNING event_id
)
INSERT INTO creel.event (application_id, id, hook_id, received_at, method, path,
	query, headers, content_type, body, principal, remote_address, status,
	completed_at)
SELECT e.application_id, e.id::uuid, e.hook_id, e.received_at::timestamptz,
	e.method, e.path, e.query, e.headers::jsonb, e.content_type, e.body,
	e.principal, e.remote_address, e.status,
	CASE WHEN e.status <> 'pending' THEN e.received_at::timestamptz END
FROM input e
WHERE e.key IS NULL OR e.id::uuid IN (SELECT event_id FROM claimed)
ON CONFLICT DO NOTHING
