-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text hook, or null
-- $3 text status, or null
-- $4 text minimum of received_at, or null
-- $5 text horizon: only events below, or null
-- $6 text limit
-- Returns the newest events, newest last.
SELECT creel.event_summary_json(e)::text
FROM creel.event_list($1, $2, $3, creel.uuid_floor(coalesce($4::timestamptz,
	'epoch')), $5::bigint, $6::bigint) AS e
ORDER BY e.id
