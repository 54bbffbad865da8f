-- worker
-- $1 text application
-- $2 text id or null
-- No row: no such application.  Null: no such key.  The application's lock
-- comes first, as with who deletes that: they wait in one order.
WITH application AS (
	SELECT a.id FROM creel.application a WHERE a.id = $1 FOR KEY SHARE
), credential AS (
	DELETE FROM creel.credential c USING application a
	WHERE c.application_id = a.id AND c.id = $2 AND c.kind = 'key'
	RETURNING c.application_id, c.id
), address AS (
	DELETE FROM creel.address t USING credential c
	WHERE t.application_id = c.application_id AND t.target_id = c.id
		AND t.kind = 'key'
)
SELECT CASE WHEN c.id IS NOT NULL THEN '{"success":true}' END
FROM application a
LEFT JOIN credential c ON true
