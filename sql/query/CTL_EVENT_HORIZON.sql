-- SPDX-License-Identifier: ISC
-- owner
-- Every transaction below this one has ended: what it wrote can be seen.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text
