-- owner
-- $1 text id
-- $2 text true or false
UPDATE creel.credential SET enabled = $2::boolean WHERE id = $1
RETURNING id::text
