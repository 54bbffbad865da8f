-- worker
-- $1 text application
-- $2 text whether with links
-- $3 text ids of the keys that open what is sealed, an array
-- $4 text field to sort by, as clients name it
-- $5 text asc or desc
-- $6 text page, from 0
-- $7 text keys on a page
-- $8 text field to filter by, or null
-- $9 text filter as it was given, or null
-- $10 text the same as a pattern for ILIKE; null: no filter
-- No row: no such application.  It has few keys: all are looked at.
WITH found AS (
	SELECT c.id, c AS whole, row_number() OVER (ORDER BY
		CASE $4 WHEN 'name' THEN c.name
			WHEN 'scope' THEN array_to_string(c.scopes, ' ') END
			COLLATE "C",
		CASE $4 WHEN 'creationDate' THEN c.created_at
			WHEN 'lastUpdated' THEN c.updated_at
			WHEN 'lastUsed' THEN c.last_used_at END,
		c.id) AS n
	FROM creel.credential c
	WHERE c.application_id = $1 AND c.kind = 'key'
		AND ($10::text IS NULL OR CASE $8 WHEN 'name' THEN c.name
			ELSE array_to_string(c.scopes, ' ') END ILIKE $10)
), page AS (
	SELECT f.whole, CASE $5 WHEN 'desc' THEN -f.n ELSE f.n END AS n
	FROM found f
	ORDER BY 2
	LIMIT $7::int OFFSET $6::bigint * $7::int
)
SELECT json_strip_nulls(json_build_object(
	'count', (SELECT count(*) FROM page),
	'items', (SELECT coalesce(json_agg(creel.key_json(p.whole,
		$3::text[], $2::boolean) ORDER BY p.n), '[]') FROM page p),
	'applicationId', a.id,
	'perPage', $7::int,
	'page', $6::int,
	'sortField', $4::text,
	'sortDirection', $5::text,
	'filterField', $8::text,
	'filter', $9::text,
	'totalCount', (SELECT count(*) FROM found),
	'_type', 'apiKeys',
	'_links', CASE WHEN $2::boolean
		THEN creel.links(a.id, 'apiKeys', NULL) END))::text
FROM creel.application a
WHERE a.id = $1
