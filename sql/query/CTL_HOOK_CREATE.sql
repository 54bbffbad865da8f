-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text id
-- $3 text kind
-- $4 text handle
-- $5 text name
-- $6 text description
-- $7 text settings, a JSON object
-- Returns no row if another hook has the handle.  The caller chooses the id, so
-- a second try creates nothing more.
WITH address AS (
	INSERT INTO creel.address AS a (kind, handle, application_id, target_id)
	VALUES ($3, $4, $1, $2)
	ON CONFLICT (kind, handle) DO UPDATE SET target_id = excluded.target_id
		WHERE a.target_id = excluded.target_id
	RETURNING a.target_id
)
INSERT INTO creel.hook (application_id, id, kind, handle, name, description,
	settings)
SELECT $1, target_id, $3, $4, $5, $6, creel.hook_defaults($3) || $7::jsonb
FROM address
ON CONFLICT (application_id, id) DO UPDATE SET updated_at = now()
RETURNING id::text
