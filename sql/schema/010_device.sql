-- Devices: pages of them, what each is to do, and what became of it.

-- How many devices an application has, as creel.hook_count tells of hooks.
CREATE TABLE creel.device_count (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	slot int NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (application_id, slot)
);

CREATE FUNCTION creel.count_devices() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO creel.device_count AS c
	SELECT d.application_id, pg_backend_pid() % 16,
		CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
	FROM changed d
	JOIN creel.application a ON a.id = d.application_id
	GROUP BY 1
	ORDER BY 1
	ON CONFLICT (application_id, slot)
		DO UPDATE SET n = c.n + excluded.n;
	RETURN NULL;
END
$$;
CREATE TRIGGER count_insert AFTER INSERT ON creel.device
	REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_devices();
CREATE TRIGGER count_delete AFTER DELETE ON creel.device
	REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_devices();

CREATE FUNCTION creel.count_no_devices() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM creel.device_count;
	RETURN NULL;
END
$$;
CREATE TRIGGER count_truncate AFTER TRUNCATE ON creel.device
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_no_devices();

CREATE INDEX device_group_by_name ON creel.device_group
	(application_id, (name COLLATE "C"), id);

-- Where a device, or all of them (id null), is on the web; and a group.
CREATE FUNCTION creel.device_links(application text, id text) RETURNS json
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		'devices', CASE WHEN id IS NOT NULL THEN json_build_object(
			'href', '/applications/' || application
				|| '/devices') END,
		'self', json_build_object(
			'href', '/applications/' || application || '/devices'
				|| coalesce('/' || id, ''))));

CREATE FUNCTION creel.group_links(application text, id text) RETURNS json
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		'deviceGroups', CASE WHEN id IS NOT NULL
			THEN json_build_object('href', '/applications/'
				|| application || '/device-groups') END,
		'self', json_build_object(
			'href', '/applications/' || application
				|| '/device-groups' || coalesce('/' || id,
				''))));

-- A device as clients read it; nobody has its key any more.
CREATE FUNCTION creel.device_json(d creel.device, c creel.credential,
		links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', d.id,
		'deviceId', d.id,
		'applicationId', d.application_id,
		'creationDate', creel.iso(d.created_at),
		'lastUpdated', creel.iso(d.updated_at),
		'name', d.name,
		'description', nullif(d.description, ''),
		'tags', ARRAY(SELECT substr(m.key, 5)
			FROM creel.device_member m
			WHERE m.application_id = d.application_id
				AND m.device_id = d.id AND m.key LIKE 'tag:%'
			ORDER BY m.key),
		'deviceGroupIds', ARRAY(SELECT m.key
			FROM creel.device_member m
			WHERE m.application_id = d.application_id
				AND m.device_id = d.id
				AND m.key NOT LIKE 'tag:%'
			ORDER BY m.key),
		'enabled', c.enabled,
		'keyPrefix', c.prefix,
		'lastSeen', creel.iso(d.last_seen_at),
		'_type', 'device',
		'_links', CASE WHEN links THEN creel.device_links(
			d.application_id, d.id) END));

CREATE FUNCTION creel.device_show(application text, device text,
		links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT creel.device_json(d, c, links)
		FROM creel.device d
		JOIN creel.credential c ON c.application_id = d.application_id
			AND c.id = d.id
		WHERE d.application_id = application AND d.id = device);

-- Makes one; the hash (in hex) and the prefix are those of its key.  Made
-- again, it is the same one.  It hears of what comes from now on.
CREATE FUNCTION creel.device_create(application text, device text,
		hash text, key_prefix text, name text, description text,
		tags text[], enabled boolean, creator text, links boolean)
	RETURNS json LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM creel.application a WHERE a.id = application
		FOR KEY SHARE;
	INSERT INTO creel.device (application_id, id, name, description,
		cursor_transaction_id, cursor_event_id)
	VALUES (application, device, name, coalesce(description, ''),
		pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
		creel.day_floor(now()))
	ON CONFLICT DO NOTHING;
	INSERT INTO creel.credential (application_id, id, kind, name, prefix,
		secret_sha256, scopes, enabled, creator)
	VALUES (application, device, 'device', name, key_prefix,
		decode(hash, 'hex'),
		'{commands.get,receipts.post,datasource.get}',
		coalesce(enabled, true), creator)
	ON CONFLICT DO NOTHING;
	INSERT INTO creel.address (kind, handle, application_id, target_id)
	VALUES ('key', hash, application, device)
	ON CONFLICT DO NOTHING;
	INSERT INTO creel.device_member (application_id, key, device_id)
	SELECT application, 'tag:' || t.tag, device
	FROM unnest(tags) AS t (tag)
	ON CONFLICT DO NOTHING;
	RETURN creel.device_show(application, device, links);
END
$$;

-- Changes what is not null; null: no such device.  What is set to what it was
-- is no change.  A tag that it keeps is as old as before.
CREATE FUNCTION creel.device_patch(application text, device text,
		new_name text, new_description text, new_tags text[],
		new_enabled boolean, links boolean)
	RETURNS json LANGUAGE plpgsql AS $$
DECLARE
	d creel.device;
	changed bigint := 0;
	n bigint;
BEGIN
	SELECT o.* INTO d FROM creel.device o
	WHERE o.application_id = application AND o.id = device
	FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	IF new_tags IS NOT NULL THEN
		DELETE FROM creel.device_member m
		WHERE m.application_id = application AND m.device_id = device
			AND m.key LIKE 'tag:%'
			AND substr(m.key, 5) <> ALL (new_tags);
		GET DIAGNOSTICS changed = ROW_COUNT;
		INSERT INTO creel.device_member (application_id, key,
			device_id)
		SELECT application, 'tag:' || t.tag, device
		FROM unnest(new_tags) AS t (tag)
		ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS n = ROW_COUNT;
		changed := changed + n;
	END IF;
	UPDATE creel.credential AS c
	SET enabled = coalesce(new_enabled, c.enabled),
		name = coalesce(new_name, c.name)
	WHERE c.application_id = application AND c.id = device
		AND (c.enabled, c.name) IS DISTINCT FROM
			(coalesce(new_enabled, c.enabled),
			coalesce(new_name, c.name));
	GET DIAGNOSTICS n = ROW_COUNT;
	IF changed + n > 0 OR d.description
			<> coalesce(new_description, d.description) THEN
		UPDATE creel.device AS o
		SET name = coalesce(new_name, o.name),
			description = coalesce(new_description, o.description),
			updated_at = clock_timestamp()
		WHERE o.application_id = application AND o.id = device;
	END IF;
	RETURN creel.device_show(application, device, links);
END
$$;

-- The ids on a page of an application's devices, of all or of those that
-- answer to a key.  Ids come from an index alone where they can, however many
-- are passed over.
CREATE FUNCTION creel.device_page(application text, wanted text,
		sort_field text, direction text, skip bigint, size int,
		pattern text)
	RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY EXECUTE format(CASE
		WHEN wanted IS NULL THEN
			'SELECT d.id::text FROM creel.device d
			WHERE d.application_id = $1
				AND ($2 IS NULL OR d.name ILIKE $2)
			ORDER BY %1$s d.id %2$s LIMIT $3 OFFSET $4'
		WHEN sort_field = 'name' THEN
			'SELECT d.id::text FROM creel.device_member m
			JOIN creel.device d
				ON d.application_id = m.application_id
				AND d.id = m.device_id
			WHERE m.application_id = $1 AND m.key = $5
			ORDER BY %1$s d.id %2$s LIMIT $3 OFFSET $4'
		ELSE
			'SELECT m.device_id::text FROM creel.device_member m
			WHERE m.application_id = $1 AND m.key = $5
			ORDER BY m.device_id %2$s LIMIT $3 OFFSET $4' END,
		CASE sort_field WHEN 'name' THEN 'd.name COLLATE "C" '
			|| CASE direction WHEN 'desc' THEN 'DESC,'
			ELSE 'ASC,' END ELSE '' END,
		CASE direction WHEN 'desc' THEN 'DESC' ELSE 'ASC' END)
		USING application, pattern, size, skip, wanted;
END
$$;

-- A group as clients read it; whole: with how many devices it has.
CREATE FUNCTION creel.group_json(g creel.device_group, whole boolean,
		links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', g.id,
		'deviceGroupId', g.id,
		'applicationId', g.application_id,
		'creationDate', creel.iso(g.created_at),
		'lastUpdated', creel.iso(g.updated_at),
		'name', g.name,
		'description', nullif(g.description, ''),
		'deviceCount', CASE WHEN whole THEN (SELECT count(*)
			FROM creel.device_member m
			WHERE m.application_id = g.application_id
				AND m.key = g.id) END,
		'_type', 'deviceGroup',
		'_links', CASE WHEN links THEN creel.group_links(
			g.application_id, g.id) END));

-- What keeps devices from being added to a group, or null.  They are locked
-- until the end of the transaction, in one
-- order, so that none gets into too many groups at the same time.
CREATE FUNCTION creel.group_refuses(application text, grp text,
		devices text[])
	RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	most constant int := 100;
	wrong text;
BEGIN
	PERFORM FROM creel.device d
	WHERE d.application_id = application AND d.id = ANY (devices)
	ORDER BY d.id FOR NO KEY UPDATE;
	SELECT 'there is no device ' || u.id INTO wrong FROM unnest(devices) AS u (id)
	WHERE NOT EXISTS (SELECT FROM creel.device d
		WHERE d.application_id = application AND d.id = u.id)
	LIMIT 1;
	IF wrong IS NOT NULL THEN
		RETURN wrong;
	END IF;
	SELECT format('device %s is in too many groups', m.device_id)
	INTO wrong
	FROM creel.device_member m
	WHERE m.application_id = application AND m.device_id = ANY (devices)
		AND m.key <> grp AND m.key NOT LIKE 'tag:%'
	GROUP BY m.device_id
	HAVING count(*) >= most
	LIMIT 1;
	RETURN wrong;
END
$$;

-- Makes or changes a group: what is not null.  devices are all that it is to
-- have.  whole is null: no such group, or wrong tells what is (as above); then
-- nothing is done.
CREATE FUNCTION creel.group_store(application text, grp text, is_new boolean,
		new_name text, new_description text, devices text[],
		add text[], remove text[], links boolean,
		OUT whole json, OUT wrong text)
	LANGUAGE plpgsql AS $$
DECLARE
	g creel.device_group;
	changed bigint := 0;
	n bigint;
BEGIN
	PERFORM FROM creel.application a WHERE a.id = application
		FOR KEY SHARE;
	SELECT o.* INTO g FROM creel.device_group o
	WHERE o.application_id = application AND o.id = grp FOR UPDATE;
	IF NOT FOUND AND NOT is_new THEN
		RETURN;
	END IF;
	wrong := creel.group_refuses(application, grp, devices || add);
	IF wrong IS NOT NULL THEN
		RETURN;
	END IF;
	INSERT INTO creel.device_group (application_id, id, name, description)
	SELECT application, grp, new_name, coalesce(new_description, '')
	WHERE is_new
	ON CONFLICT DO NOTHING;
	DELETE FROM creel.device_member m
	WHERE m.application_id = application AND m.key = grp
		AND (m.device_id <> ALL (devices)
			OR m.device_id = ANY (remove));
	GET DIAGNOSTICS changed = ROW_COUNT;
	INSERT INTO creel.device_member (application_id, key, device_id)
	SELECT application, grp, u.id FROM unnest(devices || add) AS u (id)
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	UPDATE creel.device_group AS o
	SET name = coalesce(new_name, o.name),
		description = coalesce(new_description, o.description),
		updated_at = clock_timestamp()
	WHERE o.application_id = application AND o.id = grp AND NOT is_new
		AND (changed + n > 0 OR (o.name, o.description)
			IS DISTINCT FROM (coalesce(new_name, o.name),
			coalesce(new_description, o.description)));
	SELECT creel.group_json(o, true, links) INTO whole
	FROM creel.device_group o
	WHERE o.application_id = application AND o.id = grp;
END
$$;

-- Whether there was one.  Who adds devices meanwhile comes before, or finds
-- no group.
CREATE FUNCTION creel.group_delete(application text, grp text)
	RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM FROM creel.application a WHERE a.id = application
		FOR KEY SHARE;
	PERFORM FROM creel.device_group g
	WHERE g.application_id = application AND g.id = grp FOR UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	DELETE FROM creel.device_member m
	WHERE m.application_id = application AND m.key = grp;
	DELETE FROM creel.device_group g
	WHERE g.application_id = application AND g.id = grp;
	RETURN true;
END
$$;

-- As before, and which of these applications have events that address devices.
DROP FUNCTION creel.event_news(bigint, bigint);
CREATE FUNCTION creel.event_news(since bigint, until bigint)
	RETURNS TABLE (application text, commands boolean)
	LANGUAGE plpgsql STABLE ROWS 10
	SET enable_seqscan = off SET cpu_index_tuple_cost = 1
	SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	least_id constant uuid := creel.day_floor(now());
BEGIN
	IF since < until THEN
		RETURN QUERY SELECT e.application_id::text,
			bool_or(e.targets IS NOT NULL)
		FROM creel.event e
		WHERE e.id >= least_id AND e.transaction_id >= since
			AND e.transaction_id < until
		GROUP BY 1;
	END IF;
END
$$;

-- How long an action's commands are good.
CREATE FUNCTION creel.event_timeout(parsed json) RETURNS interval
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN make_interval(secs => coalesce(parsed->>'timeout',
		'3600')::double precision);

-- The commands of an event for who answers to these keys, in their order, and
-- how many there are.
CREATE FUNCTION creel.event_commands(event uuid, received timestamptz,
		parsed json, keys text[], OUT n bigint, OUT items json)
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT count(*), json_agg(json_build_object(
		'id', event || '.' || s.step,
		'eventId', parsed->'eventId',
		'function', s.is->'function',
		'parameters', coalesce(s.is->'parameters', '{}'),
		'sensorData', parsed->'sensorData',
		'time', creel.iso(received),
		'expires', creel.iso(received
			+ creel.event_timeout(parsed))) ORDER BY s.step)
	FROM json_array_elements(parsed->'steps')
		WITH ORDINALITY AS s ("is", step)
	WHERE EXISTS (
		SELECT FROM json_array_elements_text(s.is->'targets') AS t (key)
		WHERE t.key = ANY (keys));
END;

-- Events that address anybody, behind a cursor and below a transaction, oldest
-- first: some thousand, so that no look takes long.  parsed is null where none
-- of the keys is meant.  The index of such events is the one to go by, whatever
-- is known of the partitions.
CREATE FUNCTION creel.command_follow(application text, keys text[],
		since bigint, event uuid, until bigint, size int)
	RETURNS TABLE (transaction_id bigint, id uuid,
		received_at timestamptz, parsed json)
	LANGUAGE plpgsql STABLE ROWS 100
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	least_id constant uuid := creel.cursor_floor(event);
BEGIN
	RETURN QUERY SELECT e.transaction_id, e.id, e.received_at,
		CASE WHEN e.targets && keys THEN e.parsed END
	FROM creel.event e
	WHERE e.application_id = application AND e.targets IS NOT NULL
		AND e.id >= least_id AND e.transaction_id >= since
		AND e.transaction_id < until
		AND (e.transaction_id, e.id) > (since, event)
	ORDER BY e.transaction_id, e.id
	LIMIT size;
END
$$;

-- What is addressed to a device behind its cursor, up to the oldest transaction
-- that still runs: nothing that commits late is passed by.  size commands or a
-- few more, since those of an event come together, and about 4 MiB, but those
-- of one event at least.  The cursor stays where nothing was looked at, but for
-- one so old that it has old partitions looked into.
CREATE FUNCTION creel.command_page(application text, device text,
		since bigint, event uuid, size int,
		OUT n bigint, OUT items json, OUT last_transaction bigint,
		OUT last_event uuid, OUT more boolean)
	LANGUAGE plpgsql STABLE AS $$
DECLARE
	look constant int := 5000;
	oldest constant bigint :=
		pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
	next constant bigint := creel.next_transaction();
	keys text[];
	joined bigint[];
	gone bigint[];
	looked bigint;
BEGIN
	SELECT array_agg(k.key), array_agg(k.joined), array_agg(k.gone)
	INTO keys, joined, gone
	FROM creel.device_key k
	WHERE k.application_id = application AND k.device_id = device;
	WITH seen AS MATERIALIZED (
		SELECT f.*, row_number() OVER () AS i
		FROM creel.command_follow(application, keys, since, event,
			oldest, look) AS f
	), mine AS MATERIALIZED (
		SELECT s.i, c.n, c.items
		FROM (SELECT * FROM seen
			WHERE seen.parsed IS NOT NULL AND seen.received_at
				+ creel.event_timeout(seen.parsed) > now()
			ORDER BY seen.i) AS s
		CROSS JOIN LATERAL creel.event_commands(s.id, s.received_at,
			s.parsed, ARRAY(SELECT k.key
				FROM unnest(keys, joined, gone)
					AS k (key, joined, gone)
				WHERE creel.was_there(k.joined, k.gone,
					s.transaction_id, next))) AS c
		WHERE c.n > 0
		ORDER BY s.i
		LIMIT size + 1
	), summed AS MATERIALIZED (
		SELECT m.i, m.n, m.items::text AS items,
			row_number() OVER w AS place,
			sum(m.n) OVER w - m.n AS before,
			sum(octet_length(m.items::text)) OVER w AS weight
		FROM mine m
		WINDOW w AS (ORDER BY m.i)
	), taken AS MATERIALIZED (
		SELECT * FROM summed s
		WHERE s.place = 1 OR (s.before < size AND s.weight <= 4194304)
	), ends AS MATERIALIZED (
		SELECT c.*, c.found > c.taken AS is_cut,
			CASE WHEN c.found > c.taken THEN c.last ELSE c.looked
			END AS i
		FROM (SELECT (SELECT count(*) FROM seen) AS looked,
			(SELECT count(*) FROM mine) AS found,
			(SELECT count(*) FROM taken) AS taken,
			(SELECT max(t.i) FROM taken t) AS last) AS c
	)
	SELECT e.looked, (SELECT coalesce(sum(t.n), 0) FROM taken t),
		(SELECT coalesce('[' || string_agg(substr(t.items, 2,
			length(t.items) - 2), ', ' ORDER BY t.i) || ']', '[]')
			FROM taken t)::json,
		e.is_cut OR e.looked = look, s.transaction_id, s.id
	INTO looked, n, items, more, last_transaction, last_event
	FROM ends e
	LEFT JOIN seen s ON s.i = e.i;
	IF looked > 0 THEN
		RETURN;
	END IF;
	last_transaction := since;
	last_event := event;
	IF oldest > since AND creel.cursor_floor(event)
			< creel.uuid_floor(now() - interval '25 hours') THEN
		last_transaction := oldest;
		last_event := creel.day_floor(now());
	END IF;
END
$$;

-- Every device that an event addressed, but for those that were deleted since:
-- one that failed at a step is failed, one that did all of its steps is done,
-- one that has read past the event or reported anything has fetched it, others
-- are pending; and when it last reported.  Steps are bits: there are 64 at most.
-- What is addressed, read and reported is not joined but put together: of rows
-- that have just come no plan knows how many there are.
CREATE FUNCTION creel.event_devices(application text, event uuid)
	RETURNS TABLE (device_id text, status text, reported_at timestamptz)
	LANGUAGE plpgsql STABLE ROWS 10000
	SET work_mem = '32MB' SET jit = off AS $$
DECLARE
	next constant bigint := creel.next_transaction();
	e record;
BEGIN
	SELECT o.transaction_id, o.parsed
	INTO e
	FROM creel.event o
	WHERE o.application_id = application AND o.id = event
		AND o.targets IS NOT NULL;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	RETURN QUERY WITH target AS MATERIALIZED (
		SELECT t.key, bit_or(1::bigint << (s.step - 1)::int) AS steps
		FROM json_array_elements(e.parsed->'steps')
			WITH ORDINALITY AS s ("is", step)
		CROSS JOIN LATERAL json_array_elements_text(s.is->'targets')
			AS t (key)
		GROUP BY t.key
	), said AS (
		SELECT d.id::text, t.steps, NULL::bigint AS done,
			NULL::bigint AS failed, NULL::timestamptz AS at,
			false AS past
		FROM target t
		JOIN creel.device d ON d.application_id = application
			AND creel.was_there(d.transaction_id, NULL,
				e.transaction_id, next)
		WHERE t.key = 'all'
		UNION ALL
		SELECT d.id::text, t.steps, NULL, NULL, NULL, false
		FROM target t
		JOIN creel.device d ON d.application_id = application
			AND d.id = t.key
			AND creel.was_there(d.transaction_id, NULL,
				e.transaction_id, next)
		UNION ALL
		SELECT m.device_id::text, t.steps, NULL, NULL, NULL, false
		FROM target t
		JOIN creel.device_member m ON m.application_id = application
			AND m.key = t.key
			AND creel.was_there(m.transaction_id, NULL,
				e.transaction_id, next)
		UNION ALL
		SELECT l.device_id::text, t.steps, NULL, NULL, NULL, false
		FROM target t
		JOIN creel.device_left l ON l.application_id = application
			AND l.key = t.key
			AND creel.was_there(l.joined, l.gone,
				e.transaction_id, next)
		UNION ALL
		SELECT d.id::text, NULL, NULL, NULL, NULL, true
		FROM creel.device d
		WHERE d.application_id = application
			AND (d.cursor_transaction_id, d.cursor_event_id)
				>= (e.transaction_id, event)
		UNION ALL
		SELECT r.device_id::text, NULL,
			CASE r.status WHEN 'done' THEN b.is END,
			CASE r.status WHEN 'failed' THEN b.is END,
			r.received_at, NULL
		FROM creel.receipt r
		CROSS JOIN LATERAL (SELECT 1::bigint << (r.step - 1)) AS b ("is")
		WHERE r.application_id = application AND r.event_id = event
	)
	SELECT a.id, CASE
			WHEN a.failed & a.steps <> 0 THEN 'failed'
			WHEN a.done & a.steps = a.steps THEN 'done'
			WHEN a.past OR a.at IS NOT NULL THEN 'fetched'
			ELSE 'pending' END, a.at
	FROM (SELECT s.id, bit_or(s.steps) AS steps, bit_or(s.done) AS done,
			bit_or(s.failed) AS failed, max(s.at) AS at,
			bool_or(s.past) AS past
		FROM said s
		GROUP BY s.id) AS a
	WHERE a.steps IS NOT NULL;
END
$$;

-- What became of an event that addresses devices.
CREATE FUNCTION creel.event_outcome(application text, event uuid,
		received timestamptz, timeout interval)
	RETURNS json LANGUAGE sql STABLE
	RETURN (SELECT json_build_object(
		'status', CASE WHEN n.done + n.failed = n.addressed
				THEN 'complete'
			WHEN received + timeout <= now() THEN 'expired'
			ELSE 'pending' END,
		'completedAt', creel.iso(CASE
			WHEN n.done + n.failed = n.addressed
				THEN coalesce(n.latest, received)
			WHEN received + timeout <= now()
				THEN received + timeout END),
		'devices', json_build_object(
			'addressed', n.addressed,
			'fetched', n.fetched,
			'done', n.done,
			'failed', n.failed))
		FROM (SELECT count(*) AS addressed,
			count(*) FILTER (WHERE d.status <> 'pending')
				AS fetched,
			count(*) FILTER (WHERE d.status = 'done') AS done,
			count(*) FILTER (WHERE d.status = 'failed') AS failed,
			max(d.reported_at) AS latest
			FROM creel.event_devices(application, event) AS d)
			AS n);

-- Those of them behind one device, and why what failed did.
CREATE FUNCTION creel.event_device_page(application text, event uuid,
		wanted text, behind text, size int)
	RETURNS TABLE (device_id text, item json) LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT p.device_id, json_strip_nulls(json_build_object(
		'deviceId', p.device_id,
		'name', d.name,
		'status', p.status,
		'reason', nullif(f.reason, ''),
		'time', creel.iso(p.reported_at)))
	FROM (SELECT s.*
		FROM creel.event_devices(application, event) AS s
		WHERE (wanted IS NULL OR s.status = wanted)
			AND s.device_id COLLATE "C" > coalesce(behind, '')
		ORDER BY s.device_id COLLATE "C"
		LIMIT size) AS p
	JOIN creel.device d ON d.application_id = application
		AND d.id = p.device_id
	LEFT JOIN LATERAL (
		SELECT r.reason
		FROM creel.receipt r
		WHERE r.application_id = application AND r.event_id = event
			AND r.device_id = p.device_id AND r.status = 'failed'
		ORDER BY r.step
		LIMIT 1) AS f ON true
	ORDER BY p.device_id COLLATE "C";
END;

-- As before, and receipts go with their events, and so does what events of
-- their time are the last to ask for.
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
	DELETE FROM creel.receipt WHERE event_id < oldest;
	DELETE FROM creel.device_left
	WHERE left_at < now() - make_interval(days => retention);
	FOR part IN SELECT p.name FROM creel.event_partition p
			WHERE p.ends <= oldest ORDER BY p.ends LIMIT 1 LOOP
		EXECUTE format('DROP TABLE creel.%I', part);
		RETURN NEXT part;
	END LOOP;
END
$$;
