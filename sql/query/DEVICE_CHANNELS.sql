-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text device
-- The channels of the push module that a device hears, with commas between:
-- its application's, its own, those of its first 100 groups.  A tag has none,
-- the application's stands for it.
SELECT d.application_id || ',' || string_agg(k.key, ',' ORDER BY k.n)
FROM creel.device d,
	LATERAL (
		SELECT key, n
		FROM unnest(creel.device_keys(d.application_id, d.id))
			WITH ORDINALITY AS u (key, n)
		WHERE key ~ '^[0-9a-f]{24}$'
		ORDER BY n
		LIMIT 101) k
WHERE d.application_id = $1 AND d.id = $2
GROUP BY d.application_id, d.id
