-- SPDX-License-Identifier: ISC
-- worker
-- gateway
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
-- Reads no application of others, and sorts no more than ids and keys: there may
-- be 10,000.
WITH found AS MATERIALIZED (
	SELECT f.id, CASE $5 WHEN 'name' THEN f.name
			WHEN 'ownerId' THEN f.organization_id END COLLATE "C"
			AS word,
		CASE $5 WHEN 'creationDate' THEN f.created_at
			WHEN 'lastUpdated' THEN f.updated_at END AS at
	FROM creel.applications_of($1::text[], $2) AS f
	WHERE ($3::text IS NULL OR coalesce(f.organization_id, '') = $3)
		AND ($11::text IS NULL OR f.name ILIKE $11)
), page AS (
	SELECT f.id, row_number() OVER () AS n
	FROM (
		SELECT f.id
		FROM found f
		ORDER BY CASE $6 WHEN 'asc' THEN f.word END,
			CASE $6 WHEN 'asc' THEN f.at END,
			CASE $6 WHEN 'asc' THEN f.id END,
			f.word DESC, f.at DESC, f.id DESC
		LIMIT $8::int OFFSET $7::bigint * $8::int
	) AS f
)
SELECT json_strip_nulls(json_build_object(
	'count', (SELECT count(*) FROM page),
	'items', (SELECT coalesce(json_agg(creel.application_json(a,
		creel.organization_name(a.organization_id), $4::boolean)
		ORDER BY p.n), '[]')
		FROM page p
		JOIN creel.applications_of(ARRAY(SELECT id FROM page), NULL)
		AS a ON a.id = p.id),
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
