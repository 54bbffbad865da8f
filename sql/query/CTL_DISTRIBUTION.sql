-- SPDX-License-Identifier: ISC
-- owner
-- Returns whether the log is distributed, over how many nodes it is or could
-- be, and what is wrong with them, or null.
SELECT d.distributed::text, d.nodes::text, d.problem
FROM creel.distribution() AS d
