-- SPDX-License-Identifier: ISC
-- owner
-- Returns the applications with a quota of stored bytes, or in an organization
-- with one.
SELECT a.id
FROM creel.application a
LEFT JOIN creel.organization o ON o.id = a.organization_id
WHERE a.quotas ? 'storedBytes' OR o.quotas ? 'storedBytes'
ORDER BY a.id
