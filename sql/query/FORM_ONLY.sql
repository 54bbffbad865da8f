-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text applications that the caller may access, an array
-- $2 text the only hooks the caller may access, an array, or null for all
-- $3 text organization, the applications of which the caller may access, or null
-- Returns the app key of a form that accepts calls, and the number of such
-- forms: 0, 1, or 2 for more than one.
SELECT min(f.handle), count(*)::text
FROM (
	SELECT h.handle
	FROM creel.forms_of($1::text[], $3) AS h
	WHERE h.enabled AND creel.form_has_webhook(h)
		AND ($2::text[] IS NULL OR h.id = ANY ($2::text[]))
	LIMIT 2
) AS f
