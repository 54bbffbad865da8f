-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text form
-- $3 text the only hooks the reader may access, an array, or null for all
-- $4 text position of the cursor that follows, or null
-- $5 text event of this cursor, or null
-- Returns the current settings of a form, and the position below which
-- the statements that read records may read.
SELECT h.settings::text,
	creel.event_horizon($1, $4::bigint, $5::uuid, false)::text
FROM creel.hook h
WHERE h.application_id = $1 AND h.id = $2 AND h.kind = 'form'
	AND ($3::text IS NULL OR h.id = ANY ($3::text[]))
