-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text device
-- $3 text transaction of the cursor, or null
-- $4 text event of the cursor, or null
-- Returns no row if there is no such device, otherwise the position from which
-- to continue, and whether the cursor in the request is ahead of the log.  The
-- position only grows, unless the database was restored to a state before it:
-- then the device continues from now.  last_seen_at is written at most once a
-- minute.
WITH given AS MATERIALIZED (
	SELECT h.horizon, $3::bigint AS transaction_id, $4::uuid AS event_id,
		$3::bigint > h.horizon
		OR $4::uuid > creel.uuid_floor(now() + interval '1 day')
		AS is_ahead
	FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
		AS h (horizon)
), moved AS (
	-- Compares with the current row, even after a wait for its lock.
	UPDATE creel.device AS d
	SET cursor_transaction_id = CASE
			WHEN d.cursor_transaction_id > g.horizon
			THEN coalesce(g.transaction_id, g.horizon)
			WHEN (g.transaction_id, g.event_id)
				> (d.cursor_transaction_id, d.cursor_event_id)
			THEN g.transaction_id ELSE d.cursor_transaction_id END,
		cursor_event_id = CASE
			WHEN d.cursor_transaction_id > g.horizon
			THEN coalesce(g.event_id, creel.day_floor(now()))
			WHEN (g.transaction_id, g.event_id)
				> (d.cursor_transaction_id, d.cursor_event_id)
			THEN g.event_id ELSE d.cursor_event_id END,
		last_seen_at = CASE WHEN d.last_seen_at
				>= now() - interval '1 minute'
			THEN d.last_seen_at ELSE now() END
	FROM given g
	WHERE d.application_id = $1 AND d.id = $2 AND g.is_ahead IS NOT TRUE
		AND (d.cursor_transaction_id > g.horizon
			OR (g.transaction_id, g.event_id)
			> (d.cursor_transaction_id, d.cursor_event_id)
			OR (d.last_seen_at >= now() - interval '1 minute')
				IS NOT TRUE)
)
SELECT coalesce(g.transaction_id, least(d.cursor_transaction_id, g.horizon))
		::text,
	coalesce(g.event_id, CASE WHEN d.cursor_transaction_id > g.horizon
		THEN creel.day_floor(now()) ELSE d.cursor_event_id END)::text,
	coalesce(g.is_ahead, false)::text
FROM creel.device d
CROSS JOIN given g
WHERE d.application_id = $1 AND d.id = $2
