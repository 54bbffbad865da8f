-- SPDX-License-Identifier: ISC
-- owner
-- Raises the highest position to the stored ones, if it is below them.
SELECT creel.raise_position(creel.unassigned_position())::text
