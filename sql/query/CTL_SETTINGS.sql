-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- Returns the settings that are off and without which a commit may be lost.
-- Run in the worker's own session, because a role may have its own settings.
SELECT name FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
	AND setting = 'off'
ORDER BY name
