-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text application
-- Lets the statements that follow in the transaction read and write rows of this
-- application (sql/grants.sql).
SELECT set_config('creel.application', $1, true)
