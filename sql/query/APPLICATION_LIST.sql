-- SPDX-License-Identifier: ISC
-- worker
-- $1 text applications that the caller may access, an array
-- $2 text organization, all of which the caller may access, or null
-- $3 text organization to select, "" for none, null for all
-- $4 text whether to return _links
-- $5 text sort field, by its name in the API
-- $6 text asc or desc
-- $7 text page, from 0
-- $8 text applications per page
-- $9 text filter field, or null
-- $10 text filter as received, or null
-- $11 text the filter as a pattern for ILIKE; null: no filter
-- IN is hashed, unlike = ANY of a parameter: there may be 10,000 applications.
WITH found AS (
	SELECT a AS whole, row_number() OVER (ORDER BY
		CASE $5 WHEN 'name' THEN a.name
			WHEN 'ownerId' THEN a.organization_id END COLLATE "C",
		CASE $5 WHEN 'creationDate' THEN a.created_at
			WHEN 'lastUpdated' THEN a.updated_at END,
		a.id) AS n
	FROM creel.application a
	WHERE (a.id IN (SELECT unnest($1::text[])) OR a.organization_id = $2)
		AND ($3::text IS NULL OR coalesce(a.organization_id, '') = $3)
		AND ($11::text IS NULL OR a.name ILIKE $11)
), page AS (
	SELECT f.whole, CASE $6 WHEN 'desc' THEN -f.n ELSE f.n END AS n
	FROM found f
	ORDER BY 2
	LIMIT $8::int OFFSET $7::bigint * $8::int
)
SELECT json_strip_nulls(json_build_object(
	'count', (SELECT count(*) FROM page),
	'items', (SELECT coalesce(json_agg(creel.application_json(p.whole,
		o.name, $4::boolean) ORDER BY p.n), '[]')
		FROM page p LEFT JOIN creel.organization o
		ON o.id = (p.whole).organization_id),
	'perPage', $8::int,
	'page', $7::int,
	'sortField', $5::text,
	'sortDirection', $6::text,
	'filterField', $9::text,
	'filter', $10::text,
	'totalCount', (SELECT count(*) FROM found),
	'_type', 'applications',
	'_links', CASE WHEN $4::boolean THEN json_build_object('self',
		json_build_object('href', '/applications')) END))::text AS json
