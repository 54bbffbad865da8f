-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text hook, or null
-- $3 text minimum of received_at, or null
-- $4 text end of received_at, or null
-- $5 text event of the cursor
-- $6 text values to look at, at most
-- Returns kept values as CTL_ERASURE_SCAN returns events, with nulls for the
-- columns that a kept value does not have.
SELECT '0', n.event_id::text, 'true', n.hook_id,
	creel.iso(creel.uuid_time(n.event_id)) AS received_at, n.reading,
	CASE n.reading WHEN 'value' THEN convert_from(n.value, 'UTF8') END,
	n.value, n.content_type, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM (
	SELECT k.*, coalesce(sum(octet_length(k.value)) OVER (
		ORDER BY k.event_id
		ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
	FROM (
		SELECT *
		FROM creel.kept_value
		WHERE application_id = $1 AND event_id > $5::uuid
			AND ($2::text IS NULL OR hook_id = $2)
			AND event_id >= creel.uuid_floor(
				coalesce($3::timestamptz, 'epoch'))
			AND event_id < creel.uuid_floor(coalesce(
				$4::timestamptz, '9999-01-01 00:00Z'))
		ORDER BY event_id
		LIMIT $6::int) AS k) AS n
WHERE n.before < 8388608
ORDER BY n.event_id
