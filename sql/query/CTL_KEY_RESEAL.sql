-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text id of the key
-- $3 bytea its sealed copy
-- $4 bytea the same, sealed anew
-- No row: it went meanwhile, or somebody else was first.  What it does for who
-- looks it up stays as it was: nobody is told.
UPDATE creel.credential SET sealed_secret = $4::bytea
WHERE application_id = $1 AND id = $2 AND sealed_secret = $3::bytea
RETURNING id::text
