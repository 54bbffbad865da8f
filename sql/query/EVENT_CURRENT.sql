-- worker
-- $1 text application
-- $2 text hook
-- The newest event of a hook: the current value of a data source.
SELECT e.id::text, e.content_type, e.body
FROM creel.event e
WHERE e.application_id = $1 AND e.hook_id = $2
	AND e.status = 'success'
ORDER BY e.id DESC
LIMIT 1
