-- worker
-- $1 text application
-- $2 text whether with links
-- $3 text field to sort by, as clients name it
-- $4 text asc or desc
-- $5 text page, from 0
-- $6 text users on a page
-- $7 text field to filter by, or null
-- $8 text filter as it was given, or null
-- $9 text the same as a pattern for ILIKE; null: no filter
-- No row: no such application.  It has few users: all are looked at.
WITH found AS (
	SELECT c.id, c AS whole, row_number() OVER (ORDER BY
		CASE $3 WHEN 'email' THEN c.name END COLLATE "C",
		CASE $3 WHEN 'creationDate' THEN c.created_at
			WHEN 'lastUpdated' THEN c.updated_at
			WHEN 'lastUsed' THEN c.last_used_at END,
		c.id) AS n
	FROM creel.credential c
	WHERE c.application_id = $1 AND c.kind = 'user'
		AND ($9::text IS NULL OR c.name ILIKE $9)
), page AS (
	SELECT f.whole, CASE $4 WHEN 'desc' THEN -f.n ELSE f.n END AS n
	FROM found f
	ORDER BY 2
	LIMIT $6::int OFFSET $5::bigint * $6::int
)
SELECT json_strip_nulls(json_build_object(
	'count', (SELECT count(*) FROM page),
	'items', (SELECT coalesce(json_agg(creel.user_json(p.whole,
		$2::boolean) ORDER BY p.n), '[]') FROM page p),
	'applicationId', a.id,
	'perPage', $6::int,
	'page', $5::int,
	'sortField', $3::text,
	'sortDirection', $4::text,
	'filterField', $7::text,
	'filter', $8::text,
	'totalCount', (SELECT count(*) FROM found),
	'_type', 'users',
	'_links', CASE WHEN $2::boolean
		THEN creel.links(a.id, 'users', NULL) END))::text
FROM creel.application a
WHERE a.id = $1
