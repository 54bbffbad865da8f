-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text kind: key, token or user
-- Returns no row if there is no such application, null if there is no such
-- credential.  Locks the application first, as all statements that delete do,
-- so that they wait in one order.
WITH application AS (
	SELECT a.id FROM creel.application a WHERE a.id = $1 FOR KEY SHARE
), credential AS (
	DELETE FROM creel.credential c USING application a
	WHERE c.application_id = a.id AND c.id = $2 AND c.kind = $3
	RETURNING c.application_id, c.id
), address AS (
	DELETE FROM creel.address t USING credential c
	WHERE t.application_id = c.application_id AND t.target_id = c.id
		AND t.kind = 'key'
)
SELECT CASE WHEN c.id IS NOT NULL THEN '{"success":true}' END AS json
FROM application a
LEFT JOIN credential c ON true
