-- worker
-- $1 text application
-- $2 text device
-- $3 text receipts, an array of {"event", "step", "status", "reason"}
-- No row: no such device.  Gives how many are new, and of those that are for no
-- command of its own the first one's place, from 1: then none is stored.  What
-- was reported first stays, so they may come twice.
WITH sent AS MATERIALIZED (
	SELECT (r.is->>'event')::uuid AS event_id, (r.is->>'step')::int AS step,
		r.is->>'status' AS status, r.is->>'reason' AS reason, r.n
	FROM json_array_elements($3::json) WITH ORDINALITY AS r ("is", n)
), device AS MATERIALIZED (
	SELECT d.id, d.created_at
	FROM creel.device d
	WHERE d.application_id = $1 AND d.id = $2
), foreign_one AS MATERIALIZED (
	SELECT min(s.n) AS n
	FROM sent s
	CROSS JOIN device d
	WHERE NOT EXISTS (
		SELECT FROM creel.event e
		CROSS JOIN LATERAL json_array_elements_text(
			e.parsed->'steps'->(s.step - 1)->'targets') AS t (key)
		LEFT JOIN creel.device_member m ON m.application_id = $1
			AND m.key = t.key AND m.device_id = d.id
		WHERE e.application_id = $1 AND e.id = s.event_id
			AND e.targets IS NOT NULL
			AND CASE WHEN t.key IN ('all', $2) THEN d.created_at
				ELSE m.created_at END
				<= e.received_at + creel.clocks_differ())
), stored AS (
	INSERT INTO creel.receipt (application_id, event_id, device_id, step,
		status, reason)
	SELECT $1, s.event_id, d.id, s.step, s.status, s.reason
	FROM sent s
	CROSS JOIN device d
	JOIN foreign_one f ON f.n IS NULL
	ORDER BY s.event_id, s.step, s.n
	ON CONFLICT DO NOTHING
	RETURNING 1
)
SELECT (SELECT count(*) FROM stored)::text, f.n::text
FROM device d
CROSS JOIN foreign_one f
