-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id of the erasure
-- Two sessions may have continued it.
UPDATE creel.erasure AS e
SET finished_at = coalesce(e.finished_at, now()), command = NULL
WHERE e.id = $1
RETURNING e.events::text
