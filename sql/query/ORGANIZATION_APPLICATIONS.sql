-- SPDX-License-Identifier: ISC
-- worker
-- $1 text organization
SELECT '{' || coalesce(string_agg(id, ','), '') || '}'
FROM creel.application WHERE organization_id = $1
