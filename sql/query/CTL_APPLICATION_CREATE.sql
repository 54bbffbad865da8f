-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text name
-- $3 text organization, or null
-- The caller chooses the id, so a second try creates nothing more.
INSERT INTO creel.application (id, name, organization_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
