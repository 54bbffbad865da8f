-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text[] applications
-- $2 text[] hooks
-- $3 text[] principals
-- $4 text[] idempotency keys, or nulls
-- $5 bytea[] fingerprints, or nulls
-- Returns for each the event of the same call, and true; or the event that
-- holds the key against it, and false; or nulls.
-- The rows are joined to the keys apart from the others: an outer join would
-- read a distributed table as a whole.
WITH call AS MATERIALIZED (
	SELECT k.application_id, k.hook_id, k.key, k.fingerprint, k.n,
		creel.principal_hash(k.principal) AS principal
	FROM unnest($1::text[], $2::text[], $3::text[], $4::text[],
		$5::bytea[]) WITH ORDINALITY
		AS k (application_id, hook_id, principal, key, fingerprint, n)
), same AS MATERIALIZED (
	SELECT c.n, d.event_id
	FROM call c
	JOIN creel.dedupe d ON d.application_id = c.application_id
		AND d.hook_id = c.hook_id AND d.principal = c.principal
		AND d.key = c.key AND d.fingerprint = c.fingerprint
), holder AS MATERIALIZED (
	SELECT c.n, d.event_id
	FROM call c
	JOIN creel.dedupe d ON d.application_id = c.application_id
		AND d.hook_id = c.hook_id AND d.principal = c.principal
		AND d.key = c.key AND NOT d.failed
)
SELECT coalesce(s.event_id, h.event_id)::text, (s.event_id IS NOT NULL)::text
FROM call c
LEFT JOIN same s ON s.n = c.n
LEFT JOIN holder h ON h.n = c.n
ORDER BY c.n
