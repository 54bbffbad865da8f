-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text the only hooks the caller may access, an array, or null for all
-- Returns the data for the details of a form's webhook.  Returns no row if
-- there is no such application, nulls if there is no such form or it has no
-- webhook.
SELECT h.handle, h.settings::text
FROM creel.application a
LEFT JOIN creel.hook h ON h.application_id = a.id AND h.id = $2
	AND h.kind = 'form' AND creel.form_has_webhook(h)
	AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
WHERE a.id = $1
