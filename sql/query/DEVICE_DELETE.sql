-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- Returns no row if there is no such application, null if there is no such
-- device.  Its memberships and receipts are deleted as well.  Locks the
-- application first, as all statements that delete do, so that they wait in one
-- order.
WITH application AS (
	SELECT a.id FROM creel.application a WHERE a.id = $1 FOR KEY SHARE
), device AS (
	DELETE FROM creel.device d USING application a
	WHERE d.application_id = a.id AND d.id = $2
	RETURNING d.application_id, d.id
), credential AS (
	DELETE FROM creel.credential c USING device d
	WHERE c.application_id = d.application_id AND c.id = d.id
), address AS (
	DELETE FROM creel.address t USING device d
	WHERE t.application_id = d.application_id AND t.target_id = d.id
		AND t.kind = 'key'
)
SELECT CASE WHEN d.id IS NOT NULL THEN '{"success":true}' END AS json
FROM application a
LEFT JOIN device d ON true
