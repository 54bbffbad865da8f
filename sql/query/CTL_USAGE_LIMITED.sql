-- SPDX-License-Identifier: ISC
-- owner
-- Returns the applications with a quota of stored bytes, or in an organization
-- with one, and those that have fewer than no bytes: their events were inserted
-- with SQL.
SELECT a.id
FROM creel.application a
LEFT JOIN creel.organization o ON o.id = a.organization_id
LEFT JOIN creel.usage u ON u.application_id = a.id AND u.day = '-infinity'
WHERE a.quotas ? 'storedBytes' OR o.quotas ? 'storedBytes'
	OR u.events < 0 OR u.bytes < 0
ORDER BY a.id
