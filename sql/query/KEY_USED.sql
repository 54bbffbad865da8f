-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id of the key
UPDATE creel.credential SET last_used_at = now()
WHERE application_id = $1 AND id = $2
	AND coalesce(last_used_at, '-infinity') < now() - interval '1 minute'
