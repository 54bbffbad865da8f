-- SPDX-License-Identifier: ISC
-- worker
-- Returns the isolation level of the worker's transactions.
SELECT current_setting('transaction_isolation')
