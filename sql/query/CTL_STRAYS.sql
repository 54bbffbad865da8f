-- SPDX-License-Identifier: ISC
-- owner
-- Returns the number of events in event_default, outside the partitions.
SELECT count(*)::text FROM creel.event_default
