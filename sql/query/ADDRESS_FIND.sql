-- SPDX-License-Identifier: ISC
-- worker
-- $1 text kind of the hook
-- $2 text handle
SELECT h.application_id, h.id, h.settings::text, h.enabled::text
FROM creel.address a
JOIN creel.hook h ON h.application_id = a.application_id AND h.id = a.target_id
WHERE a.kind = $1 AND a.handle = $2
