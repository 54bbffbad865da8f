-- SPDX-License-Identifier: ISC
-- owner
-- Returns the sessions and prepared transactions at which readers stop, the
-- oldest ones first, if readers are more than a minute behind the highest
-- position; otherwise no row.  Their age is that of the position that their lock
-- names: creel.horizon() stops at the same locks.
WITH reader AS MATERIALIZED (
	SELECT p.highest, creel.horizon(p.highest) AS horizon
	FROM (SELECT creel.highest_position() OFFSET 0) AS p (highest)
), holder AS (
	SELECT l.position, l.pid, l.virtualtransaction
	FROM creel.position_lock l
	ORDER BY l.position
	LIMIT 5
)
SELECT format('held up by %s:', string_agg(format('%s for %s s', CASE
	WHEN h.pid IS NULL THEN
		format('prepared transaction %s of %s', x.gid, x.owner)
	ELSE format('pid %s of %s', h.pid, a.usename) END,
	(greatest(creel.clock(), r.highest) - h.position) / 1000000),
	', ' ORDER BY h.position))
FROM reader r
JOIN holder h ON h.position < r.highest - 60000000
LEFT JOIN pg_stat_activity a ON a.pid = h.pid
-- A prepared transaction has no pid, but holds the lock of its own id.
LEFT JOIN pg_locks t ON h.pid IS NULL AND t.pid IS NULL
	AND t.virtualtransaction = h.virtualtransaction
	AND t.locktype = 'transactionid'
LEFT JOIN pg_prepared_xacts x ON x.transaction = t.transactionid
WHERE r.horizon < r.highest - 60000000
HAVING count(*) > 0
