-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text whether to return _links
-- $3 text ids of the keys that can open sealed secrets, an array
-- $4 text sort field, by its name in the API
-- $5 text asc or desc
-- $6 text page, from 0
-- $7 text credentials per page
-- $8 text filter field, or null
-- $9 text filter as received, or null
-- $10 text the filter as a pattern for ILIKE; null: no filter
-- $11 text kind: key, token or user
-- Returns no row if there is no such application.  An application has few
-- credentials, so all of them are read.
WITH found AS (
	SELECT c.id, c AS whole, row_number() OVER (ORDER BY
		CASE $4 WHEN 'scope' THEN array_to_string(c.scopes, ' ')
			WHEN 'status' THEN s.status
			WHEN 'name' THEN c.name
			WHEN 'email' THEN c.name END COLLATE "C",
		CASE $4 WHEN 'creationDate' THEN c.created_at
			WHEN 'lastUpdated' THEN c.updated_at
			WHEN 'lastUsed' THEN c.last_used_at
			WHEN 'expirationDate' THEN c.expires_at END,
		c.id) AS n
	FROM creel.credential c
	CROSS JOIN LATERAL (SELECT CASE WHEN c.enabled THEN 'active'
		ELSE 'inactive' END) AS s (status)
	WHERE c.application_id = $1 AND c.kind = $11
		AND ($10::text IS NULL OR CASE $8
			WHEN 'scope' THEN array_to_string(c.scopes, ' ')
			WHEN 'status' THEN s.status
			ELSE c.name END ILIKE $10)
), page AS (
	SELECT f.whole, CASE $5 WHEN 'desc' THEN -f.n ELSE f.n END AS n
	FROM found f
	ORDER BY 2
	LIMIT $7::int OFFSET $6::bigint * $7::int
)
SELECT json_strip_nulls(json_build_object(
	'count', (SELECT count(*) FROM page),
	'items', (SELECT coalesce(json_agg(creel.credential_json(p.whole,
		$3::text[], $2::boolean) ORDER BY p.n), '[]') FROM page p),
	'applicationId', CASE WHEN $11 <> 'token' THEN a.id END,
	'ownerId', CASE $11 WHEN 'token' THEN a.id END,
	'ownerType', CASE $11 WHEN 'token' THEN 'application' END,
	'perPage', $7::int,
	'page', $6::int,
	'sortField', $4::text,
	'sortDirection', $5::text,
	'filterField', $8::text,
	'filter', $9::text,
	'totalCount', (SELECT count(*) FROM found),
	'_type', t.type,
	'_links', CASE WHEN $2::boolean
		THEN creel.links(a.id, t.type, NULL) END))::text AS json
FROM creel.application a
CROSS JOIN (SELECT CASE $11 WHEN 'key' THEN 'apiKeys'
	WHEN 'token' THEN 'applicationApiTokens' WHEN 'user' THEN 'users' END)
	AS t (type)
WHERE a.id = $1
