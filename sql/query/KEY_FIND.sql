-- worker
-- $1 text SHA-256 of the key, in hex
-- A key that is good now, and until when (seconds since 1970, or null): the row
-- is kept for a while.  The last column but one tells whether its last use
-- should be written down: at most once a minute, so that a busy key's row rests.
SELECT c.application_id, c.id, array_to_string(c.scopes, ' '),
	'{' || array_to_string(c.hook_ids, ',') || '}',
	encode(c.secret_sha256, 'hex'),
	(coalesce(c.last_used_at, '-infinity') < now() - interval '1 minute')::text,
	floor(extract(epoch FROM c.expires_at))::bigint::text
FROM creel.address a
JOIN creel.credential c
	ON c.application_id = a.application_id AND c.id = a.target_id
WHERE a.kind = 'key' AND a.handle = $1 AND c.enabled
	AND (c.expires_at IS NULL OR c.expires_at > now())
