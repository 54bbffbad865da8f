-- worker
-- $1 text application
-- $2 text whether with links
-- $3 text field to sort by, as Losant names it
-- $4 text asc or desc
-- $5 text page, from 0
-- $6 text tokens on a page
-- $7 text field to filter by, or null
-- $8 text filter as it was given, or null
-- $9 text the same as a pattern for ILIKE; null: no filter
-- No row: no such application.  It has few tokens: all are looked at.
WITH found AS (
	SELECT c.id, c AS whole, row_number() OVER (ORDER BY
		CASE $3 WHEN 'name' THEN c.name
			WHEN 'status' THEN CASE WHEN c.enabled THEN 'active'
				ELSE 'inactive' END END COLLATE "C",
		CASE $3 WHEN 'creationDate' THEN c.created_at
			WHEN 'lastUpdated' THEN c.updated_at
			WHEN 'expirationDate' THEN c.expires_at END,
		c.id) AS n
	FROM creel.credential c
	WHERE c.application_id = $1 AND c.kind = 'token'
		AND ($9::text IS NULL OR CASE $7 WHEN 'name' THEN c.name
			ELSE CASE WHEN c.enabled THEN 'active'
				ELSE 'inactive' END END ILIKE $9)
), page AS (
	SELECT f.whole, CASE $4 WHEN 'desc' THEN -f.n ELSE f.n END AS n
	FROM found f
	ORDER BY 2
	LIMIT $6::int OFFSET $5::bigint * $6::int
)
SELECT json_strip_nulls(json_build_object(
	'count', (SELECT count(*) FROM page),
	'items', (SELECT coalesce(json_agg(creel.token_json(p.whole,
		$2::boolean) ORDER BY p.n), '[]') FROM page p),
	'ownerId', a.id,
	'ownerType', 'application',
	'perPage', $6::int,
	'page', $5::int,
	'sortField', $3::text,
	'sortDirection', $4::text,
	'filterField', $7::text,
	'filter', $8::text,
	'totalCount', (SELECT count(*) FROM found),
	'_type', 'applicationApiTokens',
	'_links', CASE WHEN $2::boolean
		THEN creel.links(a.id, 'applicationApiTokens', NULL) END))::text
FROM creel.application a
WHERE a.id = $1
