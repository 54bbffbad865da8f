-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text the only hooks the caller may access, an array, or null for all
-- $4 text whether to return _links
-- $5 text name, or null
-- $6 text description, or null
-- $7 text enabled: true, false or null
-- $8 text settings to change, a JSON object
-- Returns no row if there is no such application, null if there is no such
-- action.  immutable names a property that cannot be changed, invalid a part of
-- the settings that does not exist.  Setting the old value does not change
-- updated_at, and neither does a second try.
WITH found AS (
	SELECT h.id, h.handle <> coalesce($8::jsonb->>'eventId', h.handle)
			AS refused,
		creel.action_missing(h.application_id, $8::jsonb) AS missing,
		CASE WHEN $8::jsonb ? 'steps'
			THEN creel.action_settings(h.application_id,
				h.settings || ($8::jsonb - 'eventId'))
			ELSE h.settings || ($8::jsonb - 'eventId') END
			AS settings
	FROM creel.hook h
	WHERE h.application_id = $1 AND h.id = $2 AND h.kind = 'action'
		AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
	-- The new settings are derived from the current ones.
	FOR NO KEY UPDATE
), patched AS (
	UPDATE creel.hook AS h
	SET name = coalesce($5, h.name),
		description = coalesce($6, h.description),
		enabled = coalesce($7::boolean, h.enabled),
		settings = f.settings,
		updated_at = CASE WHEN (h.name, h.description, h.enabled,
				h.settings) IS DISTINCT FROM (
				coalesce($5, h.name),
				coalesce($6, h.description),
				coalesce($7::boolean, h.enabled),
				f.settings)
			THEN clock_timestamp() ELSE h.updated_at END
	FROM found f
	WHERE h.application_id = $1 AND h.id = f.id AND NOT f.refused
		AND f.missing IS NULL
	RETURNING h.id, h AS whole
)
SELECT CASE WHEN p.id IS NOT NULL
		THEN creel.action_json(p.whole, $4::boolean)::text END AS json,
	CASE WHEN f.refused THEN 'eventId' END AS immutable,
	f.missing AS invalid
FROM creel.application a
LEFT JOIN found f ON true
LEFT JOIN patched p ON true
WHERE a.id = $1
