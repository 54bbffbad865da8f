-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text hook
-- $3 text minimum id, which excludes older partitions
-- Returns the newest event of a hook: the current value of a data source, as
-- JSON in UTF-8 whatever the coding that its sender used.
SELECT e.id::text, e.content_type, e.value
FROM creel.event_current($1, $2, $3::uuid) AS e
