-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text applications and organizations, an array; null: all
-- Returns the quotas of applications and of their organizations: all of these that
-- exist, with or without quotas; or all that have some.
SELECT q.application, q.application_quotas::text, q.organization,
	q.organization_quotas::text
FROM creel.quotas_of($1::text[]) AS q
