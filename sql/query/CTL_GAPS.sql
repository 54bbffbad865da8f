-- SPDX-License-Identifier: ISC
-- owner
-- $1 text days ahead
-- Returns the first day from today on that no partition covers, or null.
SELECT to_char(min(d.day) AT TIME ZONE 'UTC', 'YYYY-MM-DD')
FROM (
	SELECT now() + make_interval(days => n)
	FROM generate_series(0, $1::int) AS n
) AS d (day)
WHERE NOT EXISTS (
	SELECT FROM creel.event_partition p
	WHERE p.begins <= creel.uuid_floor(d.day)
		AND p.ends > creel.uuid_floor(d.day))
