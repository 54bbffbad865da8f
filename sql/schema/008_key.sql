-- API keys over HTTP.

-- Where a key, or the list of them (id null), is on the web.
CREATE FUNCTION creel.key_links(application text, id text) RETURNS json
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		'apiKeys', CASE WHEN id IS NOT NULL THEN json_build_object(
			'href', '/applications/' || application
				|| '/api-keys') END,
		'self', json_build_object(
			'href', '/applications/' || application || '/api-keys'
				|| coalesce('/' || id, ''))));

-- A key as clients read it.  One that creelctl made may have several scopes,
-- and then has no "scope".  openers are the ids of the keys that seal, in hex,
-- which a sealed secret names behind its version.
CREATE FUNCTION creel.key_json(c creel.credential, openers text[],
		links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', c.id,
		'apiKeyId', c.id,
		'applicationId', c.application_id,
		'creatorId', substring(c.creator FROM '^key:(.*)'),
		'creatorType', CASE WHEN c.creator LIKE 'key:%' THEN 'apiToken'
			WHEN c.creator IS NOT NULL THEN 'user' END,
		'creatorName', left(c.creator, 1024),
		'name', c.name,
		'creationDate', creel.iso(c.created_at),
		'lastUpdated', creel.iso(c.updated_at),
		'expirationDate', creel.iso(c.expires_at),
		'lastUsed', creel.iso(c.last_used_at),
		'enabled', c.enabled,
		'scope', CASE WHEN cardinality(c.scopes) = 1 THEN c.scopes[1] END,
		'scopes', c.scopes,
		'hookIds', c.hook_ids,
		'prefix', c.prefix,
		'viewable', coalesce(encode(substr(c.sealed_secret, 2, 8), 'hex')
			= ANY (openers), false),
		'_type', 'apiKey',
		'_links', CASE WHEN links THEN creel.key_links(
			c.application_id, c.id) END));
