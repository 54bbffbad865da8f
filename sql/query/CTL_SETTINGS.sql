-- SPDX-License-Identifier: ISC
-- worker
-- Settings without which a commit may be lost; those that are off.  For the
-- worker's own session, because a role may have its own.
SELECT name FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
	AND setting = 'off'
ORDER BY name
