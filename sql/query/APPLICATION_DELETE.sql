-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- No row: no such application.  What belongs to it goes by its foreign keys;
-- events, which have none, go when they are old.
DELETE FROM creel.application WHERE id = $1
RETURNING '{"success":true}' AS json
