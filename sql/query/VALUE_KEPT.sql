-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text hook
-- Returns the current value of a data source after retention has deleted its
-- event, as EVENT_CURRENT does.
SELECT k.event_id::text, k.content_type, k.value
FROM creel.kept_value k
WHERE k.application_id = $1 AND k.hook_id = $2
