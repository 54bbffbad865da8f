-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text kind of the last address of the page before, or ''
-- $2 text handle of this address, or ''
-- Returns the next addresses, by kind and handle, or no row.
SELECT a.kind, a.handle
FROM creel.address_page($1, $2, 5000) AS a
