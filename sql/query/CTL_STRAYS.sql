-- SPDX-License-Identifier: ISC
-- owner
-- How many events lie in event_default, outside the partitions.
SELECT count(*)::text FROM creel.event_default
