-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or empty: from the first
-- $2 text id of the key that was the last one
-- Those behind it that have a sealed copy, and these; a thousand at most.
SELECT c.application_id::text, c.id::text, c.sealed_secret
FROM creel.credential c
WHERE c.sealed_secret IS NOT NULL
	AND (c.application_id::text COLLATE "C", c.id::text COLLATE "C") > ($1, $2)
ORDER BY c.application_id, c.id
LIMIT 1000
