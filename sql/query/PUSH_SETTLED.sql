-- SPDX-License-Identifier: ISC
-- worker
-- $1 text what the last answer told, or null
-- Whether all transactions that had ended, or run, at the first question have
-- ended: readers see no event before.  The first column is for the next
-- question.
SELECT coalesce($1, pg_snapshot_xmax(s)::text),
	(pg_snapshot_xmin(s) >= coalesce($1::xid8, pg_snapshot_xmax(s)))::text
FROM pg_current_snapshot() AS s
