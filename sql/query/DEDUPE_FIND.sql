-- SPDX-License-Identifier: ISC
-- worker
-- $1 text[] applications
-- $2 text[] hooks
-- $3 text[] principals
-- $4 text[] idempotency keys, or nulls
-- $5 bytea[] fingerprints, or nulls
-- Returns for each the event of the same call, and true; or the event that
-- holds the key against it, and false; or nulls.
SELECT coalesce(d.event_id, h.event_id)::text,
	(d.event_id IS NOT NULL)::text
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[])
	WITH ORDINALITY
	AS k (application_id, hook_id, principal, key, fingerprint, n)
LEFT JOIN creel.dedupe d ON d.application_id = k.application_id
	AND d.hook_id = k.hook_id
	AND d.principal = creel.principal_hash(k.principal)
	AND d.key = k.key AND d.fingerprint = k.fingerprint
LEFT JOIN creel.dedupe h ON h.application_id = k.application_id
	AND h.hook_id = k.hook_id
	AND h.principal = creel.principal_hash(k.principal)
	-- Null, so that nothing is looked up, for a call that was found.
	AND h.key = CASE WHEN d.event_id IS NULL THEN k.key END AND NOT h.failed
ORDER BY k.n
