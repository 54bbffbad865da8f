-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- Returns no row if there is no such application.  Its contents are deleted by
-- foreign keys; events, which have none, are deleted when they are old.
DELETE FROM creel.application WHERE id = $1
RETURNING '{"success":true}' AS json
