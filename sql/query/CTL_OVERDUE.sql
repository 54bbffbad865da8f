-- SPDX-License-Identifier: ISC
-- owner
-- $1 text days
-- Returns the partitions that expired more than these days ago, or null.
SELECT string_agg(p.name, ', ' ORDER BY p.name)
FROM creel.partition_expired p
JOIN creel.event_partition e USING (name)
WHERE p.found_at < now() - make_interval(days => $1::int)
