-- SPDX-License-Identifier: ISC
-- owner
-- $1 text retention_days
-- $2 text retention_failed_days
-- Returns the partitions in which events of some application have expired,
-- oldest first.
SELECT p.name::text, p.begins::text, p.ends::text
FROM creel.event_partition p
WHERE creel.is_expired(p.ends, least(
	nullif($1::int, 0), nullif($2::int, 0),
	(SELECT least(min(nullif(a.retention_days, 0)),
		min(nullif(a.retention_failed_days, 0)))
		FROM creel.application a)))
ORDER BY p.begins
