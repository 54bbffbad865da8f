-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text hook
-- $3 text minimum id, which excludes older partitions
-- Returns the newest event of a hook: the current value of a data source, as
-- JSON in UTF-8 whatever the coding that its sender used.
SELECT e.id::text, e.content_type,
	coalesce(convert_to(e.value, 'UTF8'), e.body)
FROM creel.event e
WHERE e.application_id = $1 AND e.hook_id = $2 AND e.id >= $3::uuid
	AND e.status = 'success'
ORDER BY e.id DESC
LIMIT 1
