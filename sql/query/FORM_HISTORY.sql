-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text applications that the reader may access, an array
-- $2 text hook, or null for all forms
-- $3 text the only hooks the reader may access, an array, or null for all
-- $4 text only principal of which to return events, or null
-- $5 text minimum of received_at, or null
-- $6 text maximum of received_at, exclusive, or null
-- $7 text id before which to start, or null
-- $8 text status, or null
-- $9 text e-mail address of the user, or null
-- $10 text text in the remarks, in any case, or null
-- $11 text events to skip
-- $12 text maximum number of events on the page
-- $13 text true to read 10000 events, false for no more than a page needs
-- $14 text organization, the forms of which the reader may access, or null
-- Returns the response, whether there is more although the page is not full,
-- and the number of forms: 101 for more than 100.
-- Reads the newest events of each form, equally many; events older than the
-- oldest of a form that has more are left to the next page.  An id is created
-- when a request starts, at most an hour before received_at.
WITH form AS MATERIALIZED (
	SELECT h.application_id, h.id
	FROM creel.forms_of($1::text[], $14) AS h
	WHERE ($2::text IS NULL OR h.id = $2)
		AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
	LIMIT 101
), range AS MATERIALIZED (
	SELECT count(*) AS forms,
		least(CASE WHEN NOT $13::boolean
			THEN $11::bigint + $12::bigint + 1 END,
			10000 / greatest(count(*), 1)) AS depth
	FROM form
), looked AS MATERIALIZED (
	SELECT f.id AS hook_id, e.*
	FROM form f
	CROSS JOIN range
	CROSS JOIN LATERAL creel.form_events(f.application_id, f.id, $8,
		creel.uuid_floor(greatest('epoch', coalesce(
			$5::timestamptz, 'epoch') - interval '1 hour')),
		least($7::uuid, creel.uuid_floor(coalesce(
			$6::timestamptz + interval '1 ms', '9999-12-31Z'))),
		range.depth) AS e
), edge AS MATERIALIZED (
	SELECT max(g.oldest)::uuid AS id
	FROM (
		SELECT min(l.id::text COLLATE "C") AS oldest
		FROM looked l
		GROUP BY l.hook_id
		HAVING count(*) = (SELECT depth FROM range)
	) AS g
), fit AS MATERIALIZED (
	SELECT l.*, row_number() OVER (ORDER BY l.id DESC) AS n
	FROM looked l
	CROSS JOIN edge
	WHERE (edge.id IS NULL OR l.id >= edge.id)
		AND ($4::text IS NULL OR l.principal = $4)
		AND ($5::text IS NULL OR l.received_at >= $5::timestamptz)
		AND ($6::text IS NULL OR l.received_at < $6::timestamptz)
		AND ($8::text IS NULL OR l.status = $8)
		AND ($9::text IS NULL
			OR lower(l.principal) = lower('user:' || $9))
		AND ($10::text IS NULL
			OR strpos(lower(l.remarks), lower($10)) > 0)
), page AS (
	SELECT count(f.id) AS n,
		coalesce(json_agg(row_to_json(s) ORDER BY f.n), '[]') AS items,
		(array_agg(f.id ORDER BY f.n DESC))[1] AS last,
		EXISTS (SELECT FROM fit WHERE fit.n
			= $11::bigint + $12::bigint + 1) AS full
	FROM fit f
	CROSS JOIN LATERAL (
		SELECT f.id AS request_id, initcap(f.status) AS status,
			round(extract(epoch FROM greatest(interval '0',
				f.completed_at - creel.uuid_time(f.id))) * 1000)
				AS execution_time,
			creel.user_email(f.principal) AS user_email,
			f.remarks, creel.iso(f.received_at) AS received_at
	) AS s
	WHERE f.n > $11::bigint AND f.n <= $11::bigint + $12::bigint
)
SELECT row_to_json(a)::text,
	(NOT p.full AND edge.id IS NOT NULL)::text, range.forms::text
FROM page p
CROSS JOIN edge
CROSS JOIN LATERAL (
	SELECT p.items, p.n AS count,
		CASE WHEN p.full THEN p.last ELSE edge.id END AS cursor,
		p.full OR edge.id IS NOT NULL AS more
) AS a
CROSS JOIN range
