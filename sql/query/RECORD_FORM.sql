-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text form
-- $3 text the only hooks the reader may access, an array, or null for all
-- Returns the current settings of a form.
SELECT h.settings::text
FROM creel.hook h
WHERE h.application_id = $1 AND h.id = $2 AND h.kind = 'form'
	AND ($3::text IS NULL OR h.id = ANY ($3::text[]))
