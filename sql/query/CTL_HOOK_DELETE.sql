-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text id
-- The address goes too; events stay.  The application's lock comes first, as
-- with who deletes that: they wait in one order.
WITH application AS (
	SELECT a.id FROM creel.application a WHERE a.id = $1 FOR KEY SHARE
), address AS (
	DELETE FROM creel.address t USING application a
	WHERE t.application_id = a.id AND t.target_id = $2 AND t.kind <> 'key'
)
DELETE FROM creel.hook h USING application a
WHERE h.application_id = a.id AND h.id = $2
RETURNING h.id::text
