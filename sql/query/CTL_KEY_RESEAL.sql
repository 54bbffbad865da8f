-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text id of the key
-- $3 bytea its sealed copy
-- $4 bytea the new sealed copy
-- Returns no row if the key was deleted or resealed meanwhile.  Workers need no
-- notification, because the key still authenticates as before.
UPDATE creel.credential SET sealed_secret = $4::bytea
WHERE application_id = $1 AND id = $2 AND sealed_secret = $3::bytea
RETURNING id::text
