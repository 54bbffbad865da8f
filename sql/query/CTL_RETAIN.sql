-- SPDX-License-Identifier: ISC
-- owner
-- $1 text days of retention
-- Drops at most one partition: run until no row is returned.
SELECT part FROM creel.retain($1::int) AS r (part)
