-- SPDX-License-Identifier: ISC
-- worker
-- $1 text application
-- $2 text id or null
-- $3 text hooks that the caller is restricted to, an array or null
-- What the details of a form's webhook are made of.  No row: no such
-- application.  Nulls: no such form, or one without a webhook.
SELECT h.handle, coalesce(h.settings->>'fields', '')
FROM creel.application a
LEFT JOIN creel.hook h ON h.application_id = a.id AND h.id = $2
	AND h.kind = 'form' AND creel.form_has_webhook(h)
	AND ($3::text[] IS NULL OR h.id = ANY ($3::text[]))
WHERE a.id = $1
