-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text whether to return _links
-- $3 text sort field: name, id, creationDate, lastUpdated
-- $4 text asc or desc
-- $5 text page, from 0
-- $6 text groups per page
-- $7 text filter field, or null
-- $8 text filter as received, or null
-- $9 text the filter as a pattern for ILIKE; null: no filter
-- Returns no row if there is no such application.  An application has few
-- groups, so all of them are read, but not their devices.
WITH found AS (
	SELECT g.id, g AS whole, row_number() OVER (ORDER BY
		CASE $3 WHEN 'name' THEN g.name END COLLATE "C",
		CASE $3 WHEN 'creationDate' THEN g.created_at
			WHEN 'lastUpdated' THEN g.updated_at END,
		g.id) AS n
	FROM creel.device_group g
	WHERE g.application_id = $1
		AND ($9::text IS NULL OR g.name ILIKE $9)
), page AS (
	SELECT f.whole, CASE $4 WHEN 'desc' THEN -f.n ELSE f.n END AS n
	FROM found f
	ORDER BY 2
	LIMIT $6::int OFFSET $5::bigint * $6::int
)
SELECT json_strip_nulls(json_build_object(
	'count', (SELECT count(*) FROM page),
	'items', (SELECT coalesce(json_agg(creel.group_json(p.whole, false,
		$2::boolean) ORDER BY p.n), '[]') FROM page p),
	'applicationId', a.id,
	'perPage', $6::int,
	'page', $5::int,
	'sortField', $3::text,
	'sortDirection', $4::text,
	'filterField', $7::text,
	'filter', $8::text,
	'totalCount', (SELECT count(*) FROM found),
	'_type', 'deviceGroups',
	'_links', CASE WHEN $2::boolean
		THEN creel.links(a.id, 'deviceGroups', NULL) END))::text AS json
FROM creel.application a
WHERE a.id = $1
