-- owner
-- $1 text id
-- $2 text kind: key or token
WITH deleted AS (
	DELETE FROM creel.credential WHERE id = $1 AND kind = $2
	RETURNING application_id, id
), address AS (
	DELETE FROM creel.address a USING deleted d
	WHERE a.application_id = d.application_id AND a.target_id = d.id
		AND a.kind = 'key'
)
SELECT id::text FROM deleted
