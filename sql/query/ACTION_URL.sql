-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text id of the action, or null
-- $3 text hooks that the caller is restricted to, an array or null
-- $4 text id of the API key, or null
-- What there is to say of an action and of a key that is to call it: event id,
-- the key's id, its scopes, whether it reaches the action.  No row: no such
-- application.  A null id: no such action, no such key.
SELECT h.handle, c.id::text, array_to_string(c.scopes, ' '),
	(c.hook_ids IS NULL OR h.id = ANY (c.hook_ids))::text
FROM creel.application a
LEFT JOIN creel.hook h ON h.application_id = a.id AND h.id = $2
	AND h.kind = 'action'
	AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
LEFT JOIN creel.credential c ON c.application_id = a.id AND c.id = $4
	AND c.kind = 'key'
WHERE a.id = $1
