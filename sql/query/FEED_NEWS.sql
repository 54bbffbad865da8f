-- SPDX-License-Identifier: ISC
-- worker
-- $1 text position from which to read, or null
-- Returns the position for the next call, whether there may be more than what
-- was found (true without $1), and, in one row each, the applications that have
-- new events and whether any of these target devices; nulls if there are none.
SELECT n.until::text, n.far::text, n.application, n.commands::text
FROM creel.event_news($1::bigint) AS n
