-- SPDX-License-Identifier: ISC
-- worker
-- $1 text transaction from which to read, or null
-- Returns the oldest transaction that still runs, whether there were too many
-- transactions to read them (true without $1), and, in one row each, the
-- applications that have events in them and whether any of these target
-- devices; nulls if there are none.
SELECT b.oldest::text, f.far::text, n.application, n.commands::text
FROM creel.horizon($1::bigint) AS b
CROSS JOIN LATERAL (SELECT $1 IS NULL OR b.until < b.oldest) AS f (far)
LEFT JOIN LATERAL creel.event_news($1::bigint,
	CASE WHEN NOT f.far THEN b.until END) AS n ON true
