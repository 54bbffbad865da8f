-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text organization
-- A row if the one is of the other.
SELECT a.id FROM creel.application a
WHERE a.id = $1 AND a.organization_id = $2
