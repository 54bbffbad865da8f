-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text name
-- $3 text organization or null
-- The id is the caller's: tried twice, it is made once.
INSERT INTO creel.application (id, name, organization_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
