-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- Returns the organization that the application belongs to, which may be null.
SELECT a.organization_id
FROM creel.application a
WHERE a.id = $1
