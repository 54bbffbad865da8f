-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text connections that all workers may open
-- Returns by which limit they may not, and how many it allows, or no row.  Run
-- in the worker's own session, because the role has a limit of its own.
SELECT format('workers may open %s connections, and %s allows %s:', $1::text,
	l.name, l.n)
FROM (
	SELECT 'max_connections without the reserved ones', sum(CASE s.name
		WHEN 'max_connections' THEN s.setting::int
		ELSE -s.setting::int END)
	FROM pg_settings s
	WHERE s.name IN ('max_connections', 'superuser_reserved_connections',
		'reserved_connections')
	UNION ALL
	SELECT format('role %s', r.rolname), r.rolconnlimit
	FROM pg_roles r
	WHERE r.rolname = current_user
	UNION ALL
	SELECT format('database %s', d.datname), d.datconnlimit
	FROM pg_database d
	WHERE d.datname = current_database()
) AS l (name, n)
WHERE l.n >= 0 AND l.n < $1::bigint
ORDER BY l.n
LIMIT 1
