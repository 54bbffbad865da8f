-- SPDX-License-Identifier: ISC
-- worker
-- The newest migration that was applied.
SELECT coalesce(max(version), 0)::text FROM creel.schema_version
