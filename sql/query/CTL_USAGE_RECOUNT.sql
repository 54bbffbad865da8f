-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
SELECT creel.usage_recount($1)::text
