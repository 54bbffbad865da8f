-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text name
-- $3 text organization, or null
-- $4 text days of retention; "default" or null: as in creel.conf
-- $5 text the same for failed events
-- The caller chooses the id, so a second try creates nothing more.
INSERT INTO creel.application (id, name, organization_id, retention_days,
	retention_failed_days)
VALUES ($1, $2, $3, nullif($4, 'default')::int, nullif($5, 'default')::int)
ON CONFLICT DO NOTHING
