-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- Returns its erasures that were interrupted, newest first.
SELECT e.id::text, e.command, creel.iso(e.since), creel.iso(e.until),
	e.position::text, e.event_id::text
FROM creel.erasure e
WHERE e.application_id = $1 AND e.finished_at IS NULL
ORDER BY e.began_at DESC, e.id DESC
