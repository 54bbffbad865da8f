-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text whether to delete what it contains as well: true or false
-- Returns no row if there is no such application.  The second column is null if
-- it was deleted, otherwise it lists what the application still contains.
-- Actions are hooks.  Everything but events is deleted by foreign keys; events
-- have none.  Locks the application first, as all statements that delete do, so
-- that they wait in one order.
WITH target AS (
	SELECT a.id, concat_ws(', ',
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
), events AS MATERIALIZED (
	SELECT creel.events_delete(t.id) FROM target t WHERE $2::boolean
), deleted AS (
	DELETE FROM creel.application a USING target t
	WHERE a.id = t.id AND ((SELECT count(*) FROM events) > 0 OR t.has = '')
	RETURNING a.id
)
SELECT t.id::text,
	CASE WHEN NOT EXISTS (SELECT FROM deleted) THEN t.has END
FROM target t
