-- SPDX-License-Identifier: ISC
-- worker
-- $1 text transaction since which, or null
-- Gives the oldest transaction that still runs, whether since the other one
-- too much has happened to be looked at (or all of it, without one), and, in a
-- row each, the applications that have events in between and whether any of
-- these addresses devices; nulls if there is none.
SELECT b.oldest::text, f.far::text, n.application, n.commands::text
FROM creel.horizon($1::bigint) AS b
CROSS JOIN LATERAL (SELECT $1 IS NULL OR b.until < b.oldest) AS f (far)
LEFT JOIN LATERAL creel.event_news($1::bigint,
	CASE WHEN NOT f.far THEN b.until END) AS n ON true
