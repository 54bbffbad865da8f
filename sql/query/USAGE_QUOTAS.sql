-- SPDX-License-Identifier: ISC
-- worker
-- $1 text applications and organizations, an array; null: all
-- Returns the quotas of applications and of their organizations.  Of all, only
-- where there are any; of some, all that exist.
SELECT a.id, a.quotas::text, o.id, o.quotas::text
FROM (
	SELECT m.id FROM creel.application m
	WHERE m.quotas <> '{}' AND $1::text IS NULL
	UNION
	SELECT m.id
	FROM creel.organization g
	JOIN creel.application m ON m.organization_id = g.id
	WHERE g.quotas <> '{}' AND $1::text IS NULL
	UNION
	SELECT m.id FROM creel.application m
	WHERE m.id = ANY ($1::text[])
	UNION
	SELECT m.id FROM creel.application m
	WHERE m.organization_id = ANY ($1::text[])
) AS c
JOIN creel.application a ON a.id = c.id
LEFT JOIN creel.organization o ON o.id = a.organization_id
	AND o.quotas <> '{}'
