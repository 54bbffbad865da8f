-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id of the erasure
-- $2 text application
-- $3 text events to erase, an array's text
-- $4 text position of the next cursor, or null
-- $5 text event of the next cursor, or null
-- $6 text receipts to delete at most
SELECT creel.erasure_step($1, $2, $3::uuid[], $4::bigint, $5::uuid,
	$6::int)::text
