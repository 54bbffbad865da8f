-- SPDX-License-Identifier: ISC
-- owner
-- $1 text days per partition
-- $2 text days ahead
SELECT part FROM creel.maintain($1::int, $2::int) AS m (part)
