-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text applications that the reader may access, an array
-- $2 text id
-- $3 text the only hooks the reader may access, an array, or null for all
-- $4 text only principal of which to return events, or null
-- $5 text organization, the applications of which the reader may access, or null
-- The execution time starts with the id, which is created when the request
-- arrives.
SELECT row_to_json(s)::text
FROM creel.event_open($1::text[], $2::uuid, $5) AS e
CROSS JOIN LATERAL (
	SELECT e.id AS request_id, initcap(e.status) AS status,
		creel.iso(e.received_at) AS received_at,
		creel.iso(e.completed_at) AS completed_at,
		round(extract(epoch FROM greatest(interval '0', e.completed_at
			- creel.uuid_time(e.id))) * 1000) AS execution_time,
		creel.user_email(e.principal) AS user_email,
		e.remarks
) AS s
-- Behind the function above, which opens the application.
CROSS JOIN LATERAL (SELECT FROM creel.hook h
	WHERE h.application_id = e.application_id AND h.id = e.hook_id
		AND h.kind = 'form' OFFSET 0) AS f
WHERE ($3::text[] IS NULL OR e.hook_id = ANY ($3::text[]))
	AND ($4::text IS NULL OR e.principal = $4)
