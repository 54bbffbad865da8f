-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id, or null
-- $3 text whether to return _links
-- $4 text SHA-256 of the new Secret Key, in hex
-- $5 text prefix of the new Secret Key
-- Returns no row if there is no such application, null if there is no such
-- user.  The old key stops working immediately.  A second try creates the same
-- key.
WITH application AS (
	SELECT a.id FROM creel.application a WHERE a.id = $1 FOR KEY SHARE
), changed AS (
	UPDATE creel.credential AS c
	SET secret_sha256 = decode($4, 'hex'), prefix = $5,
		updated_at = CASE WHEN c.secret_sha256 = decode($4, 'hex')
			THEN c.updated_at ELSE clock_timestamp() END
	FROM application a
	WHERE c.application_id = a.id AND c.id = $2 AND c.kind = 'user'
	RETURNING c.application_id, c.id, c AS whole
), old AS (
	DELETE FROM creel.address t USING changed c
	WHERE t.application_id = c.application_id AND t.target_id = c.id
		AND t.kind = 'key' AND t.handle <> $4
), address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT 'key', $4, application_id, id FROM changed
	ON CONFLICT (kind, handle) DO NOTHING
)
SELECT CASE WHEN c.id IS NOT NULL
	THEN creel.user_json(c.whole, $3::boolean)::text END AS json
FROM application a
LEFT JOIN changed c ON true
