-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text[] applications
-- $2 uuid[] ids
-- $3 text[] hooks
-- $4 timestamptz[] received_at
-- $5 text[] methods
-- $6 text[] paths
-- $7 text[] queries
-- $8 text[] headers, JSON objects
-- $9 text[] content types, or nulls
-- $10 bytea[] bodies
-- $11 text[] principals
-- $12 text[] remote addresses
-- $13 text[] status
-- $14 text[] records or commands, JSON, or nulls
-- $15 text[] queries as JSON objects, or nulls
-- $16 text[] remarks
-- $17 text[] true where the sender waits for a reply, or nulls
-- $18 uuid[] the events that these retry, or nulls
-- $19 text[] targets, arrays' texts, or nulls
-- $20 text[] what the bodies read as
-- $21 text[] JSON that bodies read as, or nulls
-- $22 text[] idempotency keys, or nulls
-- $23 bytea[] their fingerprints, or nulls
-- Stores one event for each key of a principal on a hook, and besides it those
-- that failed before; DEDUPE_FIND returns the outcome.  The same call is stored
-- once.  The caller chooses the ids, so a second try stores nothing more.
WITH input AS (
	SELECT unnest($1::text[]) AS application_id, unnest($2::uuid[]) AS id,
		unnest($3::text[]) AS hook_id,
		unnest($4::timestamptz[]) AS received_at,
		unnest($5::text[]) AS method, unnest($6::text[]) AS path,
		unnest($7::text[]) AS query, unnest($8::text[]) AS headers,
		unnest($9::text[]) AS content_type, unnest($10::bytea[]) AS body,
		unnest($11::text[]) AS principal,
		unnest($12::text[]) AS remote_address,
		unnest($13::text[]) AS status, unnest($14::text[]) AS parsed,
		unnest($15::text[]) AS query_json,
		unnest($16::text[]) AS remarks,
		unnest($17::text[]) AS waits,
		unnest($18::uuid[]) AS retry_of,
		unnest($19::text[]) AS targets,
		unnest($20::text[]) AS reading,
		unnest($21::text[]) AS value,
		unnest($22::text[]) AS key,
		unnest($23::bytea[]) AS fingerprint,
		generate_subscripts($22::text[], 1) AS n
), claimed AS (
	-- Always in one order, so that two batches never wait for each other.
	-- Failed calls are first, because they leave the key to the others.
	INSERT INTO creel.dedupe (application_id, hook_id, principal, key,
		fingerprint, event_id, failed)
	SELECT k.application_id, k.hook_id, k.principal, k.key, k.fingerprint,
		k.id, k.failed
	FROM (SELECT application_id, hook_id,
			creel.principal_hash(principal) AS principal, key,
			fingerprint, id, status = 'failed' AS failed, n
		FROM input WHERE key IS NOT NULL) k
	WHERE NOT (k.failed AND creel.dedupe_held(k.application_id, k.hook_id,
		k.principal, k.key))
	ORDER BY k.application_id, k.hook_id, k.principal, k.key,
		k.failed DESC, CASE WHEN k.failed THEN k.fingerprint END, k.n
	ON CONFLICT DO NOTHING
	RETURNING event_id
), place AS MATERIALIZED (
	SELECT creel.next_position(($4::timestamptz[])[1]) AS position
)
INSERT INTO creel.event (application_id, id, hook_id, received_at, method, path,
	query, headers, content_type, body, principal, remote_address, status,
	parsed, query_json, remarks, waits, retry_of,
	targets, reading, value, completed_at, position)
SELECT e.application_id, e.id, e.hook_id, e.received_at, e.method, e.path,
	e.query, e.headers::json, e.content_type, e.body, e.principal,
	e.remote_address, e.status, e.parsed::json, e.query_json::json,
	e.remarks, e.waits IS NOT NULL, e.retry_of,
	e.targets::text[], e.reading, e.value,
	CASE WHEN e.status <> 'pending' THEN e.received_at END,
	p.position
FROM input e
CROSS JOIN place p
WHERE e.key IS NULL OR e.id IN (SELECT event_id FROM claimed)
ON CONFLICT DO NOTHING
