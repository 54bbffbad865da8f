-- worker
-- $1 text application
-- $2 text id
-- $3 text whether with links
-- $4 text app key
-- $5 text name
-- $6 text description or null
-- $7 text enabled or null
-- $8 text settings, a JSON object
-- No row: no such application.  The id is the caller's: tried twice, it is
-- made once.
WITH hook AS (
	INSERT INTO creel.hook AS h (application_id, id, kind, handle, name,
		description, enabled, settings)
	SELECT a.id, $2, 'form', $4, $5, coalesce($6, ''),
		coalesce($7::boolean, true), $8::jsonb
	FROM creel.application a WHERE a.id = $1
	ON CONFLICT (application_id, id) DO UPDATE SET name = excluded.name
	RETURNING h.application_id, h.handle, h.id, h AS whole
), address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT 'form', handle, application_id, id FROM hook
	ON CONFLICT (kind, handle) DO NOTHING
)
SELECT creel.form_json(whole, $3::boolean)::text FROM hook
