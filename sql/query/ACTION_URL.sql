-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id of the action, or null
-- $3 text the only hooks the caller may access, an array, or null for all
-- $4 text id of the API key, or null
-- Returns the event ID of an action, and of the API key for its URL the id, the
-- scopes and whether it may access the action.  Returns no row if there is no
-- such application, null ids if there is no such action or key.
SELECT h.handle, c.id::text, array_to_string(c.scopes, ' '),
	(c.hook_ids IS NULL OR h.id = ANY (c.hook_ids))::text
FROM creel.application a
LEFT JOIN creel.hook h ON h.application_id = a.id AND h.id = $2
	AND h.kind = 'action'
	AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
LEFT JOIN creel.credential c ON c.application_id = a.id AND c.id = $4
	AND c.kind = 'key'
WHERE a.id = $1
