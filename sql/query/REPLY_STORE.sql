-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text event that the reply is for
-- $3 text webhook that received it
-- $4 text id of this reply
-- $5 text status
-- $6 text headers, one per line
-- $7 bytea body
-- Returns whether this reply is the first one; no row if there is no such
-- event, or if its sender does not wait.  A second try stores the same reply.
WITH stored AS (
	INSERT INTO creel.reply AS r (application_id, event_id, id, status,
		headers, body)
	SELECT e.application_id, e.id, $4::uuid, $5::int, $6, $7::bytea
	FROM creel.event_get($1, $2::uuid) AS e
	WHERE e.hook_id = lower($3) AND e.waits
	ON CONFLICT (application_id, event_id) DO UPDATE SET id = r.id
	RETURNING r.id, pg_notify('creel', 'reply ' || r.event_id)
)
SELECT (id = $4::uuid)::text FROM stored
