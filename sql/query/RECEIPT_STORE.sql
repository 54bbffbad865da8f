-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text device
-- $3 text receipts, an array of {"event", "step", "status", "reason"}
-- Returns no row if there is no such device, otherwise the number of new
-- receipts and the position, from 1, of the first one that is not for a command
-- of the device: then none is stored.  The first report for a step stays, so
-- receipts may be sent twice.
WITH sent AS MATERIALIZED (
	SELECT (r.is->>'event')::uuid AS event_id, (r.is->>'step')::int AS step,
		r.is->>'status' AS status, r.is->>'reason' AS reason, r.n
	FROM json_array_elements($3::json) WITH ORDINALITY AS r ("is", n)
), device AS MATERIALIZED (
	SELECT d.id
	FROM creel.device d
	WHERE d.application_id = $1 AND d.id = $2
), foreign_one AS MATERIALIZED (
	SELECT min(s.n) AS n
	FROM sent s
	CROSS JOIN device d
	WHERE NOT EXISTS (
		SELECT FROM creel.event_get($1, s.event_id) AS e
		CROSS JOIN LATERAL json_array_elements_text(
			e.parsed->'steps'->(s.step - 1)->'targets') AS t (key)
		JOIN creel.device_key k ON k.application_id = $1
			AND k.device_id = $2 AND k.key = t.key
		WHERE e.targets IS NOT NULL
			AND creel.had_key(k.joined, k.gone, e.position))
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
