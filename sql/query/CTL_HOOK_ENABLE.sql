-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text id
-- $3 text true or false
UPDATE creel.hook SET enabled = $3::boolean, updated_at = now()
WHERE application_id = $1 AND id = $2
RETURNING id::text
