-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- Returns the number of addresses.
SELECT creel.address_count()::text
