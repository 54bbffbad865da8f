-- SPDX-License-Identifier: ISC
-- worker
-- Returns the number of addresses.
SELECT count(*)::text
FROM creel.address
