-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text device
-- $3 text position of the cursor
-- $4 text event of the cursor
-- $5 text limit of commands
-- Returns the response, whether it has commands, whether there are more, and
-- the position and event of the next cursor.
SELECT json_build_object('count', p.n, 'items', p.items,
	'cursor', $2 || ':c:' || p.last_position || ':' || p.last_event,
	'more', p.more)::text,
	(p.n > 0)::text, p.more::text, p.last_position::text,
	p.last_event::text
FROM creel.command_page($1, $2, $3::bigint, $4::uuid, $5::int) AS p
