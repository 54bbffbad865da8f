-- SPDX-License-Identifier: ISC
-- owner
-- Returns the highest stored position if it is higher than all assigned ones;
-- otherwise null.
SELECT creel.unassigned_position()::text
