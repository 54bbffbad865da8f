-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text organization
-- Returns no row if there is no such organization.
SELECT u::text AS json
FROM creel.organization_usage($1) AS u
