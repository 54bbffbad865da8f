-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text days of retention, "default", or null: unchanged
-- $3 text the same for failed events
-- Returns no row if there is no such application.
UPDATE creel.application a
SET retention_days = CASE WHEN $2::text IS NULL THEN a.retention_days
		WHEN $2 <> 'default' THEN $2::int END,
	retention_failed_days = CASE
		WHEN $3::text IS NULL THEN a.retention_failed_days
		WHEN $3 <> 'default' THEN $3::int END,
	updated_at = now()
WHERE a.id = $1
RETURNING a.id::text
