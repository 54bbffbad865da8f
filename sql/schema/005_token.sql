-- Losant's application tokens and applications.

ALTER TABLE creel.application
	ADD description text NOT NULL DEFAULT ''
		CHECK (length(description) <= 1024);

-- An API key, or an application token: the same but for who makes it, and
-- what is told of it.  creator is the principal that made it over HTTP.
ALTER TABLE creel.credential
	ADD kind text COLLATE "C" NOT NULL DEFAULT 'key'
		CHECK (kind IN ('key', 'token')),
	ADD description text NOT NULL DEFAULT ''
		CHECK (length(description) <= 32767),
	ADD creator text,
	ADD updated_at timestamptz NOT NULL DEFAULT now();
UPDATE creel.credential SET updated_at = created_at;

-- Where a token, or the list of them (id null), is on the web.
CREATE FUNCTION creel.token_links(application text, id text) RETURNS json
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		'applicationApiTokens', CASE WHEN id IS NOT NULL
			THEN json_build_object('href', '/applications/'
				|| application || '/tokens') END,
		'self', json_build_object(
			'href', '/applications/' || application || '/tokens'
				|| coalesce('/' || id, ''))));

-- A token as Losant's clients read it; nobody has its secret any more.
CREATE FUNCTION creel.token_json(c creel.credential, links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', c.id,
		'apiTokenId', c.id,
		'creatorId', substring(c.creator FROM '^key:(.*)'),
		'creatorType', CASE WHEN c.creator LIKE 'key:%' THEN 'apiToken'
			WHEN c.creator IS NOT NULL THEN 'user' END,
		'creatorName', left(c.creator, 1024),
		'ownerId', c.application_id,
		'ownerType', 'application',
		'name', c.name,
		'description', nullif(c.description, ''),
		'creationDate', creel.iso(c.created_at),
		'lastUpdated', creel.iso(c.updated_at),
		'expirationDate', creel.iso(c.expires_at),
		'scope', c.scopes,
		'status', CASE WHEN c.enabled THEN 'active'
			ELSE 'inactive' END,
		'_type', 'applicationApiToken',
		'_links', CASE WHEN links THEN creel.token_links(
			c.application_id, c.id) END));

-- Where an application is on the web.
CREATE FUNCTION creel.application_links(id text) RETURNS json
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_build_object(
		'applications', json_build_object('href', '/applications'),
		'applicationApiTokens', json_build_object(
			'href', '/applications/' || id || '/tokens'),
		'webhooks', json_build_object(
			'href', '/applications/' || id || '/webhooks'),
		'self', json_build_object('href', '/applications/' || id));

-- An application as Losant's clients read it.
CREATE FUNCTION creel.application_json(a creel.application, organization text,
		links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', a.id,
		'applicationId', a.id,
		'creationDate', creel.iso(a.created_at),
		'lastUpdated', creel.iso(a.updated_at),
		'ownerId', a.organization_id,
		'ownerType', CASE WHEN a.organization_id IS NOT NULL
			THEN 'organization' END,
		'organizationName', organization,
		'name', a.name,
		'description', nullif(a.description, ''),
		'_type', 'application',
		'_links', CASE WHEN links
			THEN creel.application_links(a.id) END));
