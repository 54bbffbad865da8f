-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text event
-- $3 text the only hooks the principal may access, an array, or null for all
-- $4 text the principal that retries
-- $5 text idempotency key of the retry, or null
-- $6 bytea its fingerprint, or null
-- Returns an event of an existing form, the current settings of the form, and
-- the id, status and remarks of the same retry if it was sent before.
SELECT e.hook_id::text, e.status, h.settings::text,
	e.method, e.path, e.query, e.headers::text, e.content_type, e.body,
	e.value,
	f.id::text, f.status, f.remarks
FROM creel.event_get($1, $2::uuid) AS e
JOIN creel.hook h ON h.application_id = e.application_id AND h.id = e.hook_id
LEFT JOIN LATERAL creel.event_get($1, creel.dedupe_find($1, e.hook_id,
	creel.principal_hash($4), $5, $6)) AS f ON true
WHERE h.kind = 'form'
	AND ($3::text IS NULL OR e.hook_id = ANY ($3::text[]))
