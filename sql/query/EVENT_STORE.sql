-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- again EVENT_STORE_KEYED
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
-- $22 text[] idempotency keys: all null
-- $23 bytea[] their fingerprints: all null
-- The ids are new, so no existing row is looked up; the second try runs the
-- other statement, which does that.  unnest() is in the select list, because in
-- FROM it would keep a copy of the rows.  $22 and $23 only have to be named.
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
	(SELECT creel.next_position(($4::timestamptz[])[1]))
FROM (SELECT unnest($1::text[]) AS application_id, unnest($2::uuid[]) AS id,
	unnest($3::text[]) AS hook_id, unnest($4::timestamptz[]) AS received_at,
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
	unnest($21::text[]) AS value) AS e
WHERE $22::text[] IS NOT NULL AND $23::bytea[] IS NOT NULL
