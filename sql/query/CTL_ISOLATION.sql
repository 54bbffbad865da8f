-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- Returns the isolation level of the worker's transactions.
SELECT current_setting('transaction_isolation')
