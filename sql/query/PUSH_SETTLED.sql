-- SPDX-License-Identifier: ISC
-- worker
-- $1 text transaction that the previous call returned, or null
-- Returns a transaction for the next call, and whether all transactions that
-- had started at the first call have ended: before that, readers may not see
-- the event.
SELECT coalesce($1, pg_snapshot_xmax(s)::text),
	(pg_snapshot_xmin(s) >= coalesce($1::xid8, pg_snapshot_xmax(s)))::text
FROM pg_current_snapshot() AS s
