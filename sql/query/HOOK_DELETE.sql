-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text the only hooks the caller may access, an array, or null for all
-- $4 text kind: webhook, form or action
-- Returns no row if there is no such application, null if there is no such
-- hook.  Deletes its address as well; events stay.  Locks the application
-- first, as all statements that delete do, so that they wait in one order.
WITH application AS (
	SELECT a.id FROM creel.application a WHERE a.id = $1 FOR KEY SHARE
), hook AS (
	DELETE FROM creel.hook h USING application a
	WHERE h.application_id = a.id AND h.id = $2 AND h.kind = $4
		AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
	RETURNING h.application_id, h.id
), address AS (
	DELETE FROM creel.address t USING hook h
	WHERE t.application_id = h.application_id AND t.target_id = h.id
		AND t.kind = $4
)
SELECT CASE WHEN h.id IS NOT NULL THEN '{"success":true}' END AS json
FROM application a
LEFT JOIN hook h ON true
