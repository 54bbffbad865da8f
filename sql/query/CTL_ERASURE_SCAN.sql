-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text hook, or null
-- $3 text minimum of received_at, or null
-- $4 text end of received_at, or null
-- $5 text position of the cursor
-- $6 text event of the cursor
-- $7 text horizon: only events below, as CTL_EVENT_HORIZON returned it
-- $8 text events to look at, at most
-- The last row is the next cursor.
SELECT e.position::text, e.id::text, e.wanted::text, e.hook_id,
	creel.iso(e.received_at) AS received_at, e.reading, e.value, e.body,
	e.content_type, e.headers::text, e.method, e.path, e.query,
	e.query_json::text, e.principal, e.remote_address, e.parsed::text
FROM creel.erasure_scan($1, $2,
	creel.uuid_floor(coalesce($3::timestamptz, 'epoch')),
	creel.uuid_floor(coalesce($4::timestamptz, '9999-01-01 00:00Z')),
	$5::bigint, $6::uuid, $7::bigint, $8::int) AS e
