-- SPDX-License-Identifier: ISC
-- owner
-- Lowers what is stored by the partitions that were dropped, and deletes the
-- counts of days a year ago, and of workers that have ended.
WITH purged AS (
	DELETE FROM creel.usage u
	WHERE u.day < creel.today() - 400 AND u.day > '-infinity'
		AND u.events = 0 AND u.bytes = 0
), gone AS (
	DELETE FROM creel.worker w WHERE w.seen_at < now() - interval '1 hour'
), idle AS (
	DELETE FROM creel.demand d WHERE d.at < now() - interval '1 hour'
)
SELECT creel.usage_drop((creel.uuid_time(p.begins) AT TIME ZONE 'UTC')::date)
	::text
FROM (SELECT min(p.begins::text)::uuid AS begins
	FROM creel.event_partition p) AS p
WHERE p.begins IS NOT NULL
