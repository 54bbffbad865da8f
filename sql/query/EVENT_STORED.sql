-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text event
-- Returns a row if the event is stored.
SELECT e.id::text
FROM creel.event e
WHERE e.application_id = $1 AND e.id = $2::uuid
