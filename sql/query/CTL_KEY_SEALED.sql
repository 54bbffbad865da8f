-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application of the last key of the previous page, or empty
-- $2 text id of the last key of the previous page
-- Returns up to 1000 keys with a sealed copy, after the given one.
SELECT c.application_id::text, c.id::text, c.sealed_secret
FROM creel.credential c
WHERE c.sealed_secret IS NOT NULL
	AND (c.application_id::text COLLATE "C", c.id::text COLLATE "C") > ($1, $2)
ORDER BY c.application_id, c.id
LIMIT 1000
