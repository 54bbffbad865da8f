-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text events and idempotency keys to delete at most
-- $3 text last_event of the step before, or null
-- $4 text last_key of the step before, or null
SELECT s.remains::text, s.last_event::text, s.last_key::text
FROM creel.deletion_step($1, $2::int, $3::creel.place, $4::creel.dedupe) AS s
