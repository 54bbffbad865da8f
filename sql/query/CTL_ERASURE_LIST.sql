-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text id to select, or null for all
SELECT creel.erasure_json(e)::text
FROM creel.erasure e
WHERE ($1::text IS NULL OR e.application_id = $1)
	AND ($2::text IS NULL OR e.id = $2)
ORDER BY e.began_at, e.id
