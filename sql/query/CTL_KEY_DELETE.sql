-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text kind: key, token or user
-- Locks the application first, as all statements that delete do, so that they
-- wait in one order.
WITH application AS (
	SELECT a.id
	FROM creel.application a
	JOIN creel.credential c ON c.application_id = a.id
	WHERE c.id = $1 AND c.kind = $2
	FOR KEY SHARE OF a
), deleted AS (
	DELETE FROM creel.credential c USING application a
	WHERE c.application_id = a.id AND c.id = $1 AND c.kind = $2
	RETURNING c.application_id, c.id
), address AS (
	DELETE FROM creel.address a USING deleted d
	WHERE a.application_id = d.application_id AND a.target_id = d.id
		AND a.kind = 'key'
)
SELECT id::text FROM deleted
