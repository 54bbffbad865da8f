-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text device
-- Returns the push channels of a device, separated by commas: its
-- application's, its own, those of its first 100 groups.  Tags have no channel;
-- the application's serves for them.
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
