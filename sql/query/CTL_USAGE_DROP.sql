-- SPDX-License-Identifier: ISC
-- owner
-- $1 text day of which no event is stored any longer
-- $2 text applications of a step
-- Returns whether another step is needed.
SELECT creel.usage_drop($1::date, $2::int)::text
