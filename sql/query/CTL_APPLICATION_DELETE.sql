-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text whether to delete what it contains as well: true or false
-- Returns no row if there is no such application, unless it is being deleted, or
-- was deleted over HTTP and its events are to be deleted.  The second column
-- lists what the application still contains, if that is not to be deleted; if it
-- is null, CTL_DELETION_STEP deletes the events and idempotency keys, and foreign
-- keys have deleted everything else.  Actions are hooks.  Locks the application
-- first, as all statements that delete do, so that they wait in one order.
WITH target AS (
	SELECT a.id, a.name, a.created_at, concat_ws(', ',
		CASE WHEN EXISTS (SELECT FROM creel.hook h
			WHERE h.application_id = a.id) THEN 'hooks' END,
		CASE WHEN EXISTS (SELECT FROM creel.credential c
			WHERE c.application_id = a.id AND c.kind = 'key')
			THEN 'keys' END,
		CASE WHEN EXISTS (SELECT FROM creel.credential c
			WHERE c.application_id = a.id AND c.kind = 'token')
			THEN 'tokens' END,
		CASE WHEN EXISTS (SELECT FROM creel.credential c
			WHERE c.application_id = a.id AND c.kind = 'user')
			THEN 'users' END,
		CASE WHEN EXISTS (SELECT FROM creel.device d
			WHERE d.application_id = a.id) THEN 'devices' END,
		CASE WHEN EXISTS (SELECT FROM creel.device_group g
			WHERE g.application_id = a.id)
			THEN 'device groups' END,
		CASE WHEN EXISTS (SELECT FROM creel.event_list(a.id, NULL, NULL,
			creel.uuid_floor('epoch'), NULL, 1)) THEN 'events' END)
		AS has
	FROM creel.application a WHERE a.id = $1 FOR UPDATE
), known AS (
	SELECT d.application_id FROM creel.deletion d WHERE d.application_id = $1
), begun AS (
	INSERT INTO creel.deletion AS d (application_id, name, created_at)
	SELECT t.id, t.name, t.created_at
	FROM target t
	WHERE $2::boolean OR t.has = ''
	UNION ALL
	SELECT e.application_id, NULL, NULL
	FROM creel.event_list($1, NULL, NULL, creel.uuid_floor('epoch'), NULL, 1)
		AS e
	WHERE $2::boolean AND NOT EXISTS (SELECT FROM target)
		AND NOT EXISTS (SELECT FROM known)
	-- Another session has just deleted it.
	ON CONFLICT (application_id) DO UPDATE SET began_at = d.began_at
	RETURNING d.application_id
), deleted AS (
	DELETE FROM creel.application a USING begun b
	WHERE a.id = b.application_id
)
SELECT t.id::text, t.has
FROM target t
WHERE NOT EXISTS (SELECT FROM begun)
UNION ALL
SELECT d.application_id::text, NULL
FROM (SELECT * FROM begun UNION ALL SELECT * FROM known) AS d
