-- worker
-- $1 text application
-- $2 text id or null
-- $3 text whether with links
-- No row: no such application.  Null: no such user.
SELECT CASE WHEN c.id IS NOT NULL
	THEN creel.user_json(c, $3::boolean)::text END
FROM creel.application a
LEFT JOIN creel.credential c ON c.application_id = a.id AND c.id = $2
	AND c.kind = 'user'
WHERE a.id = $1
