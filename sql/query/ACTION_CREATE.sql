-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id
-- $3 text whether to return _links
-- $4 text event ID for settings that have none
-- $5 text name
-- $6 text description, or null
-- $7 text enabled: true, false or null
-- $8 text settings, a JSON object, with or without an eventId
-- $9 text kind: action
-- Returns no row if there is no such application.  invalid names a part of the
-- settings that does not exist, conflict the event ID that is in use.  The
-- caller chooses the id, so a second try creates nothing more.
WITH given AS (
	SELECT a.id, coalesce($8::jsonb->>'eventId', $4) AS handle,
		'{"timeout": 3600}' || ($8::jsonb - 'eventId') AS settings,
		creel.action_missing(a.id, $8::jsonb) AS missing
	FROM creel.application a WHERE a.id = $1
), made AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT $9, g.id || ':' || g.handle, g.id, $2 FROM given g
	WHERE g.missing IS NULL
	ON CONFLICT (kind, handle) DO NOTHING
	RETURNING target_id
), address AS (
	SELECT m.target_id FROM made m
	UNION ALL
	SELECT t.target_id FROM given g
	JOIN creel.address t ON t.kind = $9
		AND t.handle = g.id || ':' || g.handle AND t.target_id = $2
), hook AS (
	INSERT INTO creel.hook AS h (application_id, id, kind, handle, name,
		description, enabled, settings)
	SELECT g.id, $2, $9, g.handle, $5, coalesce($6, ''),
		coalesce($7::boolean, true),
		creel.action_settings(g.id, g.settings)
	FROM given g CROSS JOIN address
	ON CONFLICT (application_id, id) DO UPDATE SET name = excluded.name
	RETURNING h.id, h AS whole
)
SELECT CASE WHEN h.id IS NOT NULL
		THEN creel.action_json(h.whole, $3::boolean)::text END AS json,
	g.missing AS invalid,
	CASE WHEN h.id IS NULL THEN 'eventId "' || g.handle || '"' END
		AS conflict
FROM given g
LEFT JOIN hook h ON true
