-- SPDX-License-Identifier: ISC
-- worker
-- $1 text[] applications
-- $2 text[] hooks
-- $3 text[] idempotency keys, or nulls
-- Returns for each the id of the first event with that key; null without a key.
SELECT d.event_id::text
FROM unnest($1::text[], $2::text[], $3::text[])
	WITH ORDINALITY AS k (application_id, hook_id, key, n)
LEFT JOIN creel.dedupe d ON d.application_id = k.application_id
	AND d.hook_id = k.hook_id AND d.key = k.key
ORDER BY k.n
