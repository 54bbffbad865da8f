-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text organization
-- Returns a row if the application belongs to the organization.
SELECT a.id FROM creel.application a
WHERE a.id = $1 AND a.organization_id = $2
