-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text page of its devices, from 0
-- $5 text devices per page
-- Returns no row if there is no such application, null if there is no such
-- group.
SELECT CASE WHEN g.id IS NOT NULL THEN
	left(creel.group_json(g, true, $3::boolean)::text, -1) || ','
	|| substr(json_build_object(
		'page', $4::int,
		'perPage', $5::int,
		'devices', (SELECT coalesce(json_agg(json_build_object(
				'id', d.id,
				'name', d.name) ORDER BY d.id), '[]')
			FROM creel.device_page(a.id, g.id, 'id', 'asc',
				$4::bigint * $5::int, $5::int, NULL) AS p (id)
			JOIN creel.device d ON d.application_id = a.id
				AND d.id = p.id))::text, 2) END AS json
FROM creel.application a
LEFT JOIN creel.device_group g ON g.application_id = a.id AND g.id = $2
WHERE a.id = $1
