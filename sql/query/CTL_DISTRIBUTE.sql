-- SPDX-License-Identifier: ISC
-- owner
-- Distributes the log over the nodes of the Citus cluster.
SELECT creel.distribute()::text
