-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text the only hooks the caller may access, an array, or null for all
-- $3 text whether to return _links
-- $4 text sort field, by its name in the API
-- $5 text asc or desc
-- $6 text page, from 0
-- $7 text hooks per page
-- $8 text filter field, or null
-- $9 text filter as received, or null
-- $10 text the filter as a pattern for ILIKE; null: no filter
-- $11 text kind: webhook, form or action
-- Returns no row if there is no such application.
-- A page is read from the nearer end of the list, in reverse if that is the
-- last.
WITH total (n) AS MATERIALIZED (
	SELECT CASE WHEN $10::text IS NULL AND $2::text[] IS NULL
		THEN (SELECT coalesce(sum(c.n), 0)::bigint
			FROM creel.row_count c
			WHERE c.application_id = $1 AND c.kind = $11)
		ELSE (SELECT count(*) FROM creel.hook h
			WHERE h.application_id = $1 AND h.kind = $11
				AND ($10::text IS NULL OR h.name ILIKE $10)
				AND ($2::text[] IS NULL
					OR h.id = ANY ($2::text[]))) END
)
SELECT json_strip_nulls(json_build_object(
	'count', p.n,
	'items', p.items,
	'applicationId', a.id,
	'perPage', $7::int,
	'page', $6::int,
	'sortField', $4::text,
	'sortDirection', $5::text,
	'filterField', $8::text,
	'filter', $9::text,
	'totalCount', t.n,
	'_type', $11::text || 's',
	'_links', CASE WHEN $3::boolean
		THEN creel.links(a.id, $11 || 's', NULL) END))::text AS json
FROM creel.application a
CROSS JOIN total AS t
CROSS JOIN LATERAL (
	SELECT $6::bigint * $7::int, greatest(t.n - $6::bigint * $7::int, 0)
) AS s (before, rest)
CROSS JOIN LATERAL (
	SELECT least(s.rest, $7::int), greatest(s.rest - $7::int, 0),
		s.rest - $7::int < s.before
) AS e (size, behind, is_nearer)
CROSS JOIN LATERAL (
	SELECT count(*), coalesce(json_agg(creel.hook_json(o.h, $3::boolean)
		ORDER BY CASE WHEN e.is_nearer THEN -o.n ELSE o.n END), '[]')
	FROM (SELECT h, row_number() OVER () AS n
		FROM creel.hook_page(a.id, $11, $4, CASE
			WHEN e.is_nearer = ($5 = 'asc') THEN 'desc'
			ELSE 'asc' END, least(s.before, e.behind), e.size::int,
			$10, $2::text[]) AS h) AS o
) AS p (n, items)
WHERE a.id = $1
