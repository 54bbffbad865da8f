-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text retention_days
-- $3 text retention_failed_days
-- $4 text idempotency keys, replies and receipts to look at, at most
-- $5 text last_reply of the step before, or null
-- $6 text last_receipt of the step before, or null
-- $7 text last_key of the step before, or null
SELECT s.remains::text, s.last_reply::text, s.last_receipt::text,
	s.last_key::text
FROM creel.retention_step($1, $2::int, $3::int, $4::int, $5::uuid, $6::uuid,
	$7::creel.dedupe) AS s
