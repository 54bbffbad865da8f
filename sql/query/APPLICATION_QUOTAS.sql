-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text quotas, JSON, which replace the old ones
-- Returns no row if there is no such application.
UPDATE creel.application t SET quotas = $2::jsonb
WHERE t.id = $1
RETURNING t.quotas::text AS json
