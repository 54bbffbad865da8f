-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text name
-- The caller chooses the id, so a second try creates nothing more.
INSERT INTO creel.organization (id, name) VALUES ($1, $2)
ON CONFLICT DO NOTHING
