-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text id
-- Deletes the address as well; events stay.  Locks the application first, as
-- all statements that delete do, so that they wait in one order.
WITH application AS (
	SELECT a.id FROM creel.application a WHERE a.id = $1 FOR KEY SHARE
), address AS (
	DELETE FROM creel.address t USING application a
	WHERE t.application_id = a.id AND t.target_id = $2 AND t.kind <> 'key'
)
DELETE FROM creel.hook h USING application a
WHERE h.application_id = a.id AND h.id = $2
RETURNING h.id::text
