-- SPDX-License-Identifier: ISC
-- owner
-- $1 text organization
-- $2 text quotas to change, JSON; nulls are removed
-- Returns no row if there is no such organization.
UPDATE creel.organization t SET quotas = jsonb_strip_nulls(t.quotas || $2::jsonb)
WHERE t.id = $1
RETURNING t.quotas::text
