-- SPDX-License-Identifier: ISC
-- owner
-- $1 text the partition's least id
-- $2 text the id behind it
-- $3 text whether all of it has expired, as CTL_PARTITION_ENDS
-- $4 text retention_days
-- $5 text retention_failed_days
-- $6 text events to delete at most
-- $7 text next of the step before, or null
SELECT s.remains::text, s.next::text, s.deleted::text
FROM creel.partition_step($1::uuid, $2::uuid, $3::boolean, $4::int, $5::int,
	$6::int, $7::creel.retention_place) AS s
