-- Actions: hooks of the kind action.  What one is called by is its event id,
-- which is its application's alone, so its address is "APPLICATION:EVENT".

-- A step's targets as keys (007_wallboard.sql).
CREATE FUNCTION creel.action_keys(targets jsonb) RETURNS text[]
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN (targets->'allDevices')::boolean THEN ARRAY['all']
		ELSE ARRAY(
			SELECT lower(d) FROM jsonb_array_elements_text(
				targets->'deviceIds') AS d
			UNION ALL
			SELECT lower(g) FROM jsonb_array_elements_text(
				targets->'deviceGroupIds') AS g
			UNION ALL
			SELECT 'tag:' || t FROM jsonb_array_elements_text(
				targets->'tags') AS t) END;

-- What a device gets as a step's parameters: a data source's path, where it
-- reads the current value, among them.
CREATE FUNCTION creel.action_parameters(application text, step jsonb)
	RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(step->'parameters', '{}') || coalesce((
		SELECT jsonb_build_object('path',
			'/hooks/incoming/' || h.handle)
		FROM creel.hook h
		WHERE h.application_id = application AND h.kind = 'datasource'
			AND h.id = lower(step->'parameters'->>'dataSourceId')),
		'{}');

-- An action's settings, and with them what a call of it stores: commands, the
-- steps as devices are told of them, and targets, all of their keys, as an
-- array's text.
CREATE FUNCTION creel.action_settings(application text, settings jsonb)
	RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
	RETURN settings || jsonb_build_object(
		'commands', (
			SELECT jsonb_agg(jsonb_build_object(
				'function', e.step->'function',
				'parameters', creel.action_parameters(
					application, e.step),
				'targets', creel.action_keys(
					e.step->'targets')) ORDER BY e.n)
			FROM jsonb_array_elements(settings->'steps')
				WITH ORDINALITY AS e (step, n)),
		'targets', (
			SELECT array_agg(DISTINCT k)::text
			FROM jsonb_array_elements(settings->'steps')
				AS e (step)
			CROSS JOIN LATERAL unnest(creel.action_keys(
				e.step->'targets')) AS k));

-- The first of the devices, groups and data sources that settings name which
-- the application does not have; null: there is none.
CREATE FUNCTION creel.action_missing(application text, settings jsonb)
	RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (
		SELECT format('steps[%s]: no %s "%s"', m.n - 1, m.what, m.id)
		FROM (
			SELECT e.n, 1, i.n, 'device', i.id
			FROM jsonb_array_elements(settings->'steps')
				WITH ORDINALITY AS e (step, n)
			CROSS JOIN LATERAL jsonb_array_elements_text(
				e.step->'targets'->'deviceIds')
				WITH ORDINALITY AS i (id, n)
			WHERE NOT EXISTS (
				SELECT FROM creel.device d
				WHERE d.application_id = application
					AND d.id = lower(i.id))
			UNION ALL
			SELECT e.n, 2, i.n, 'device group', i.id
			FROM jsonb_array_elements(settings->'steps')
				WITH ORDINALITY AS e (step, n)
			CROSS JOIN LATERAL jsonb_array_elements_text(
				e.step->'targets'->'deviceGroupIds')
				WITH ORDINALITY AS i (id, n)
			WHERE NOT EXISTS (
				SELECT FROM creel.device_group g
				WHERE g.application_id = application
					AND g.id = lower(i.id))
			UNION ALL
			SELECT e.n, 3, 1, 'data source',
				e.step->'parameters'->>'dataSourceId'
			FROM jsonb_array_elements(settings->'steps')
				WITH ORDINALITY AS e (step, n)
			WHERE e.step->'parameters' ? 'dataSourceId'
				AND NOT EXISTS (
				SELECT FROM creel.hook h
				WHERE h.application_id = application
					AND h.kind = 'datasource'
					AND h.id = lower(e.step->'parameters'
						->>'dataSourceId'))
		) AS m (n, part, place, what, id)
		ORDER BY m.n, m.part, m.place
		LIMIT 1);

-- Where a hook of a kind, or all of them (id null), is on the web.
CREATE FUNCTION creel.hook_links(application text, kind text, id text)
	RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		kind || 's', CASE WHEN id IS NOT NULL THEN json_build_object(
			'href', '/applications/' || application
				|| '/' || kind || 's') END,
		'self', json_build_object(
			'href', '/applications/' || application || '/' || kind
				|| 's' || coalesce('/' || id, ''))));
CREATE OR REPLACE FUNCTION creel.webhook_links(application text, id text)
	RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN creel.hook_links(application, 'webhook', id);
CREATE OR REPLACE FUNCTION creel.form_links(application text, id text)
	RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN creel.hook_links(application, 'form', id);

-- An action as clients read it.
CREATE FUNCTION creel.action_json(h creel.hook, links boolean) RETURNS json
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', h.id,
		'actionId', h.id,
		'applicationId', h.application_id,
		'creationDate', creel.iso(h.created_at),
		'lastUpdated', creel.iso(h.updated_at),
		'name', h.name,
		'description', nullif(h.description, ''),
		'eventId', h.handle,
		'timeout', h.settings->'timeout',
		'steps', h.settings->'steps',
		'enabled', h.enabled,
		'_type', 'action',
		'_links', CASE WHEN links THEN creel.hook_links(
			h.application_id, h.kind, h.id) END));

-- A hook as clients read it, if its kind is a resource.
CREATE FUNCTION creel.hook_json(h creel.hook, links boolean) RETURNS json
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE h.kind
		WHEN 'webhook' THEN creel.webhook_json(h, links)
		WHEN 'form' THEN creel.form_json(h, links)
		WHEN 'action' THEN creel.action_json(h, links) END;
