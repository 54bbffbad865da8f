-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text event
SELECT status::text, headers, body
FROM creel.reply
WHERE application_id = $1 AND event_id = $2::uuid
