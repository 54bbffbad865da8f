-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id of the erasure
-- $2 text application
-- $3 text paths, an array's text
-- $4 text hook, or null
-- $5 text minimum of received_at, or null
-- $6 text end of received_at, or null
-- $7 text SHA-256 of the command
INSERT INTO creel.erasure (id, application_id, paths, hook_id, since, until,
	command)
VALUES ($1, $2, $3::text[], $4, $5::timestamptz, $6::timestamptz, $7)
ON CONFLICT (id) DO NOTHING
