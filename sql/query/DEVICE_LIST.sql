-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text whether to return _links
-- $3 text sort field: name or id
-- $4 text asc or desc
-- $5 text page, from 0
-- $6 text devices per page
-- $7 text filter field: name, tag, group; or null
-- $8 text filter as received, or null
-- $9 text the filter as a pattern for ILIKE; null: no filter
-- Returns no row if there is no such application.
-- A page is read from the nearer end of the list, in reverse if that is the
-- last.
WITH wanted (key, pattern) AS MATERIALIZED (
	SELECT CASE $7 WHEN 'tag' THEN 'tag:' || $8::text
			WHEN 'group' THEN lower($8::text) END,
		CASE $7 WHEN 'name' THEN $9::text END
), total (n) AS MATERIALIZED (
	SELECT CASE WHEN w.key IS NOT NULL THEN (SELECT count(*)
			FROM creel.device_member m
			WHERE m.application_id = $1 AND m.key = w.key)
		WHEN w.pattern IS NOT NULL THEN (SELECT count(*)
			FROM creel.device d
			WHERE d.application_id = $1
				AND d.name ILIKE w.pattern)
		ELSE (SELECT coalesce(sum(c.n), 0)::bigint
			FROM creel.row_count c
			WHERE c.application_id = $1
				AND c.kind = 'device') END
	FROM wanted w
)
SELECT json_strip_nulls(json_build_object(
	'count', p.n,
	'items', p.items,
	'applicationId', a.id,
	'perPage', $6::int,
	'page', $5::int,
	'sortField', $3::text,
	'sortDirection', $4::text,
	'filterField', $7::text,
	'filter', $8::text,
	'totalCount', t.n,
	'_type', 'devices',
	'_links', CASE WHEN $2::boolean
		THEN creel.links(a.id, 'devices', NULL) END))::text AS json
FROM creel.application a
CROSS JOIN wanted AS w
CROSS JOIN total AS t
CROSS JOIN LATERAL (
	SELECT $5::bigint * $6::int, greatest(t.n - $5::bigint * $6::int, 0)
) AS s (before, rest)
CROSS JOIN LATERAL (
	SELECT least(s.rest, $6::int), greatest(s.rest - $6::int, 0),
		s.rest - $6::int < s.before
) AS e (size, behind, is_nearer)
CROSS JOIN LATERAL (
	SELECT count(*), coalesce(json_agg(creel.device_json(s.d, s.c, s.tags,
		s.groups, $2::boolean)
		ORDER BY CASE WHEN e.is_nearer THEN -o.n ELSE o.n END), '[]')
	FROM (SELECT id, row_number() OVER () AS n
		FROM creel.device_page(a.id, w.key, $3, CASE
			WHEN e.is_nearer = ($4 = 'asc') THEN 'desc'
			ELSE 'asc' END, least(s.before, e.behind), e.size::int,
			w.pattern) AS id) AS o
	-- OFFSET 0: one after the other, because the planner expects more of
	-- them and would read all devices.
	CROSS JOIN LATERAL (
		SELECT d, c, l.tags, l.groups
		FROM creel.device d
		JOIN creel.credential c ON c.application_id = $1
			AND c.id = d.id
		LEFT JOIN creel.device_labels l ON l.application_id = $1
			AND l.device_id = d.id
		WHERE d.application_id = $1 AND d.id = o.id
		OFFSET 0) AS s
) AS p (n, items)
WHERE a.id = $1
