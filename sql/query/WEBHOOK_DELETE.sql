-- worker
-- $1 text application
-- $2 text id or null
-- $3 text hooks that the caller is restricted to, an array or null
-- No row: no such application.  Null: no such webhook.  The token goes too;
-- events stay.
WITH hook AS (
	DELETE FROM creel.hook h
	WHERE h.application_id = $1 AND h.id = $2 AND h.kind = 'webhook'
		AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
	RETURNING h.application_id, h.id
), address AS (
	DELETE FROM creel.address t USING hook h
	WHERE t.application_id = h.application_id AND t.target_id = h.id
		AND t.kind = 'webhook'
)
SELECT CASE WHEN h.id IS NOT NULL THEN '{"success":true}' END
FROM creel.application a
LEFT JOIN hook h ON true
WHERE a.id = $1
