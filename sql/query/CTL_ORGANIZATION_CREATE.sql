-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
-- $2 text name
-- The id is the caller's: tried twice, it is made once.
INSERT INTO creel.organization (id, name) VALUES ($1, $2)
ON CONFLICT DO NOTHING
