-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text SHA-256 of the new key, in hex
-- $5 text prefix of the new key
-- Returns no row if there is no such application, null if there is no such
-- device.  The old key stops working immediately.  A second try creates the
-- same key.  Locks the device before its credential, as all statements that
-- change or delete it do.
WITH application AS (
	SELECT a.id FROM creel.application a WHERE a.id = $1 FOR KEY SHARE
), held AS (
	SELECT d.application_id, d.id
	FROM application a
	JOIN creel.device d ON d.application_id = a.id AND d.id = $2
	FOR NO KEY UPDATE OF d
), changed AS (
	UPDATE creel.credential AS c
	SET secret_sha256 = decode($4, 'hex'), prefix = $5,
		updated_at = CASE WHEN c.secret_sha256 = decode($4, 'hex')
			THEN c.updated_at ELSE clock_timestamp() END
	FROM held h
	WHERE c.application_id = h.application_id AND c.id = h.id
		AND c.kind = 'device'
	RETURNING c.application_id, c.id, c AS whole
), device AS (
	UPDATE creel.device AS d SET updated_at = (c.whole).updated_at
	FROM changed c
	WHERE d.application_id = c.application_id AND d.id = c.id
	RETURNING d AS whole
), old AS (
	DELETE FROM creel.address t USING changed c
	WHERE t.application_id = c.application_id AND t.target_id = c.id
		AND t.kind = 'key' AND t.handle <> $4
), address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT 'key', $4, application_id, id FROM changed
	ON CONFLICT (kind, handle) DO NOTHING
)
SELECT CASE WHEN c.id IS NOT NULL THEN
	creel.device_json(d.whole, c.whole, l.tags, l.groups,
		$3::boolean)::text END AS json
FROM application a
LEFT JOIN changed c ON true
LEFT JOIN device d ON true
LEFT JOIN creel.device_labels l ON l.application_id = c.application_id
	AND l.device_id = c.id
