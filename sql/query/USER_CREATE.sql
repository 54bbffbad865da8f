-- SPDX-License-Identifier: ISC
-- worker
-- tenant $1
-- $1 text application
-- $2 text id
-- $3 text whether to return _links
-- $4 text SHA-256 of the Secret Key, in hex
-- $5 text prefix of the Secret Key
-- $6 text e-mail address
-- $7 text Integration Access: true, false or null
-- $8 text ids of the only forms it reaches, an array, or null
-- $9 text principal that creates it, or null
-- Returns no row if there is no such application.  invalid is the error if a
-- form does not exist, conflict the property that another user has, too.  The
-- caller chooses the id, so a second try creates nothing more.
WITH application AS (
	SELECT a.id, NOT EXISTS (SELECT FROM unnest($8::text[]) AS f (id)
		WHERE NOT EXISTS (SELECT FROM creel.hook h
			WHERE h.application_id = a.id AND h.id = f.id
				AND h.kind = 'form')) AS has_forms
	FROM creel.application a WHERE a.id = $1
), made AS (
	INSERT INTO creel.credential AS c (application_id, id, kind, name,
		prefix, secret_sha256, scopes, hook_ids, enabled, creator)
	SELECT a.id, $2, 'user', $6, $5, decode($4, 'hex'),
		'{form.post,event.get}', $8::text[],
		coalesce($7::boolean, true), $9
	FROM application a WHERE a.has_forms
	ON CONFLICT DO NOTHING
	RETURNING c.application_id, c.id, c AS whole
), address AS (
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	SELECT 'key', $4, application_id, id FROM made
	ON CONFLICT (kind, handle) DO NOTHING
), credential AS (
	SELECT m.id, m.whole FROM made m
	UNION ALL
	SELECT c.id, c FROM creel.credential c
	WHERE c.application_id = $1 AND c.id = $2
)
SELECT CASE WHEN c.id IS NOT NULL
		THEN creel.user_json(c.whole, $3::boolean)::text END AS json,
	CASE WHEN NOT a.has_forms
		THEN 'formIds: no such form' END AS invalid,
	CASE WHEN a.has_forms AND c.id IS NULL THEN 'email' END AS conflict
FROM application a
LEFT JOIN credential c ON true
