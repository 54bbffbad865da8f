-- SPDX-License-Identifier: ISC
-- owner
-- $1 text partition
SELECT creel.partition_drop($1)::text
