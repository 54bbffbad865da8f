-- SPDX-License-Identifier: ISC
-- owner
-- Returns the days that have counts of stored events, but no partition.
SELECT d::text FROM creel.usage_days() AS d
