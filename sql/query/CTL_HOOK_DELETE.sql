-- owner
-- $1 text application
-- $2 text id
-- The address goes too; events stay.
WITH address AS (
	DELETE FROM creel.address
	WHERE application_id = $1 AND target_id = $2 AND kind <> 'key'
)
DELETE FROM creel.hook WHERE application_id = $1 AND id = $2
RETURNING id::text
