-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text hook, or null
-- $3 text status, or null
-- $4 text position of the cursor
-- $5 text event of the cursor
-- $6 text limit
-- $7 text horizon: only events below, as CTL_EVENT_HORIZON returned it
-- Returns the events behind the cursor.  The last columns are the next cursor.
SELECT creel.event_summary_json(e)::text,
	e.position::text, e.id::text
FROM (
	SELECT t.*
	FROM creel.event_tail($1, $2, $3, $4::bigint, $5::uuid, $7::bigint,
		$6::bigint) AS t
	WHERE $1::text IS NOT NULL
	UNION ALL
	SELECT t.*
	FROM creel.event_tail_all($3, $4::bigint, $5::uuid, $7::bigint,
		$6::bigint) AS t
	WHERE $1::text IS NULL
) AS e
ORDER BY e.position, e.id
