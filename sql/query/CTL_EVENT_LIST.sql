-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text hook, or null
-- $3 text status, or null
-- $4 text minimum of received_at, or null
-- $5 text horizon: only events below, or null
-- $6 text limit
-- Returns the newest events, newest last.  The primary key starts with the
-- application, so each application is read separately and no further than the
-- limit.
SELECT creel.event_summary_json(e)::text
FROM (
	SELECT e.*
	FROM creel.application a
	CROSS JOIN LATERAL creel.event_list(a.id, $2, $3,
		creel.uuid_floor(coalesce($4::timestamptz, 'epoch')),
		$5::bigint, $6::bigint) AS e
	WHERE $1::text IS NULL OR a.id = $1
	ORDER BY e.id DESC
	LIMIT $6::bigint
) AS e
ORDER BY e.id
