-- SPDX-License-Identifier: ISC
-- owner
-- Returns the oldest transaction that still runs: everything that earlier ones
-- wrote is visible.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text
