-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
DELETE FROM creel.organization WHERE id = $1
RETURNING id::text
