-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text position from which to read, or null
-- $2 text readers that wait, an array: "events" or "commands", and an application
-- Returns the position for the next call and, in one row each, the readers that
-- have news; null if there are none, or $1 is null.
SELECT n.until::text, n.reader
FROM creel.event_news($1::bigint, $2::text[]) AS n
