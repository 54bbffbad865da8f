-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- $1 text SHA-256 of the key, in hex
-- Returns a valid key and when it expires (seconds since 1970, or null),
-- because workers cache the row.  The sixth column is whether to write
-- last_used_at: at most once a minute, so that the row of a busy key is seldom
-- updated.  A user's scopes are fixed; without Integration Access there are
-- none.  The last columns are the e-mail address, or null, and when access was
-- last granted, in seconds since 1970: older tokens are invalid.
SELECT c.application_id, c.id,
	CASE WHEN c.kind <> 'user' THEN array_to_string(c.scopes, ' ')
		WHEN c.enabled THEN 'form.post event.get'
		ELSE '' END,
	'{' || array_to_string(c.hook_ids, ',') || '}',
	encode(c.secret_sha256, 'hex'),
	(coalesce(c.last_used_at, '-infinity') < now() - interval '1 minute')::text,
	floor(extract(epoch FROM c.expires_at))::bigint::text,
	CASE WHEN c.kind = 'user' THEN c.name END,
	floor(extract(epoch FROM c.updated_at))::bigint::text
FROM creel.address_credential($1) AS c
WHERE (c.enabled OR c.kind = 'user')
	AND (c.expires_at IS NULL OR c.expires_at > now())
