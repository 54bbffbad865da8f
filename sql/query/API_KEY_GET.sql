-- worker
-- $1 text application
-- $2 text id or null
-- $3 text whether with links
-- $4 text ids of the keys that open what is sealed, an array
-- No row: no such application.  Null: no such key.
SELECT CASE WHEN c.id IS NOT NULL
	THEN creel.key_json(c, $4::text[], $3::boolean)::text END
FROM creel.application a
LEFT JOIN creel.credential c ON c.application_id = a.id AND c.id = $2
	AND c.kind = 'key'
WHERE a.id = $1
