-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- Returns the version of the newest migration that was applied.
SELECT coalesce(max(version), 0)::text FROM creel.schema_version
