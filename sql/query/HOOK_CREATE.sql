-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id
-- $3 text whether to return _links
-- $4 text handle
-- $5 text name
-- $6 text description, or null
-- $7 text enabled: true, false or null
-- $8 text settings, a JSON object
-- $9 text kind: webhook or form
-- Returns no row if there is no such application.  The caller chooses the id,
-- so a second try creates nothing more.
WITH hook AS (
	INSERT INTO creel.hook AS h (application_id, id, kind, handle, name,
		description, enabled, settings)
	SELECT a.id, $2, $9, $4, $5, coalesce($6, ''),
		coalesce($7::boolean, true),
		creel.hook_defaults($9) || $8::jsonb
	FROM creel.application a WHERE a.id = $1
	ON CONFLICT (application_id, id) DO UPDATE SET name = excluded.name
	RETURNING h.application_id, h.handle, h.id, h AS whole
), address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT $9, handle, application_id, id FROM hook
	ON CONFLICT (kind, handle) DO NOTHING
)
SELECT creel.hook_json(whole, $3::boolean)::text AS json FROM hook
