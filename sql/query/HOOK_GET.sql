-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text the only hooks the caller may access, an array, or null for all
-- $4 text whether to return _links
-- $5 text kind: webhook, form or action
-- Returns no row if there is no such application, null if there is no such
-- hook.
SELECT CASE WHEN h.id IS NOT NULL
	THEN creel.hook_json(h, $4::boolean)::text END AS json
FROM creel.application a
LEFT JOIN creel.hook h ON h.application_id = a.id AND h.id = $2
	AND h.kind = $5
	AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
WHERE a.id = $1
