-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text kind: key, token or user
-- $3 text true or false
UPDATE creel.credential
SET enabled = $3::boolean,
	updated_at = CASE WHEN enabled = $3::boolean THEN updated_at
		ELSE clock_timestamp() END
WHERE id = $1 AND kind = $2
RETURNING id::text
