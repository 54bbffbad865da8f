-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text kind of the hook
-- $2 text handle
SELECT h.application_id, h.id, h.settings::text, h.enabled::text
FROM creel.address_hook($1, $2) AS h
