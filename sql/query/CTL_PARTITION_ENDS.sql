-- SPDX-License-Identifier: ISC
-- owner
-- $1 text partition
-- $2 text its least id
-- $3 text the id behind it
-- $4 text retention_days
-- $5 text retention_failed_days
-- Returns whether all of it has expired.
SELECT creel.partition_ends($1, $2::uuid, $3::uuid, $4::int, $5::int)::text
