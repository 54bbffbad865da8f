-- SPDX-License-Identifier: ISC
-- worker
-- $1 text kind of the last address of the page before, or ''
-- $2 text handle of this address, or ''
-- Returns the next addresses, by kind and handle, or no row.
SELECT a.kind, a.handle
FROM creel.address a
WHERE (a.kind, a.handle) > ($1, $2)
ORDER BY a.kind, a.handle
LIMIT 5000
