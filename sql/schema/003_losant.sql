-- What Losant's door needs beyond the base.

-- What a body stands for that is neither JSON nor text (a form, a file): read
-- when it came, by the hook's settings of that moment.
ALTER TABLE creel.event ADD parsed json;

-- Webhooks are listed a page at a time, in each of these orders.
CREATE INDEX hook_by_name ON creel.hook
	(application_id, kind, (name COLLATE "C"), id);
CREATE INDEX hook_by_created_at ON creel.hook
	(application_id, kind, created_at, id);
CREATE INDEX hook_by_updated_at ON creel.hook
	(application_id, kind, updated_at, id);

-- The first reply to a call that waits for one; it goes with the event.
CREATE TABLE creel.reply (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	event_id uuid NOT NULL,
	id uuid NOT NULL,
	status int NOT NULL CHECK (status BETWEEN 200 AND 599),
	headers text NOT NULL,
	body bytea NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, event_id)
);

-- As before, and replies go with their events.
CREATE OR REPLACE FUNCTION creel.retain(retention int)
	RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	oldest constant uuid := creel.uuid_floor(now()
		- make_interval(days => retention));
	part text;
BEGIN
	PERFORM set_config('lock_timeout', '500ms', true);
	DELETE FROM creel.event_default WHERE id < oldest;
	DELETE FROM creel.dedupe WHERE event_id < oldest;
	DELETE FROM creel.reply WHERE event_id < oldest;
	FOR part IN SELECT p.name FROM creel.event_partition p
			WHERE p.ends <= oldest ORDER BY p.ends LIMIT 1 LOOP
		EXECUTE format('DROP TABLE creel.%I', part);
		RETURN NEXT part;
	END LOOP;
END
$$;

-- A piece of a query string, decoded; as it came where that gives no text.
CREATE FUNCTION creel.url_decode(text) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	bytes bytea;
BEGIN
	SELECT string_agg(CASE WHEN m[1] ~ '^%[0-9A-Fa-f]{2}$'
		THEN decode(substr(m[1], 2), 'hex')
		ELSE convert_to(m[1], 'UTF8') END, '' ORDER BY n)
	INTO bytes
	FROM regexp_matches(replace($1, '+', ' '),
		'%[0-9A-Fa-f]{2}|[^%]+|%', 'g') WITH ORDINALITY AS p (m, n);
	RETURN coalesce(convert_from(bytes, 'UTF8'), '');
EXCEPTION
	WHEN character_not_in_repertoire OR untranslatable_character THEN
		RETURN $1;
END
$$;

-- A query string as an object: a name that comes again is an array.
CREATE FUNCTION creel.query_json(text) RETURNS json
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN (SELECT coalesce(json_object_agg(g.name,
			CASE WHEN g.many THEN to_json(g.vals)
			ELSE to_json(g.vals[1]) END ORDER BY g.first), '{}')
		FROM (SELECT p.name, array_agg(p.val ORDER BY p.n) AS vals,
				count(*) > 1 AS many, min(p.n) AS first
			FROM (SELECT creel.url_decode(split_part(s.piece, '=',
					1)) AS name,
					creel.url_decode(substr(s.piece,
					strpos(s.piece || '=', '=') + 1))
					AS val, s.n
				FROM string_to_table($1, '&')
					WITH ORDINALITY AS s (piece, n)
				WHERE s.piece <> '') AS p
			GROUP BY p.name) AS g);

-- A body that says it is JSON, and is; else null.  json takes what jsonb does
-- not: U+0000, and numbers of any size.
CREATE FUNCTION creel.body_as_json(content_type text, body bytea) RETURNS json
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	IF coalesce(content_type, '') !~*
		'^(application/json|[^;]+\+json)[ \t]*(;|$)' THEN
		RETURN NULL;
	END IF;
	RETURN convert_from(body, 'UTF8')::json;
EXCEPTION
	WHEN data_exception OR program_limit_exceeded
		OR statement_too_complex THEN
		RETURN NULL;
END
$$;

-- Calls of webhooks as Losant's workflows get them, for programs that read with
-- SQL and for those that read over HTTP.  To follow it, read in the order of
-- (transaction_id, id), below the oldest transaction that is still running.
CREATE VIEW creel.webhook_event AS
	SELECT e.application_id, e.hook_id, e.id, e.transaction_id, e.status,
		json_build_object(
			'id', e.id,
			'time', creel.iso(e.received_at),
			'data', json_build_object(
				'body', CASE
					WHEN octet_length(e.body) = 0 THEN NULL
					ELSE coalesce(e.parsed,
						creel.body_as_json(
						e.content_type, e.body),
						to_json(creel.body_text(
						e.body))) END,
				'headers', e.headers || jsonb_build_object(
					'x-forwarded-for', e.remote_address),
				'method', lower(e.method),
				'path', e.path,
				'query', creel.query_json(e.query),
				'replyId', CASE WHEN h.settings
					->> 'waitForReply' = 'true'
					THEN e.hook_id || '.' || e.id END),
			'applicationId', e.application_id,
			'applicationName', a.name,
			'triggerId', e.hook_id,
			'triggerType', 'webhook',
			'relayId', '000000000000000000000000',
			'relayType', 'public',
			'globals', '{}'::json) AS payload
	FROM creel.event e
	JOIN creel.application a ON a.id = e.application_id
	JOIN creel.hook h ON h.application_id = e.application_id
		AND h.id = e.hook_id
	WHERE h.kind = 'webhook';
-- How many hooks of each kind an application has, so that a page can tell
-- without counting them all.  The sum over the slots is the number: a
-- connection counts in the slot of its process, so those that make hooks at
-- the same time seldom wait for each other.
CREATE TABLE creel.hook_count (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	kind text COLLATE "C" NOT NULL,
	slot int NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (application_id, kind, slot)
);
INSERT INTO creel.hook_count
	SELECT application_id, kind, 0, count(*) FROM creel.hook GROUP BY 1, 2;

-- It runs as its owner: nobody else writes there.  A hook keeps its kind and
-- its application.  When an application goes, its numbers go by themselves.
CREATE FUNCTION creel.count_hooks() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO creel.hook_count AS c
	SELECT h.application_id, h.kind, pg_backend_pid() % 16,
		CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
	FROM changed h
	JOIN creel.application a ON a.id = h.application_id
	GROUP BY 1, 2
	ORDER BY 1, 2
	ON CONFLICT (application_id, kind, slot)
		DO UPDATE SET n = c.n + excluded.n;
	RETURN NULL;
END
$$;
CREATE TRIGGER count_insert AFTER INSERT ON creel.hook
	REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_hooks();
CREATE TRIGGER count_delete AFTER DELETE ON creel.hook
	REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_hooks();

CREATE FUNCTION creel.count_no_hooks() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM creel.hook_count;
	RETURN NULL;
END
$$;
CREATE TRIGGER count_truncate AFTER TRUNCATE ON creel.hook
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_no_hooks();

-- A page of an application's webhooks.  Each order is one of an index, or its
-- reverse, which a statement with one ORDER BY for all could not use.
CREATE FUNCTION creel.webhook_page(application text, sort_field text,
		direction text, skip bigint, size int, pattern text,
		hook_ids text[])
	RETURNS SETOF creel.hook LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT h.* FROM creel.hook h
		WHERE h.application_id = $1 AND h.kind = ''webhook''
			AND ($2 IS NULL OR h.name ILIKE $2)
			AND ($3 IS NULL OR h.id = ANY ($3))
		ORDER BY %1$s %2$s, h.id %2$s LIMIT $4 OFFSET $5',
		CASE sort_field
			WHEN 'name' THEN 'h.name COLLATE "C"'
			WHEN 'creationDate' THEN 'h.created_at'
			WHEN 'lastUpdated' THEN 'h.updated_at'
			ELSE 'h.id' END,
		CASE direction WHEN 'desc' THEN 'DESC' ELSE 'ASC' END)
		USING application, pattern, hook_ids, size, skip;
END
$$;

-- Where a webhook, or all of them (id null), is on the web.
CREATE FUNCTION creel.webhook_links(application text, id text) RETURNS json
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		'webhooks', CASE WHEN id IS NOT NULL THEN json_build_object(
			'href', '/applications/' || application
				|| '/webhooks') END,
		'self', json_build_object(
			'href', '/applications/' || application || '/webhooks'
				|| coalesce('/' || id, ''))));

-- A webhook as Losant's clients read it.  What was never set is left out, but
-- for three properties.
CREATE FUNCTION creel.webhook_json(h creel.hook, links boolean) RETURNS json
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', h.id,
		'webhookId', h.id,
		'applicationId', h.application_id,
		'creationDate', creel.iso(h.created_at),
		'lastUpdated', creel.iso(h.updated_at),
		'name', h.name,
		'description', nullif(h.description, ''),
		'token', h.handle,
		'responseCode', coalesce(h.settings->'responseCode', '200'),
		'verificationType', h.settings->'verificationType',
		'verificationCode', h.settings->'verificationCode',
		'waitForReply', h.settings->'waitForReply',
		'basicAuthUsername', h.settings->'basicAuthUsername',
		'basicAuthPassword', h.settings->'basicAuthPassword',
		'isWebsocket', coalesce(h.settings->'isWebsocket', 'false'),
		'castBuffersAs', h.settings->'castBuffersAs',
		'annotateMultipart', h.settings->'annotateMultipart',
		'enabled', h.enabled,
		'_type', 'webhook',
		'_links', CASE WHEN links THEN creel.webhook_links(
			h.application_id, h.id) END));
