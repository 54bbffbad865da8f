-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text organization
-- $2 text quotas, JSON, which replace the old ones
-- Returns no row if there is no such organization.
SELECT q::text AS json
FROM creel.organization_quotas($1, $2::jsonb) AS q
