-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text device
-- $3 text position of the cursor, or null
-- $4 text event of the cursor, or null
-- Returns no row if there is no such device, otherwise the position from which
-- to continue, and whether the cursor in the request is ahead of the log.  The
-- device's position only grows.  last_seen_at is written at most once a minute.
WITH given AS MATERIALIZED (
	SELECT $3::bigint AS position, $4::uuid AS event_id,
		$3::bigint > greatest(creel.clock(), creel.highest_position() + 1)
		AS is_ahead
), moved AS (
	-- Compares with the current row, even after a wait for its lock.
	UPDATE creel.device AS d
	SET cursor_position = CASE WHEN (g.position, g.event_id)
				> (d.cursor_position, d.cursor_event_id)
			THEN g.position ELSE d.cursor_position END,
		cursor_event_id = CASE WHEN (g.position, g.event_id)
				> (d.cursor_position, d.cursor_event_id)
			THEN g.event_id ELSE d.cursor_event_id END,
		last_seen_at = CASE WHEN d.last_seen_at
				>= now() - interval '1 minute'
			THEN d.last_seen_at ELSE now() END
	FROM given g
	WHERE d.application_id = $1 AND d.id = $2 AND g.is_ahead IS NOT TRUE
		AND ((g.position, g.event_id)
				> (d.cursor_position, d.cursor_event_id)
			OR (d.last_seen_at >= now() - interval '1 minute')
				IS NOT TRUE)
)
SELECT coalesce(g.position, d.cursor_position)::text,
	coalesce(g.event_id, d.cursor_event_id)::text,
	coalesce(g.is_ahead, false)::text
FROM creel.device d
CROSS JOIN given g
WHERE d.application_id = $1 AND d.id = $2
