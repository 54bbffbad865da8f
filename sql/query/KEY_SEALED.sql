-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id of the key, or null
-- Returns the sealed copy of a key, the SHA-256 of the key, and its scopes,
-- separated by spaces.  Returns no row if there is no such application, a null
-- id if there is no such API key.
SELECT c.id::text, c.sealed_secret, encode(c.secret_sha256, 'hex'),
	array_to_string(c.scopes, ' ')
FROM creel.application a
LEFT JOIN creel.credential c ON c.application_id = a.id AND c.id = $2
	AND c.kind = 'key'
WHERE a.id = $1
