-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text kind: device, key, token or user
-- Returns the scopes of a credential, separated by spaces; no row if there is
-- no such credential.
SELECT array_to_string(c.scopes, ' ') AS scopes
FROM creel.credential c
WHERE c.application_id = $1 AND c.id = $2 AND c.kind = $3
