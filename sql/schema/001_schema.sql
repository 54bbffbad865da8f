-- SPDX-License-Identifier: ISC
-- The schema, by object: common functions, tenants, hooks, credentials, events,
-- readers of the log, forms, devices, actions.  Functions in SQL need what they
-- use to exist, so devices come before the actions that target them.  The
-- primary key of every tenant's table but the log begins with application_id.
--
-- Row level security lets a worker's statement reach the rows of one application,
-- that of the setting creel.application (sql/grants.sql).  What has to reach those
-- of others is a function that runs as the owner (SECURITY DEFINER), that only
-- the workers' role may execute, and that returns nothing without the address or
-- the applications that it is called for.


-- Common: types, dates, UUIDv7 and notifications.

CREATE DOMAIN creel.object_id AS text COLLATE "C"
	CHECK (VALUE ~ '^[0-9a-f]{24}$');

-- Formats a timestamp as clients read it: UTC, three fractional digits, Z.
CREATE FUNCTION creel.iso(timestamptz) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- Returns the smallest UUIDv7 of a timestamp.
CREATE FUNCTION creel.uuid_floor(timestamptz) RETURNS uuid
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN (lpad(to_hex(floor(extract(epoch FROM $1) * 1000)::bigint),
		12, '0') || repeat('0', 20))::uuid;

-- Returns the nil UUID, which is below the id of any event: a cursor with it
-- continues with the first event of its position.
CREATE FUNCTION creel.nil_uuid() RETURNS uuid
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN '00000000-0000-0000-0000-000000000000'::uuid;

-- Returns the highest UUID, which no event has.
CREATE FUNCTION creel.last_uuid() RETURNS uuid
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;

-- Returns the timestamp of a UUIDv7.
CREATE FUNCTION creel.uuid_time(uuid) RETURNS timestamptz
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN to_timestamp((('x' || left(replace($1::text, '-', ''), 12))
		::bit(48)::bigint)::numeric / 1000);

-- Workers cache the rows that they look up.  Triggers report changes to these
-- on the channel creel: "KIND KEY", the kind and handle of an address,
-- "application ID", or "*" for everything.  PostgreSQL delivers notifications
-- after the commit, and equal ones of a transaction once.
CREATE FUNCTION creel.notify(kind text, key text) RETURNS void
	LANGUAGE sql
	-- A payload has at most 8000 bytes; a longer key must not fail.
	RETURN pg_notify('creel', CASE WHEN octet_length(key) < 7000
		THEN kind || ' ' || key ELSE '*' END);

CREATE FUNCTION creel.notify_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('creel', '*');
	RETURN NULL;
END
$$;

-- Returns the path of a collection, which is named by its link.
CREATE FUNCTION creel.collection_path(application text, collection text)
	RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN '/applications/' || application || '/' || CASE collection
		WHEN 'apiKeys' THEN 'api-keys'
		WHEN 'applicationApiTokens' THEN 'tokens'
		WHEN 'deviceGroups' THEN 'device-groups'
		ELSE collection END;

-- Returns the _links of a member of a collection, or of the collection itself
-- (id null).  An expression only, so that the planner can inline it.
CREATE FUNCTION creel.links(application text, collection text, id text)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		collection, CASE WHEN id IS NOT NULL THEN json_build_object(
			'href', creel.collection_path(application, collection))
			END,
		'self', json_build_object(
			'href', creel.collection_path(application, collection)
				|| coalesce('/' || id, ''))));


-- Order of the log: positions, which readers follow.  A position is a time in
-- microseconds, of a batch of events or of a change of devices' keys.
-- HACKING.md proves that no reader skips or repeats an event.

-- Its last value is the highest position that was assigned: unlike a row, all
-- sessions see it at once, and it is not rolled back.
CREATE SEQUENCE creel.position;

-- Its last value is by how many microseconds a position was ahead of the time
-- when its event was received, at most, if that was more than an hour: the clock
-- of the database was ahead of a worker's, or stepped back.
CREATE SEQUENCE creel.position_lead;

-- Returns the server's clock as a position.
CREATE FUNCTION creel.clock() RETURNS bigint LANGUAGE sql
	RETURN (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;

-- Returns the highest position that was assigned.  Not by a query of the
-- sequence, which takes ten times as long.
CREATE FUNCTION creel.highest_position() RETURNS bigint LANGUAGE sql
	RETURN coalesce(pg_sequence_last_value('creel.position'), 0);

-- Returns the value of the sequence.  In PL/pgSQL, because the nodes of a
-- distributed log have the function but not the sequence.
CREATE FUNCTION creel.position_lead() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN coalesce(pg_sequence_last_value('creel.position_lead'), 0);
END
$$;

-- Takes a shared lock until the transaction ends, that names a position above the
-- highest one.  The key has 48 bits for the position, enough for a multiple of 16.
-- Tries again if others were assigned that position meanwhile, which readers may
-- have read: they would not find it for a while.
CREATE FUNCTION creel.name_position() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	name bigint;
BEGIN
	LOOP
		BEGIN
			name := greatest(creel.clock(),
				creel.highest_position()) / 16 + 1;
			PERFORM pg_advisory_xact_lock_shared(
				x'4352'::bigint << 48 | name);
			IF creel.highest_position() < name * 16 THEN
				PERFORM set_config('creel.named',
					(name * 16)::text, true);
				RETURN;
			END IF;
			RAISE SQLSTATE 'CREEL';
		EXCEPTION
			WHEN SQLSTATE 'CREEL' THEN
				NULL;
		END;
	END LOOP;
END
$$;

-- Returns a new position, the highest one, for what the current transaction
-- writes; received: when the first of its events was received.  Until the
-- transaction has ended, a lock names a position that is not above its own:
-- readers stop there (creel.horizon()).  The transaction holds that lock before
-- others can read its position, and once: creel.named ends with the transaction
-- as the lock does.  One transaction at a time assigns a position; that lock is
-- released with the subtransaction, also after an error.
CREATE FUNCTION creel.next_position(received timestamptz DEFAULT NULL)
	RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	hour constant bigint := 3600000000;
	assigned bigint;
	lead bigint;
BEGIN
	IF coalesce(current_setting('creel.named', true), '') = '' THEN
		PERFORM creel.name_position();
	END IF;
	BEGIN
		PERFORM pg_advisory_xact_lock(hashtext('creel.position'));
		assigned := greatest(current_setting('creel.named')::bigint,
			creel.clock(), creel.highest_position() + 1);
		lead := assigned - extract(epoch FROM received) * 1000000;
		IF lead > hour AND lead > creel.position_lead() THEN
			PERFORM setval('creel.position_lead', lead);
		END IF;
		PERFORM setval('creel.position', assigned);
		RAISE SQLSTATE 'CREEL';
	EXCEPTION
		WHEN SQLSTATE 'CREEL' THEN
			NULL;
	END;
	RETURN assigned;
END
$$;

-- The locks of transactions that were assigned positions, not below this one.  A
-- prepared transaction has no pid.
CREATE VIEW creel.position_lock AS
	SELECT l.pid, l.virtualtransaction,
		((l.classid::bigint & 65535) << 32 | l.objid::bigint) * 16
			AS position
	FROM pg_locks AS l
	WHERE l.locktype = 'advisory' AND l.objsubid = 1
		AND l.classid::bigint >> 16 = x'4352'::bigint
		AND l.database = (SELECT d.oid FROM pg_database AS d
			WHERE d.datname = current_database());

-- Returns the smallest id that an event at or behind a position can have: that of
-- a day before, or more after a time with a wrong clock.
CREATE FUNCTION creel.position_floor(at bigint) RETURNS uuid LANGUAGE sql
	RETURN creel.uuid_floor(to_timestamp(greatest(0, at / 1000000 - 86400
		- creel.position_lead() / 1000000)));

-- Raises the highest position to a minimum (null: none).  In a transaction of
-- its own, because until that ends no position is assigned.
CREATE FUNCTION creel.raise_position(minimum bigint) RETURNS void
	LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('creel.position'));
	PERFORM setval('creel.position', minimum)
	WHERE minimum > creel.highest_position();
END
$$;

-- Returns null: the log is in this database, where locks name the batches that
-- are under way.  creel.distribute() replaces it with creel.node_horizon().
CREATE FUNCTION creel.remote_horizon(application text) RETURNS bigint
	LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN NULL::bigint;

-- Returns whether the log is distributed.  creel.distribute() replaces it.
CREATE FUNCTION creel.log_distributed() RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN false;

-- Returns the position below which readers may read, newest + 1 at most: what is
-- below it is visible to later snapshots, or was rolled back.  newest must be a
-- position that was assigned before the call, for example the highest one.  A
-- later statement than this one must read the rows.  application: the only one
-- of which the reader reads events, or null.
CREATE FUNCTION creel.horizon(newest bigint, application text DEFAULT NULL)
	RETURNS bigint
	LANGUAGE plpgsql AS $$
DECLARE
	oldest bigint;
BEGIN
	IF pg_is_in_recovery() OR current_setting('transaction_isolation')
			NOT IN ('read committed', 'read uncommitted') THEN
		RAISE object_not_in_prerequisite_state USING MESSAGE =
			'the log can be followed on the primary only, in '
			'transactions that are read committed';
	END IF;
	SELECT min(l.position) INTO oldest FROM creel.position_lock AS l;
	RETURN least(newest + 1, oldest, creel.remote_horizon(application));
END
$$;


-- Tenants: applications own everything else; organizations group applications.

-- The names of quotas: src/base/quota.def.
CREATE FUNCTION creel.quota_names() RETURNS text[] LANGUAGE sql IMMUTABLE
	RETURN '{callsPerSecond,burst,callsPerDay,storedBytes,hooks,devices}'
		::text[];

-- Returns whether an object contains quotas alone, each a whole number, and no
-- rate or burst of 0, with which workers could not calculate.
CREATE FUNCTION creel.is_quotas(quotas jsonb) RETURNS boolean
	LANGUAGE sql IMMUTABLE
	RETURN jsonb_typeof(quotas) = 'object'
		AND quotas - creel.quota_names() = '{}'
		AND NOT jsonb_path_exists(quotas, '$.* ? (@.type() != "number"
			|| @ < 0 || @ > 9007199254740991 || @.floor() != @)')
		AND NOT jsonb_path_exists(quotas, '$.callsPerSecond ? (@ == 0)')
		AND NOT jsonb_path_exists(quotas, '$.burst ? (@ == 0)');

CREATE TABLE creel.organization (
	id creel.object_id PRIMARY KEY,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	quotas jsonb NOT NULL DEFAULT '{}' CHECK (creel.is_quotas(quotas)),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE creel.application (
	id creel.object_id PRIMARY KEY,
	organization_id creel.object_id REFERENCES creel.organization,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	description text NOT NULL DEFAULT ''
		CHECK (length(description) <= 1024),
	quotas jsonb NOT NULL DEFAULT '{}' CHECK (creel.is_quotas(quotas)),
	-- Days until its events expire, and those that failed; 0: never, and as
	-- the others; null: as in creel.conf.
	retention_days int CHECK (retention_days BETWEEN 0 AND 36600),
	retention_failed_days int
		CHECK (retention_failed_days BETWEEN 0 AND 36600),
	-- Whether it has forms, or had some.
	forms boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX application_organization ON creel.application (organization_id);
-- Workers load those with quotas: most have none.
CREATE INDEX organization_quotas ON creel.organization (id)
	WHERE quotas <> '{}';
CREATE INDEX application_quotas ON creel.application (id)
	WHERE quotas <> '{}';
-- For statements that search the forms of an organization: most applications may
-- have none.
CREATE INDEX application_forms ON creel.application (organization_id, id)
	WHERE forms;

-- Reports an application that is created, deleted, or moved to another
-- organization.
CREATE FUNCTION creel.notify_application() RETURNS trigger
	LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		PERFORM creel.notify('application', OLD.id);
	END IF;
	IF TG_OP <> 'DELETE' THEN
		PERFORM creel.notify('application', NEW.id);
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER notify AFTER INSERT OR DELETE OR UPDATE OF id, organization_id
	ON creel.application FOR EACH ROW
	EXECUTE FUNCTION creel.notify_application();
CREATE TRIGGER notify_all AFTER TRUNCATE ON creel.application
	FOR EACH STATEMENT EXECUTE FUNCTION creel.notify_all();

-- Reports an application or organization with other quotas.
CREATE FUNCTION creel.notify_quotas() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM creel.notify('quota', NEW.id);
	RETURN NULL;
END
$$;
CREATE TRIGGER notify_quotas AFTER UPDATE OF quotas ON creel.application
	FOR EACH ROW EXECUTE FUNCTION creel.notify_quotas();
CREATE TRIGGER notify_quotas AFTER UPDATE OF quotas ON creel.organization
	FOR EACH ROW EXECUTE FUNCTION creel.notify_quotas();

-- Returns an application as Losant's clients read it.
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
		'_links', CASE WHEN links THEN json_build_object(
			'applications', json_build_object(
				'href', '/applications'),
			'applicationApiTokens', json_build_object(
				'href', '/applications/' || a.id || '/tokens'),
			'webhooks', json_build_object(
				'href', '/applications/' || a.id
					|| '/webhooks'),
			'self', json_build_object(
				'href', '/applications/' || a.id)) END));

-- Returns these applications and those of an organization (null: none).  One that
-- is both listed and the organization's is returned once.  Runs as the owner,
-- because it reads rows of many applications.
CREATE FUNCTION creel.applications_of(applications text[], organization text)
	RETURNS SETOF creel.application LANGUAGE plpgsql STABLE
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY SELECT a.* FROM creel.application a
	WHERE a.organization_id = organization
	UNION ALL
	SELECT a.* FROM creel.application a
	WHERE a.id = ANY (applications)
		AND (a.organization_id = organization) IS NOT TRUE;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.applications_of FROM PUBLIC;

-- Returns the name of an organization, or null.  Runs as the owner, because the
-- workers' role may not read the table.
CREATE FUNCTION creel.organization_name(organization text) RETURNS text
	LANGUAGE plpgsql STABLE
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT o.name FROM creel.organization o WHERE o.id = organization);
END
$$;
REVOKE EXECUTE ON FUNCTION creel.organization_name FROM PUBLIC;

-- Applications that creelctl has deleted.  Their rows are gone; their events and
-- idempotency keys are deleted in steps (creel.deletion_step()).
CREATE TABLE creel.deletion (
	application_id creel.object_id PRIMARY KEY,
	name text,			-- null: it was deleted over HTTP
	created_at timestamptz,		-- when the application was
	began_at timestamptz NOT NULL DEFAULT now(),
	events bigint NOT NULL DEFAULT 0,	-- deleted so far
	-- When no event was left.  A worker that had looked the hook up before
	-- may still store one.
	emptied_at timestamptz
);

-- Ends the deletion of an application that is created again with its id, for
-- instance because it moves back to this database: its events must not be
-- deleted.  Waits for the step that runs.  Runs as the owner, because the
-- workers' role may not write the table.
CREATE FUNCTION creel.deletion_end() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM creel.deletion d WHERE d.application_id = NEW.id;
	RETURN NULL;
END
$$;
CREATE TRIGGER deletion_end AFTER INSERT ON creel.application
	FOR EACH ROW EXECUTE FUNCTION creel.deletion_end();

-- Number of hooks of each kind and of devices of an application, so that a page
-- of a list need not count all rows.  The number is the sum over the slots: a
-- connection counts in the slot of its process, so connections that create rows
-- at the same time seldom wait for each other.
CREATE TABLE creel.row_count (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	kind text COLLATE "C" NOT NULL,
	slot int NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (application_id, kind, slot)
);

-- Locks the applications with a quota of hooks or devices among these, and
-- their organizations, so that statements that create some run one by one and
-- count all that are there.  Returns whether there is any.
CREATE FUNCTION creel.quota_lock(applications text[], quota text)
	RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	organization text;
	locked boolean := false;
BEGIN
	FOR organization IN
		SELECT a.organization_id
		FROM creel.application a
		LEFT JOIN creel.organization o ON o.id = a.organization_id
		WHERE a.id = ANY (applications)
			AND (a.quotas ? quota OR o.quotas ? quota)
		ORDER BY a.id
		FOR NO KEY UPDATE OF a
	LOOP
		PERFORM FROM creel.organization o
		WHERE o.id = organization AND o.quotas ? quota
		FOR NO KEY UPDATE;
		locked := true;
	END LOOP;
	RETURN locked;
END
$$;

-- Raises an error if one of these applications, or its organization, has more
-- hooks or devices than its quota.
CREATE FUNCTION creel.quota_check(applications text[], quota text)
	RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	owner text;
	most bigint;
BEGIN
	SELECT t.owner, t.most INTO owner, most
	FROM (
		SELECT 'application' AS owner, (a.quotas->>quota)::bigint AS most,
			ARRAY[a.id::text] AS members
		FROM creel.application a
		WHERE a.id = ANY (applications) AND a.quotas ? quota
		UNION ALL
		SELECT 'organization', (o.quotas->>quota)::bigint,
			ARRAY(SELECT m.id::text FROM creel.application m
				WHERE m.organization_id = o.id)
		FROM creel.organization o
		WHERE o.quotas ? quota AND o.id IN (
			SELECT a.organization_id FROM creel.application a
			WHERE a.id = ANY (applications))) AS t
	WHERE t.most < (SELECT sum(c.n) FROM creel.row_count c
		WHERE c.application_id = ANY (t.members)
			AND (c.kind = 'device') = (quota = 'devices'))
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'CR403', MESSAGE = format(
			'%s: the %s''s quota is %s', quota, owner, most);
	END IF;
END
$$;

-- Counts inserted and deleted rows, and rejects those above a quota.  The
-- trigger's argument is their kind; without one it is the column "kind".  A row
-- never changes its kind or its application.  Runs as the owner, because the
-- workers' role may not write the table.  The counts of a deleted application
-- are deleted by the foreign key.
CREATE FUNCTION creel.count_rows() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	quota constant text := CASE TG_ARGV[0] WHEN 'device' THEN 'devices'
		ELSE 'hooks' END;
	applications text[];
	limited boolean := false;
BEGIN
	IF TG_OP = 'INSERT' THEN
		SELECT array_agg(DISTINCT h.application_id::text)
		INTO applications
		FROM changed h;
		limited := creel.quota_lock(applications, quota);
	END IF;
	INSERT INTO creel.row_count AS c
	SELECT h.application_id, coalesce(TG_ARGV[0], to_jsonb(h)->>'kind'),
		pg_backend_pid() % 16,
		CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
	FROM changed h
	JOIN creel.application a ON a.id = h.application_id
	GROUP BY 1, 2
	ORDER BY 1, 2
	ON CONFLICT (application_id, kind, slot)
		DO UPDATE SET n = c.n + excluded.n;
	IF limited THEN
		PERFORM creel.quota_check(applications, quota);
	END IF;
	RETURN NULL;
END
$$;

-- Deletes the counts of a truncated table.  The trigger's arguments are the
-- kinds of its rows.
CREATE FUNCTION creel.count_none() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM creel.row_count c
	WHERE c.kind = ANY (TG_ARGV);
	RETURN NULL;
END
$$;

-- What applications use by day (UTC), and in all: the row of the day -infinity.
-- events and bytes are those of the day that are still stored.  Workers add
-- their counts once a second (creel.usage_report()).
CREATE TABLE creel.usage (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	day date NOT NULL,
	calls bigint NOT NULL DEFAULT 0,	-- that were accepted
	refused bigint NOT NULL DEFAULT 0,	-- because of a quota
	events bigint NOT NULL DEFAULT 0,
	bytes bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (application_id, day)
) WITH (fillfactor = 70);
CREATE INDEX usage_day ON creel.usage (day, application_id)
	WHERE events <> 0 OR bytes <> 0;

-- The workers that report, and the calls that each receives of an application or
-- organization with quotas, in 1000 seconds: its part of the quota.  Lost with a
-- crash of the server, after which workers report again.
CREATE UNLOGGED TABLE creel.worker (
	id creel.object_id PRIMARY KEY,
	seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE UNLOGGED TABLE creel.demand (
	tenant_id creel.object_id NOT NULL,
	worker_id creel.object_id NOT NULL,
	calls bigint NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, worker_id)
) WITH (fillfactor = 50);

CREATE FUNCTION creel.today() RETURNS date LANGUAGE sql STABLE
	RETURN (now() AT TIME ZONE 'UTC')::date;

-- What applications use: today's calls, and what is stored.
CREATE VIEW creel.application_usage WITH (security_invoker) AS
SELECT a.id AS application_id, a.organization_id, a.name, a.quotas,
	coalesce(d.calls, 0) AS calls, coalesce(d.refused, 0) AS refused,
	coalesce(s.events, 0) AS events, coalesce(s.bytes, 0) AS bytes,
	c.hooks, c.devices
FROM creel.application a
LEFT JOIN creel.usage d ON d.application_id = a.id AND d.day = creel.today()
LEFT JOIN creel.usage s ON s.application_id = a.id AND s.day = '-infinity'
CROSS JOIN LATERAL (
	SELECT coalesce(sum(r.n) FILTER (WHERE r.kind <> 'device'), 0) AS hooks,
		coalesce(sum(r.n) FILTER (WHERE r.kind = 'device'), 0)
			AS devices
	FROM creel.row_count r
	WHERE r.application_id = a.id
) AS c;

-- Returns what an organization and all its applications use, as REST clients read
-- it, or no row.  Runs as the owner, because it reads rows of many applications.
CREATE FUNCTION creel.organization_usage(organization text)
	RETURNS SETOF json LANGUAGE plpgsql STABLE ROWS 1
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY SELECT json_build_object(
		'organizationId', o.id,
		'day', creel.today(),
		'applications', s.applications,
		'calls', s.calls,
		'refused', s.refused,
		'events', s.events,
		'storedBytes', s.bytes,
		'hooks', s.hooks,
		'devices', s.devices,
		'quotas', o.quotas,
		'_type', 'usage')
	FROM creel.organization o
	CROSS JOIN LATERAL (
		SELECT count(*) AS applications,
			coalesce(sum(u.calls), 0) AS calls,
			coalesce(sum(u.refused), 0) AS refused,
			coalesce(sum(u.events), 0) AS events,
			coalesce(sum(u.bytes), 0) AS bytes,
			coalesce(sum(u.hooks), 0) AS hooks,
			coalesce(sum(u.devices), 0) AS devices
		FROM creel.application_usage u
		WHERE u.organization_id = o.id
	) AS s
	WHERE o.id = organization;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.organization_usage FROM PUBLIC;

-- Replaces the quotas of an organization, and returns them, or no row.  Runs as
-- the owner, because the workers' role may not write the table.
CREATE FUNCTION creel.organization_quotas(organization text, replacement jsonb)
	RETURNS SETOF jsonb LANGUAGE plpgsql ROWS 1
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY UPDATE creel.organization o SET quotas = replacement
	WHERE o.id = organization
	RETURNING o.quotas;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.organization_quotas FROM PUBLIC;

-- Returns the quotas of applications and of their organizations: all of these that
-- exist, with or without quotas; null: all applications that have quotas themselves
-- or by their organization.  Runs as the owner, because it reads rows of many
-- applications.
CREATE FUNCTION creel.quotas_of(tenants text[])
	RETURNS TABLE (application text, application_quotas jsonb,
		organization text, organization_quotas jsonb)
	LANGUAGE plpgsql STABLE
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	-- By its indexes, also before statistics exist.
	SET enable_seqscan = off SET enable_hashjoin = off
	SET enable_mergejoin = off AS $$
DECLARE
	organizations text[] := coalesce(tenants, ARRAY(
		SELECT g.id FROM creel.organization g WHERE g.quotas <> '{}'));
BEGIN
	RETURN QUERY SELECT a.id::text, a.quotas, o.id::text, o.quotas
	FROM (
		SELECT m.id FROM creel.application m
		WHERE m.quotas <> '{}' AND tenants IS NULL
		UNION
		SELECT m.id FROM creel.application m
		WHERE m.id = ANY (tenants)
		UNION
		SELECT m.id FROM creel.application m
		WHERE m.organization_id = ANY (organizations)
	) AS c
	JOIN creel.application a ON a.id = c.id
	LEFT JOIN creel.organization o ON o.id = a.organization_id
		AND o.quotas <> '{}';
END
$$;
REVOKE EXECUTE ON FUNCTION creel.quotas_of FROM PUBLIC;

-- Returns the number of workers, and of applications and organizations with
-- quotas what workers other than one received, and if sums is set the totals.
-- Returns at least one row.
CREATE FUNCTION creel.usage_totals(worker text, tenants text[], sums boolean[])
	RETURNS TABLE (workers bigint, tenant text, others numeric,
		day_calls numeric, stored numeric)
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY SELECT (SELECT 1 + count(*) FROM creel.worker w
			WHERE w.id <> worker
				AND w.seen_at > now() - interval '5 s'),
		t.id,
		(SELECT coalesce(sum(d.calls), 0) FROM creel.demand d
			WHERE d.tenant_id = t.id AND d.worker_id <> worker
				AND d.at > now() - interval '3 s'),
		CASE WHEN t.sums THEN s.calls END,
		CASE WHEN t.sums THEN s.bytes END
	FROM (VALUES (1)) AS one
	LEFT JOIN unnest(tenants, sums) AS t (id, sums) ON true
	LEFT JOIN LATERAL (
		SELECT coalesce(sum(u.calls)
				FILTER (WHERE u.day <> '-infinity'), 0)
				AS calls,
			coalesce(sum(u.bytes)
				FILTER (WHERE u.day = '-infinity'), 0)
				AS bytes
		FROM (
			SELECT t.id AS id
			UNION ALL
			SELECT a.id FROM creel.application a
			WHERE a.organization_id = t.id
		) AS m
		JOIN creel.usage u ON u.application_id = m.id
			AND u.day IN ('-infinity', creel.today())
		WHERE t.sums
	) AS s ON true;
END
$$;

-- Adds the counts of a worker since its last report, and the calls that it
-- received of applications and organizations with quotas, in 1000 seconds.
-- Returns the totals before.  An application that is being deleted is not waited
-- for.  Runs as the owner, because it writes rows of many applications.
CREATE FUNCTION creel.usage_report(worker text, applications text[],
		calls bigint[], refused bigint[], events bigint[],
		bytes bigint[], tenants text[], demands bigint[], sums boolean[])
	RETURNS TABLE (workers bigint, tenant text, others numeric,
		day_calls numeric, stored numeric)
	LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT *
	FROM creel.usage_totals(usage_report.worker, tenants, sums);
	WITH application AS MATERIALIZED (
		SELECT a.id
		FROM creel.application a
		WHERE a.id = ANY (applications)
		ORDER BY a.id
		FOR KEY SHARE SKIP LOCKED
	)
	INSERT INTO creel.usage AS u (application_id, day, calls, refused,
		events, bytes)
	SELECT i.id, d.day, i.calls, i.refused, i.events, i.bytes
	FROM unnest(applications, usage_report.calls, usage_report.refused,
		usage_report.events, usage_report.bytes)
		AS i (id, calls, refused, events, bytes)
	JOIN application a ON a.id = i.id
	CROSS JOIN (VALUES ('-infinity'::date), (creel.today())) AS d (day)
	ORDER BY i.id, d.day
	ON CONFLICT (application_id, day) DO UPDATE
	SET calls = u.calls + excluded.calls,
		refused = u.refused + excluded.refused,
		events = u.events + excluded.events,
		bytes = u.bytes + excluded.bytes;
	INSERT INTO creel.worker (id, seen_at)
	VALUES (usage_report.worker, clock_timestamp())
	ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at;
	INSERT INTO creel.demand (tenant_id, worker_id, calls, at)
	SELECT t.id, usage_report.worker, t.demand, clock_timestamp()
	FROM unnest(tenants, demands) AS t (id, demand)
	ON CONFLICT (tenant_id, worker_id) DO UPDATE
	SET calls = excluded.calls, at = excluded.at;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.usage_report FROM PUBLIC;

-- Lowers what is stored of an application by events that were deleted, and their
-- sizes.  Without effect while the application is being deleted.  Locks the row of
-- the sum first, as all do.
CREATE FUNCTION creel.usage_lower(application text, events uuid[],
		sizes bigint[])
	RETURNS void LANGUAGE sql AS $$
	WITH owner AS MATERIALIZED (
		SELECT a.id
		FROM creel.application a
		WHERE a.id = application
		FOR KEY SHARE SKIP LOCKED
	)
	INSERT INTO creel.usage AS u (application_id, day, events, bytes)
	SELECT o.id, d.day, -count(*), -sum(e.size)
	FROM owner o
	CROSS JOIN unnest(events, sizes) AS e (id, size)
	CROSS JOIN LATERAL (VALUES ('-infinity'::date),
		((creel.uuid_time(e.id) AT TIME ZONE 'UTC')::date)) AS d (day)
	GROUP BY o.id, d.day
	ORDER BY d.day
	ON CONFLICT (application_id, day) DO UPDATE
	SET events = u.events + excluded.events,
		bytes = u.bytes + excluded.bytes
$$;


-- Hooks: endpoints that receive events.  Each hook has an address, by which it
-- is looked up; so does each credential.  A look-up runs as the owner, because
-- the application is not known before.

CREATE TABLE creel.hook (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	id creel.object_id NOT NULL,
	kind text COLLATE "C" NOT NULL
		CHECK (kind IN ('webhook', 'datasource', 'form', 'action')),
	handle text COLLATE "C" NOT NULL,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	description text NOT NULL DEFAULT '' CHECK (length(description) <= 32767),
	enabled boolean NOT NULL DEFAULT true,
	settings jsonb NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, id)
);
-- Hooks are listed by page in each of these orders.
CREATE INDEX hook_by_name ON creel.hook
	(application_id, kind, (name COLLATE "C"), id);
CREATE INDEX hook_by_created_at ON creel.hook
	(application_id, kind, created_at, id);
CREATE INDEX hook_by_updated_at ON creel.hook
	(application_id, kind, updated_at, id);

-- Maps the name in a request to its owner: the only look-up that starts without
-- a tenant.  kind is a hook's kind, or 'key' with the SHA-256 of the key in
-- hex.  An action's handle is unique in its application only, so its address is
-- "APPLICATION:EVENT".
CREATE TABLE creel.address (
	kind text COLLATE "C" NOT NULL,
	handle text COLLATE "C" NOT NULL,
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	target_id creel.object_id NOT NULL,
	PRIMARY KEY (kind, handle)
);
CREATE INDEX address_target ON creel.address (application_id, target_id);

-- Returns the number of addresses.
CREATE FUNCTION creel.address_count() RETURNS bigint
	LANGUAGE plpgsql STABLE
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT count(*) FROM creel.address);
END
$$;
REVOKE EXECUTE ON FUNCTION creel.address_count FROM PUBLIC;

-- Returns the next addresses behind one, by kind and handle, at most most.
CREATE FUNCTION creel.address_page(behind_kind text, behind_handle text, most int)
	RETURNS TABLE (kind text, handle text)
	LANGUAGE plpgsql STABLE
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY SELECT a.kind, a.handle
	FROM creel.address a
	WHERE (a.kind, a.handle) > (behind_kind, behind_handle)
	ORDER BY a.kind, a.handle
	LIMIT most;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.address_page FROM PUBLIC;

-- Returns the hook that has an address, or no row.
CREATE FUNCTION creel.address_hook(address_kind text, address_handle text)
	RETURNS SETOF creel.hook
	LANGUAGE plpgsql STABLE ROWS 1
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY SELECT h.*
	FROM creel.address a
	JOIN creel.hook h ON h.application_id = a.application_id
		AND h.id = a.target_id
	WHERE a.kind = address_kind AND a.handle = address_handle;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.address_hook FROM PUBLIC;

CREATE FUNCTION creel.notify_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		PERFORM creel.notify(OLD.kind, OLD.handle);
	END IF;
	IF TG_OP <> 'DELETE' THEN
		PERFORM creel.notify(NEW.kind, NEW.handle);
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER notify AFTER INSERT OR DELETE OR UPDATE ON creel.address
	FOR EACH ROW EXECUTE FUNCTION creel.notify_address();
CREATE TRIGGER notify_all AFTER TRUNCATE ON creel.address
	FOR EACH STATEMENT EXECUTE FUNCTION creel.notify_all();

-- Reports a changed hook or credential under its address, which is the key of
-- the workers' look-ups.
CREATE FUNCTION creel.notify_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		PERFORM creel.notify(a.kind, a.handle) FROM creel.address a
		WHERE a.application_id = OLD.application_id
			AND a.target_id = OLD.id;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		PERFORM creel.notify(a.kind, a.handle) FROM creel.address a
		WHERE a.application_id = NEW.application_id
			AND a.target_id = NEW.id;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER notify AFTER INSERT OR DELETE
		OR UPDATE OF application_id, id, enabled, settings
	ON creel.hook FOR EACH ROW EXECUTE FUNCTION creel.notify_target();
CREATE TRIGGER notify_all AFTER TRUNCATE ON creel.hook
	FOR EACH STATEMENT EXECUTE FUNCTION creel.notify_all();

CREATE TRIGGER count_insert AFTER INSERT ON creel.hook
	REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_rows();
CREATE TRIGGER count_delete AFTER DELETE ON creel.hook
	REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_rows();

-- Marks the applications of new forms.  Runs as the owner, because the workers'
-- role may not write the column.
CREATE FUNCTION creel.mark_forms() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	UPDATE creel.application a SET forms = true
	WHERE a.id = NEW.application_id AND NOT a.forms;
	RETURN NULL;
END
$$;
CREATE TRIGGER mark_forms AFTER INSERT ON creel.hook
	FOR EACH ROW WHEN (NEW.kind = 'form')
	EXECUTE FUNCTION creel.mark_forms();

CREATE TRIGGER count_truncate AFTER TRUNCATE ON creel.hook
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_none('webhook',
		'datasource', 'form', 'action');

-- Returns the forms of these applications and of an organization (null: none).
-- One that is both listed and the organization's is returned once.  Runs as the
-- owner, because it reads rows of many applications.
CREATE FUNCTION creel.forms_of(applications text[], organization text)
	RETURNS SETOF creel.hook
	LANGUAGE plpgsql STABLE
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY SELECT h.*
	FROM creel.hook h
	WHERE h.application_id = ANY (applications) AND h.kind = 'form'
	UNION ALL
	SELECT h.*
	FROM creel.application a
	JOIN creel.hook h ON h.application_id = a.id AND h.kind = 'form'
	WHERE a.organization_id = organization AND a.forms
		AND a.id <> ALL (applications);
END
$$;
REVOKE EXECUTE ON FUNCTION creel.forms_of FROM PUBLIC;

-- Returns a page of an application's hooks of one kind.  Each order is that of
-- an index or its reverse; a statement with one ORDER BY for all orders could
-- not use the indexes.
CREATE FUNCTION creel.hook_page(application text, hook_kind text,
		sort_field text, direction text, skip bigint, size int,
		pattern text, hook_ids text[])
	RETURNS SETOF creel.hook LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT h.* FROM creel.hook h
		WHERE h.application_id = $1 AND h.kind = $6
			AND ($2 IS NULL OR h.name ILIKE $2)
			AND ($3 IS NULL OR h.id = ANY ($3))
		ORDER BY %1$s %2$s, h.id %2$s LIMIT $4 OFFSET $5',
		CASE sort_field
			WHEN 'name' THEN 'h.name COLLATE "C"'
			WHEN 'creationDate' THEN 'h.created_at'
			WHEN 'lastUpdated' THEN 'h.updated_at'
			ELSE 'h.id' END,
		CASE direction WHEN 'desc' THEN 'DESC' ELSE 'ASC' END)
		USING application, pattern, hook_ids, size, skip, hook_kind;
END
$$;

-- Returns the settings of a new hook that its creator does not choose and that
-- are not the default of hooks without them.
CREATE FUNCTION creel.hook_defaults(kind text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE kind WHEN 'form' THEN '{"lenient": true}'::jsonb
		ELSE '{}' END;

-- Returns a webhook as Losant's clients read it.  Properties that were never
-- set are omitted, except three.
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
		'allowedOrigins', h.settings->'allowedOrigins',
		'storeHead', h.settings->'storeHead',
		'enabled', h.enabled,
		'_type', 'webhook',
		'_links', CASE WHEN links THEN creel.links(
			h.application_id, 'webhooks', h.id) END));


-- Credentials: API keys, application tokens, users' Secret Keys, device keys.

-- A token is an API key that Losant's clients manage.  A user is a credential
-- with an e-mail address as its name; enabled is its right to send (Integration
-- Access), hook_ids are the only forms it may use.  A device's credential has
-- the device's id.
CREATE TABLE creel.credential (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	id creel.object_id NOT NULL,
	kind text COLLATE "C" NOT NULL DEFAULT 'key'
		CHECK (kind IN ('key', 'token', 'user', 'device')),
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	description text NOT NULL DEFAULT ''
		CHECK (length(description) <= 32767),
	prefix text NOT NULL,
	secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
	sealed_secret bytea,		-- of keys that may be disclosed again
	scopes text[] NOT NULL,
	hook_ids text[],		-- the only hooks it reaches; null: all
	enabled boolean NOT NULL DEFAULT true,
	creator text,			-- principal that created it over HTTP
	expires_at timestamptz,
	last_used_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, id)
);
-- An application has one user per e-mail address.
CREATE UNIQUE INDEX credential_user
	ON creel.credential (application_id, lower(name)) WHERE kind = 'user';

-- Not for last_used_at, which workers write.
CREATE TRIGGER notify AFTER INSERT OR DELETE
		OR UPDATE OF application_id, id, secret_sha256, scopes,
			hook_ids, enabled, expires_at
	ON creel.credential FOR EACH ROW EXECUTE FUNCTION creel.notify_target();
CREATE TRIGGER notify_all AFTER TRUNCATE ON creel.credential
	FOR EACH STATEMENT EXECUTE FUNCTION creel.notify_all();

-- Returns the credential with this SHA-256 (in hex) of its secret, or no row.
CREATE FUNCTION creel.address_credential(hash text)
	RETURNS SETOF creel.credential
	LANGUAGE plpgsql STABLE ROWS 1
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY SELECT c.*
	FROM creel.address a
	JOIN creel.credential c ON c.application_id = a.application_id
		AND c.id = a.target_id
	WHERE a.kind = 'key' AND a.handle = hash;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.address_credential FROM PUBLIC;

-- Returns an API key as clients read it.  A key that creelctl created may have
-- several scopes, and then has no "scope".  openers are the ids of the sealing
-- keys, in hex; a sealed secret contains the id of its own after its version.
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
		'_links', CASE WHEN links THEN creel.links(
			c.application_id, 'apiKeys', c.id) END));

-- Returns an application token as Losant's clients read it, without its secret,
-- which is not stored.
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
		'_links', CASE WHEN links THEN creel.links(
			c.application_id, 'applicationApiTokens', c.id) END));

-- Returns a user as clients read it, without its Secret Key, which is not
-- stored.
CREATE FUNCTION creel.user_json(c creel.credential, links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', c.id,
		'userId', c.id,
		'applicationId', c.application_id,
		'creationDate', creel.iso(c.created_at),
		'lastUpdated', creel.iso(c.updated_at),
		'email', c.name,
		'integrationAccess', c.enabled,
		'formIds', c.hook_ids,
		'lastUsed', creel.iso(c.last_used_at),
		'_type', 'user',
		'_links', CASE WHEN links THEN creel.links(
			c.application_id, 'users', c.id) END));

-- Returns a credential as clients read it, if its kind is a resource of its
-- own.
CREATE FUNCTION creel.credential_json(c creel.credential, openers text[],
		links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE c.kind
		WHEN 'key' THEN creel.key_json(c, openers, links)
		WHEN 'token' THEN creel.token_json(c, links)
		WHEN 'user' THEN creel.user_json(c, links) END;

-- Returns the e-mail address of a principal that is a user, otherwise null.
CREATE FUNCTION creel.user_email(principal text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN principal LIKE 'user:%' THEN substr(principal, 6) END;


-- Events: the log, its partitions, and what belongs to single events.

-- An id is a UUIDv7, so a range of ids is a range of time, and each partition
-- holds one.  Ids are in order of arrival.  Readers that follow the log read in
-- the order of (position, id), below creel.horizon().
CREATE TABLE creel.event (
	application_id text COLLATE "C" NOT NULL,
	id uuid NOT NULL,
	hook_id text COLLATE "C" NOT NULL,
	received_at timestamptz NOT NULL,
	method text NOT NULL,
	path text NOT NULL,
	query text NOT NULL,
	headers json NOT NULL,
	content_type text,
	body bytea COMPRESSION lz4 NOT NULL,
	principal text NOT NULL,
	remote_address text NOT NULL,
	status text NOT NULL CHECK (status IN ('pending', 'success', 'failed')),
	completed_at timestamptz,
	remarks text NOT NULL DEFAULT '',
	-- Workers assign one position to a batch.
	position bigint NOT NULL DEFAULT creel.next_position(),
	-- The record of a form's call, or an action's commands, as below.
	parsed json,
	-- The query string as an object; null if there is none or it is too
	-- large.
	query_json json,
	-- Whether the sender waits for a reply; independent of the hook's later
	-- settings.
	waits boolean NOT NULL DEFAULT false,
	-- The failed event that this one retries.
	retry_of uuid,
	-- The devices that the event targets: any of "all", a device's id, a
	-- group's id, "tag:NAME"; null: none, as most.  parsed is then
	-- {"eventId": text, "timeout": seconds, "steps": [{"function": text,
	-- "parameters": object, "targets": [as these]}], "sensorData": any}.
	targets text[],
	-- What the body reads as, decided when it was received: null, the JSON
	-- or the text that its bytes are, or a JSON text of its own, value
	-- (creel.event_body()).  value is text, because its length is known
	-- without reading it from out-of-line storage.
	reading text NOT NULL DEFAULT 'nothing'
		CHECK (reading IN ('nothing', 'json', 'text', 'value')),
	value text COMPRESSION lz4,
	-- Begins with the id, so that new rows are at its end whatever their
	-- application is.  A statement that reads the events of one application
	-- in any order therefore names the columns of its index in a comparison
	-- of rows and in ORDER BY, with enable_sort off: the planner then has no
	-- plan that reads this key and the events of other applications with it,
	-- whatever the statistics are.
	PRIMARY KEY (id, application_id),
	CHECK ((reading = 'value') = (value IS NOT NULL))
) PARTITION BY RANGE (id);
-- For readers of a hook's events by id.  With the application, because a reader
-- may name the hook of another one.
CREATE INDEX event_hook ON creel.event (application_id, hook_id, id);
-- For readers of all events of an application, in the order of the log.
CREATE INDEX event_position ON creel.event (application_id, position, id);
-- For readers of failed or pending events, which skip all others: of a hook, of an
-- application, of all applications.
CREATE INDEX event_failed ON creel.event (application_id, hook_id, status, id)
	WHERE status <> 'success';
CREATE INDEX event_failed_application ON creel.event (application_id, status, id)
	WHERE status <> 'success';
CREATE INDEX event_failed_id ON creel.event (status, id)
	WHERE status <> 'success';
-- For devices that follow the events of an application that target devices.
CREATE INDEX event_command ON creel.event (application_id, position, id)
	WHERE targets IS NOT NULL;
-- For readers that follow the events of all applications.  Rows are stored nearly
-- in the order of their positions, so this index needs one entry for 32 pages.
CREATE INDEX event_recent ON creel.event USING brin (position)
	WITH (pages_per_range = 32, autosummarize = on);

-- Holds events that no partition covers, so that a site that forgot to run
-- creelctl maintain still stores events.  That command moves them.
CREATE TABLE creel.event_default PARTITION OF creel.event DEFAULT;

-- Returns the SHA-256 of a principal's name, which may be longer than an index
-- allows.
CREATE FUNCTION creel.principal_hash(name text) RETURNS bytea
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	RETURN sha256(convert_to(name, 'UTF8'));

-- Maps a call with an idempotency key to its event.  A key has one event, and
-- besides it those that failed before it.  For example, calls A, B and C with
-- one key, in this order:
--	A succeeds: A is its holder; B is rejected, and A again is A's event.
--	A fails, B succeeds: both are stored, B is the holder; C is rejected, A
--	again is A's event, which failed.
--	A and B fail: both are stored, without a holder; C is stored.
-- The calls of one batch are at the same time: the failed ones count as first.
CREATE TABLE creel.dedupe (
	application_id text COLLATE "C" NOT NULL,
	hook_id creel.object_id NOT NULL,
	principal bytea NOT NULL,	-- creel.principal_hash()
	key text COLLATE "C" NOT NULL,
	fingerprint bytea NOT NULL,	-- of the call
	event_id uuid NOT NULL,
	failed boolean NOT NULL,
	PRIMARY KEY (application_id, hook_id, principal, key, fingerprint)
);

CREATE UNIQUE INDEX dedupe_holder
	ON creel.dedupe (application_id, hook_id, principal, key)
	WHERE NOT failed;
-- For statements that delete events with their keys.
CREATE INDEX dedupe_event ON creel.dedupe (event_id);

-- Returns whether an event that did not fail holds a key.  hash is
-- creel.principal_hash().
CREATE FUNCTION creel.dedupe_held(application text, hook text, hash bytea,
		name text)
	RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN EXISTS (SELECT FROM creel.dedupe d
		WHERE d.application_id = application AND d.hook_id = hook
			AND d.principal = hash AND d.key = name AND NOT d.failed);
END
$$;

-- Returns the event of a call, or null.
CREATE FUNCTION creel.dedupe_find(application text, hook text, hash bytea,
		name text, print bytea)
	RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT d.event_id
		FROM creel.dedupe d
		WHERE d.application_id = application AND d.hook_id = hook
			AND d.principal = hash AND d.key = name
			AND d.fingerprint = print);
END
$$;

-- Deletes the keys of a deleted application, unless they are deleted in steps.  A
-- foreign key could not: this table may be distributed.
CREATE FUNCTION creel.dedupe_forget() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM creel.deletion d
			WHERE d.application_id = OLD.id) THEN
		DELETE FROM creel.dedupe d WHERE d.application_id = OLD.id;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER dedupe_forget AFTER DELETE ON creel.application
	FOR EACH ROW EXECUTE FUNCTION creel.dedupe_forget();

-- The first reply to a request that waits for one.  Deleted with its event.
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

-- The current values of data sources of which retention has deleted the events.
CREATE TABLE creel.kept_value (
	application_id creel.object_id NOT NULL,
	hook_id creel.object_id NOT NULL,
	event_id uuid NOT NULL,
	content_type text,
	reading text NOT NULL,			-- as the event's
	value bytea COMPRESSION lz4 NOT NULL,	-- as EVENT_CURRENT returns it
	PRIMARY KEY (application_id, hook_id),
	FOREIGN KEY (application_id, hook_id)
		REFERENCES creel.hook ON DELETE CASCADE
);

-- The partitions of the log and their ranges.
CREATE VIEW creel.event_partition AS
	SELECT c.relname AS name, b.bounds[1]::uuid AS begins,
		b.bounds[2]::uuid AS ends
	FROM pg_inherits i
	JOIN pg_class c ON c.oid = i.inhrelid
	CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid),
		'FROM \(''([0-9a-f-]{36})''\) TO \(''([0-9a-f-]{36})''\)')
		AS b (bounds)
	WHERE i.inhparent = 'creel.event'::regclass AND b.bounds IS NOT NULL;

-- Returns the highest position of an application's events behind a position and
-- an id, or null.  commands: only of events that target devices.
CREATE FUNCTION creel.event_last(application text, since bigint, event uuid,
		commands boolean)
	RETURNS bigint LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off
	SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	least_id constant uuid := creel.position_floor(since);
BEGIN
	-- A plan for both cases could not use the index of commands.
	IF commands THEN
		RETURN (SELECT e.position
			FROM creel.event e
			WHERE e.application_id = application
				AND e.id >= least_id AND e.targets IS NOT NULL
				AND (e.position, e.id) > (since, event)
			ORDER BY e.position DESC, e.id DESC
			LIMIT 1);
	END IF;
	RETURN (SELECT e.position
		FROM creel.event e
		WHERE e.application_id = application AND e.id >= least_id
			AND (e.position, e.id) > (since, event)
		ORDER BY e.position DESC, e.id DESC
		LIMIT 1);
END
$$;

-- Returns the highest position in the log and of devices, among those that are
-- higher than all assigned ones; null if there is none.  There are some if the
-- rows were restored without the sequence.
CREATE FUNCTION creel.unassigned_position() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	highest constant bigint := creel.highest_position();
	least_id constant uuid := creel.position_floor(highest + 1);
	stored bigint;
BEGIN
	SELECT max(e.position) INTO stored
	FROM creel.event e
	WHERE e.id >= least_id AND e.position > highest;
	RETURN (SELECT max(p.position)
		FROM (
			SELECT stored
			UNION ALL
			SELECT greatest(d.position, d.cursor_position - 1)
			FROM creel.device d
			UNION ALL
			SELECT m.position FROM creel.device_member m
			UNION ALL
			SELECT l.gone FROM creel.device_left l
		) AS p (position)
		WHERE p.position > highest);
END
$$;

-- Creates the next partition that is missing, days long, for [today, today +
-- ahead] and for the events in event_default, which it moves there.  Where other
-- partitions lie in a range (days may have been different), each gap between
-- them becomes one partition.  Returns its name, or no row if none is missing:
-- one partition for each transaction, because readers wait for its lock.
CREATE FUNCTION creel.maintain(days int, ahead int)
	RETURNS SETOF text LANGUAGE plpgsql SET TimeZone = 'UTC' AS $$
DECLARE
	epoch constant timestamptz := '2000-01-01 00:00Z';
	span constant interval := make_interval(days => days);
	first_at timestamptz;
	low uuid;
	high uuid;
	taken uuid;
BEGIN
	-- Two concurrent calls would create the same partition.
	PERFORM pg_advisory_xact_lock(hashtext('creel.maintain'));
	FOR first_at IN
		SELECT generate_series(date_bin(span, now(), epoch),
			now() + make_interval(days => ahead), span)
		UNION
		SELECT date_bin(span, creel.uuid_time(id), epoch)
		FROM creel.event_default
		ORDER BY 1
	LOOP
		low := creel.uuid_floor(first_at);
		WHILE low < creel.uuid_floor(first_at + span) LOOP
			SELECT p.ends INTO taken FROM creel.event_partition p
			WHERE p.begins <= low AND p.ends > low;
			IF FOUND THEN
				low := taken;
				CONTINUE;
			END IF;
			SELECT p.begins INTO high FROM creel.event_partition p
			WHERE p.begins > low ORDER BY 1 LIMIT 1;
			high := least(high, creel.uuid_floor(first_at + span));
			RETURN NEXT creel.partition_create(low, high);
			RETURN;
		END LOOP;
	END LOOP;
END
$$;

-- Limits the time for which a transaction may wait for a lock of the log.  A
-- queued ACCESS EXCLUSIVE lock blocks all later statements, events included, so
-- it gives way soon, and the caller tries again.
CREATE FUNCTION creel.give_way() RETURNS void LANGUAGE sql
BEGIN ATOMIC
	SELECT set_config('lock_timeout', '20ms', true);
END;

-- Creates the partition of [low, high), and moves the events of event_default
-- there.  Returns its name.
CREATE FUNCTION creel.partition_create(low uuid, high uuid) RETURNS text
	LANGUAGE plpgsql SET TimeZone = 'UTC' AS $$
DECLARE
	part constant text := 'event_' || to_char(creel.uuid_time(low),
		'YYYYMMDD');
	moves boolean;
BEGIN
	EXECUTE format('CREATE TABLE creel.%I (LIKE creel.event INCLUDING ALL)',
		part);
	PERFORM creel.give_way();
	-- A reader that only waited for event_default would know the partitions
	-- from before, and miss what was moved from there to a new one.  Citus
	-- cannot plan an empty list of columns.
	moves := EXISTS (SELECT 1 FROM creel.event_default d
		WHERE d.id >= low AND d.id < high);
	IF moves THEN
		LOCK TABLE ONLY creel.event IN ACCESS EXCLUSIVE MODE;
	END IF;
	-- Wait for transactions that are inserting there, to see their events.
	LOCK TABLE creel.event_default IN ACCESS EXCLUSIVE MODE;
	IF NOT moves AND EXISTS (SELECT 1 FROM creel.event_default d
			WHERE d.id >= low AND d.id < high) THEN
		RAISE lock_not_available USING MESSAGE = 'event_default had '
			'no events of ' || part || ', and has some now: to be '
			'run again';
	END IF;
	CREATE TEMPORARY TABLE stray ON COMMIT DROP AS
		SELECT * FROM creel.event_default d
		WHERE d.id >= low AND d.id < high;
	DELETE FROM creel.event_default d
	WHERE d.id >= low AND d.id < high;
	EXECUTE format('ALTER TABLE creel.event ATTACH PARTITION creel.%I
		FOR VALUES FROM (%L) TO (%L)', part, low, high);
	-- Through the log, which may be distributed.
	INSERT INTO creel.event SELECT * FROM stray;
	DROP TABLE stray;
	RETURN part;
END
$$;


-- Retention.  An event expires when its partition has ended as many days ago as
-- its application keeps such events (creel.retention()).  A partition in which
-- nothing is kept is dropped; in others, expired events are deleted in steps.
-- days, failed_days: retention_days and retention_failed_days in creel.conf.

-- Partitions in which nothing is kept any longer, until they are dropped.
CREATE TABLE creel.partition_expired (
	name text PRIMARY KEY,
	found_at timestamptz NOT NULL DEFAULT now()
);

-- Returns the days for which the events of an application are kept, those that
-- failed or all others; null: forever.  Events of an unknown application are kept
-- as long as those of most.
CREATE FUNCTION creel.retention(application text, failed boolean, days int,
		failed_days int)
	RETURNS int LANGUAGE sql STABLE
	RETURN (SELECT nullif(coalesce(
			CASE WHEN failed THEN nullif(coalesce(
				a.retention_failed_days, failed_days), 0) END,
			a.retention_days, days), 0)
		FROM (VALUES (application)) AS v (id)
		LEFT JOIN creel.application a ON a.id = v.id);

-- Returns whether events of a partition that ends with an id have expired.
CREATE FUNCTION creel.is_expired(ends uuid, days int) RETURNS boolean
	LANGUAGE sql STABLE
	RETURN coalesce(ends <= creel.uuid_floor(now()
		- make_interval(days => days)), false);

-- Returns whether a partition has an event that is kept.
CREATE FUNCTION creel.partition_lives(begins uuid, ends uuid, days int,
		failed_days int)
	RETURNS boolean LANGUAGE plpgsql
	SET plan_cache_mode = force_custom_plan
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off AS $$
DECLARE
	application text := '';
	which boolean;
BEGIN
	LOOP
		SELECT e.application_id INTO application
		FROM creel.event e
		WHERE e.application_id > application
			AND e.id >= begins AND e.id < ends
		ORDER BY e.application_id
		LIMIT 1;
		IF NOT FOUND THEN
			RETURN false;
		END IF;
		-- Those that failed first: they have an index.
		FOREACH which IN ARRAY '{t,f}'::boolean[] LOOP
			IF creel.is_expired(ends, creel.retention(application,
					which, days, failed_days)) THEN
				CONTINUE;
			END IF;
			IF which THEN
				PERFORM FROM creel.event e
				WHERE e.application_id = application
					AND (e.status, e.id) >= ('failed', begins)
					AND (e.status, e.id) < ('failed', ends)
					AND e.id >= begins AND e.id < ends
					AND e.status <> 'success'
				ORDER BY e.status, e.id
				LIMIT 1;
			ELSE
				PERFORM FROM creel.event e
				WHERE e.application_id = application
					AND e.id >= begins AND e.id < ends
					AND e.status <> 'failed'
				ORDER BY e.position, e.id
				LIMIT 1;
			END IF;
			IF FOUND THEN
				RETURN true;
			END IF;
		END LOOP;
	END LOOP;
END
$$;

-- Returns whether all of a partition has expired, and remembers since when.
CREATE FUNCTION creel.partition_ends(part text, begins uuid, ends uuid,
		days int, failed_days int)
	RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF creel.partition_lives(begins, ends, days, failed_days) THEN
		DELETE FROM creel.partition_expired p WHERE p.name = part;
		RETURN false;
	END IF;
	INSERT INTO creel.partition_expired (name) VALUES (part)
	ON CONFLICT DO NOTHING;
	RETURN true;
END
$$;

-- Keeps the current value of a data source, if it is in a range of ids that is to
-- be deleted.  Without effect on other hooks.
CREATE FUNCTION creel.value_keep(application text, hook text, begins uuid,
		ends uuid)
	RETURNS void LANGUAGE plpgsql
	SET plan_cache_mode = force_custom_plan
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off AS $$
DECLARE
	kept creel.kept_value;
BEGIN
	PERFORM FROM creel.hook h
	WHERE h.application_id = application AND h.id = hook
		AND h.kind = 'datasource'
	FOR KEY SHARE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	SELECT e.application_id, e.hook_id, e.id, e.content_type, e.reading,
		coalesce(convert_to(e.value, 'UTF8'), e.body)
	INTO kept
	FROM creel.event e
	WHERE e.application_id = application
		AND (e.hook_id, e.id) >= (hook, begins)
		AND (e.hook_id, e.id) < (hook, ends)
		AND e.id >= begins AND e.id < ends AND e.status = 'success'
	ORDER BY e.hook_id DESC, e.id DESC
	LIMIT 1;
	INSERT INTO creel.kept_value AS k
	SELECT kept.* WHERE kept.event_id IS NOT NULL
	ON CONFLICT (application_id, hook_id) DO UPDATE
	SET event_id = excluded.event_id, content_type = excluded.content_type,
		reading = excluded.reading, value = excluded.value
	WHERE k.event_id < excluded.event_id;
END
$$;

-- Where a walk over the hooks of a partition continues: first over the events
-- that did not fail, then over those that did.  event_id is null behind the last
-- event of the hook.
CREATE TYPE creel.retention_place AS (
	failed boolean,
	application_id text,
	hook_id text,
	event_id uuid
);

-- Walks over the hooks of a partition behind a place (null: all): keeps the
-- current values and, unless the partition is to be dropped, deletes the expired
-- events, most or 8 MiB of bodies at most.  next: where the next step continues;
-- remains: it is needed.
CREATE FUNCTION creel.partition_step(begins uuid, ends uuid, drops boolean,
		days int, failed_days int, most int,
		place creel.retention_place, OUT remains boolean,
		OUT next creel.retention_place, OUT deleted bigint)
	LANGUAGE plpgsql
	SET plan_cache_mode = force_custom_plan
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off AS $$
DECLARE
	first constant creel.retention_place := (false, '', '', NULL);
	looks int := most;
	bytes bigint := 0;
	n record;
BEGIN
	remains := true;
	next := CASE WHEN place.failed IS NULL THEN first ELSE place END;
	deleted := 0;
	WHILE looks > 0 AND deleted < most AND bytes < 8388608 LOOP
		looks := looks - 1;
		IF next.event_id IS NOT NULL THEN
			SELECT d.* INTO n
			FROM creel.expired_delete(next.application_id,
				next.hook_id, next.failed, next.event_id,
				begins, ends, (most - deleted)::int) AS d;
			deleted := deleted + n.deleted;
			bytes := bytes + n.bytes;
			next.event_id := n.last;
			CONTINUE;
		END IF;
		SELECT e.application_id, e.hook_id INTO n
		FROM creel.event e
		WHERE (e.application_id, e.hook_id)
				> (next.application_id, next.hook_id)
			AND e.id >= begins AND e.id < ends
			AND (e.status = 'failed') = next.failed
		ORDER BY e.application_id, e.hook_id
		LIMIT 1;
		IF NOT FOUND AND (next.failed OR drops) THEN
			remains := false;
			RETURN;
		ELSIF NOT FOUND THEN
			-- In another transaction, because the counts of the
			-- applications are locked in their order.
			next := (true, '', '', NULL);
			RETURN;
		END IF;
		next.application_id := n.application_id;
		IF NOT creel.is_expired(ends, creel.retention(n.application_id,
				next.failed, days, failed_days)) THEN
			next.hook_id := '~';	-- behind all of its hooks
			CONTINUE;
		END IF;
		next.hook_id := n.hook_id;
		IF NOT next.failed THEN
			PERFORM creel.value_keep(n.application_id, n.hook_id,
				begins, ends);
		END IF;
		IF NOT drops THEN
			next.event_id := creel.nil_uuid();
		END IF;
	END LOOP;
END
$$;

-- Drops a partition in which nothing is kept.  Fails with lock_not_available
-- rather than have a reader or writer wait: it is to be run again.  Not DETACH
-- PARTITION CONCURRENTLY, which PostgreSQL does not allow beside event_default,
-- nor Citus at all.  Without effect if it does not exist.
CREATE FUNCTION creel.partition_drop(part text) RETURNS void
	LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('lock_timeout', '5s', true);
	PERFORM pg_advisory_xact_lock(hashtext('creel.maintain'));
	DELETE FROM creel.partition_expired p WHERE p.name = part;
	IF EXISTS (SELECT FROM creel.event_partition p WHERE p.name = part) THEN
		-- Nothing but vacuum waits for this lock, and an autovacuum of
		-- the partition ends when it is waited for a second.
		EXECUTE format('LOCK TABLE creel.%I
			IN SHARE UPDATE EXCLUSIVE MODE', part);
		PERFORM creel.give_way();
		LOCK TABLE ONLY creel.event IN ACCESS EXCLUSIVE MODE;
		-- From here on, all that use the log wait.
		LOCK TABLE creel.event_default IN ACCESS EXCLUSIVE MODE NOWAIT;
		EXECUTE format('LOCK TABLE creel.%I
			IN ACCESS EXCLUSIVE MODE NOWAIT', part);
		EXECUTE format('DROP TABLE creel.%I', part);
	END IF;
END
$$;

-- Returns those of the ids that no event of the application has.
CREATE FUNCTION creel.events_gone(application text, ids uuid[]) RETURNS uuid[]
	LANGUAGE plpgsql STABLE
	SET plan_cache_mode = force_custom_plan
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off AS $$
DECLARE
	there constant uuid[] := ARRAY(SELECT e.id FROM creel.event e
		WHERE e.application_id = application AND e.id = ANY (ids)
		ORDER BY e.id);
BEGIN
	RETURN ARRAY(SELECT u.id FROM unnest(ids) AS u (id)
		WHERE u.id <> ALL (there));
END
$$;

-- Deletes the next rows of a table that belong to deleted events of an
-- application, from an event on that is older than before.  Looks at most rows.
-- Returns the last of their events, or null.
CREATE FUNCTION creel.attached_delete(part regclass, application text,
		since uuid, before uuid, most int)
	RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	ids uuid[];
BEGIN
	EXECUTE format('SELECT array_agg(DISTINCT r.event_id)
		FROM (SELECT event_id FROM %s
			WHERE application_id = $1 AND event_id > $2
				AND event_id < $3
			ORDER BY event_id
			LIMIT $4) AS r', part)
	INTO ids USING application, since, before, most;
	EXECUTE format('DELETE FROM %s
		WHERE application_id = $1 AND event_id = ANY ($2)', part)
	USING application, creel.events_gone(application, ids);
	RETURN ids[cardinality(ids)];
END
$$;

-- Deletes the next idempotency keys, replies and receipts of an application that
-- belong to events that retention has deleted, at most most of each, and of the
-- keys behind one.  As creel.deletion_step().
CREATE FUNCTION creel.retention_step(application text, days int,
		failed_days int, most int, reply uuid, receipt uuid,
		key creel.dedupe, OUT remains boolean, OUT last_reply uuid,
		OUT last_receipt uuid, OUT last_key creel.dedupe)
	LANGUAGE plpgsql AS $$
DECLARE
	nil constant uuid := creel.nil_uuid();
	before constant uuid := coalesce(creel.uuid_floor(now()
		- make_interval(days => least(
			creel.retention(application, false, days, failed_days),
			creel.retention(application, true, days,
				failed_days)))), nil);
BEGIN
	last_reply := creel.attached_delete('creel.reply', application,
		coalesce(reply, nil), before, most);
	last_receipt := creel.attached_delete('creel.receipt', application,
		coalesce(receipt, nil), before, most);
	last_key := creel.dedupe_delete(application, key, most, before);
	remains := num_nonnulls(last_reply, last_receipt, last_key.event_id) > 0;
	-- Its end must stay where it is while the other walks continue.
	last_reply := coalesce(last_reply, reply);
	last_receipt := coalesce(last_receipt, receipt);
	IF last_key.event_id IS NULL THEN
		last_key := key;
	END IF;
	-- Readers of the oldest events need it.
	DELETE FROM creel.device_left l
	WHERE l.application_id = application
		AND l.left_at < creel.uuid_time(before)
		AND l.left_at < (SELECT creel.uuid_time(p.begins)
			FROM creel.event_partition p
			ORDER BY p.begins
			LIMIT 1);
END
$$;

-- Returns what a body reads as.  json accepts all that a worker does, unlike
-- jsonb: U+0000, numbers of any size.
CREATE FUNCTION creel.event_body(reading text, value text, body bytea)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE reading
		WHEN 'json' THEN convert_from(body, 'UTF8')::json
		WHEN 'text' THEN to_json(convert_from(body, 'UTF8'))
		WHEN 'value' THEN value::json END;

-- Returns the event with an id in an application, and no row if there is none.
-- For statements that need other tables or functions that read tables: the log
-- may be distributed, and a statement that names it may run on another node.
CREATE FUNCTION creel.event_get(application text, event uuid)
	RETURNS SETOF creel.event LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
	RETURN QUERY SELECT e.*
	FROM creel.event e
	WHERE e.application_id = application AND e.id = event;
END
$$;

-- Returns the event with an id in any application.
CREATE FUNCTION creel.event_find(event uuid)
	RETURNS SETOF creel.event LANGUAGE plpgsql STABLE ROWS 1
	SET enable_seqscan = off AS $$
BEGIN
	RETURN QUERY SELECT e.*
	FROM creel.event e
	WHERE e.id = event;
END
$$;

-- Returns the bytes of an event that count, as a worker counts them.  Not of a
-- row, because the nodes of a distributed log do not have its type.
CREATE FUNCTION creel.event_bytes(path text, query text, headers json,
		body bytea, parsed json, query_json json, targets text[],
		value text)
	RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (octet_length(path) + octet_length(query)
		+ octet_length(headers::text) + octet_length(body)
		+ coalesce(octet_length(parsed::text), 0)
		+ coalesce(octet_length(query_json::text), 0)
		+ coalesce(octet_length(targets::text), 0)
		+ coalesce(octet_length(value), 0))::bigint;

-- Returns the number and the bytes of an application's events of each day before
-- one.
CREATE FUNCTION creel.event_count(application text, before date)
	RETURNS TABLE (at date, n bigint, size bigint)
	LANGUAGE plpgsql STABLE
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
BEGIN
	RETURN QUERY SELECT (creel.uuid_time(n.id) AT TIME ZONE 'UTC')::date,
		count(*), sum(n.size)::bigint
	FROM (
		SELECT e.id, creel.event_bytes(e.path, e.query, e.headers,
			e.body, e.parsed, e.query_json, e.targets, e.value)
			AS size
		FROM creel.event e
		WHERE e.application_id = application
			AND e.id < creel.uuid_floor(before::timestamp
				AT TIME ZONE 'UTC')
		ORDER BY e.position, e.id) AS n
	GROUP BY 1;
END
$$;

-- Corrects what is stored of an application.  Not of today: workers have counts
-- that they have not reported yet.
CREATE FUNCTION creel.usage_recount(application text) RETURNS void
	LANGUAGE plpgsql AS $$
DECLARE
	counts jsonb;
BEGIN
	-- Before the rows are locked, because it may take long.
	SELECT coalesce(jsonb_agg(c), '[]') INTO counts
	FROM creel.event_count(application, creel.today()) AS c;
	PERFORM FROM creel.usage u
	WHERE u.application_id = application
	ORDER BY u.day
	FOR UPDATE;
	UPDATE creel.usage u SET events = 0, bytes = 0
	WHERE u.application_id = application AND u.day < creel.today()
		AND u.day > '-infinity' AND (u.events <> 0 OR u.bytes <> 0);
	INSERT INTO creel.usage AS u (application_id, day, events, bytes)
	SELECT a.id, c.at, c.n, c.size
	FROM creel.application a
	CROSS JOIN jsonb_to_recordset(counts) AS c (at date, n bigint,
		size bigint)
	WHERE a.id = application
	ON CONFLICT (application_id, day) DO UPDATE
	SET events = excluded.events, bytes = excluded.bytes;
	INSERT INTO creel.usage AS u (application_id, day, events, bytes)
	SELECT a.id, '-infinity', coalesce(sum(d.events), 0),
		coalesce(sum(d.bytes), 0)
	FROM creel.application a
	LEFT JOIN creel.usage d ON d.application_id = a.id
		AND d.day > '-infinity'
	WHERE a.id = application
	GROUP BY a.id
	ON CONFLICT (application_id, day) DO UPDATE
	SET events = excluded.events, bytes = excluded.bytes;
END
$$;

-- Returns the days of which something is stored, according to the counts, but
-- which have no partition any longer and no event in event_default.
CREATE FUNCTION creel.usage_days() RETURNS SETOF date LANGUAGE plpgsql AS $$
DECLARE
	strays constant date[] := ARRAY(
		SELECT DISTINCT (creel.uuid_time(d.id) AT TIME ZONE 'UTC')::date
		FROM creel.event_default d);
BEGIN
	RETURN QUERY SELECT d.day
	FROM (
		SELECT DISTINCT u.day
		FROM creel.usage u
		WHERE (u.events <> 0 OR u.bytes <> 0) AND u.day > '-infinity'
			AND u.day < creel.today()
	) AS d
	WHERE d.day <> ALL (strays) AND NOT EXISTS (
		SELECT FROM creel.event_partition p
		WHERE p.begins < creel.uuid_floor((d.day + 1)::timestamp
				AT TIME ZONE 'UTC')
			AND p.ends > creel.uuid_floor(d.day::timestamp
				AT TIME ZONE 'UTC'))
	ORDER BY d.day;
END
$$;

-- Sets what is stored of a day to nothing, of the next applications, at most
-- most.  Returns whether another step is needed.
CREATE FUNCTION creel.usage_drop(at date, most int) RETURNS boolean
	LANGUAGE plpgsql AS $$
DECLARE
	applications constant text[] := ARRAY(
		SELECT u.application_id
		FROM creel.usage u
		WHERE u.day = at AND (u.events <> 0 OR u.bytes <> 0)
		ORDER BY u.application_id
		LIMIT most);
BEGIN
	PERFORM FROM creel.usage u
	WHERE u.application_id = ANY (applications) AND u.day = '-infinity'
	ORDER BY u.application_id
	FOR UPDATE;
	WITH dropped AS (
		UPDATE creel.usage u
		SET events = 0, bytes = 0
		FROM creel.usage o
		WHERE u.application_id = ANY (applications) AND u.day = at
			AND o.application_id = u.application_id
			AND o.day = u.day
		RETURNING o.application_id, o.events, o.bytes
	)
	UPDATE creel.usage u
	SET events = u.events - d.events, bytes = u.bytes - d.bytes
	FROM dropped d
	WHERE u.application_id = d.application_id AND u.day = '-infinity';
	RETURN cardinality(applications) = most;
END
$$;

-- Returns the event with an id in one of these applications or, unless it is
-- null, in one of an organization, and no row if there is none.  Until the end of
-- the transaction the other functions of the statement may read rows of the
-- event's application, which was not known before.  Runs as the owner.
CREATE FUNCTION creel.event_open(applications text[], event uuid,
		organization text)
	RETURNS SETOF creel.event LANGUAGE plpgsql ROWS 1
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	opened creel.event;
BEGIN
	SELECT e.* INTO opened
	FROM creel.event e
	WHERE e.application_id = ANY (applications) AND e.id = event;
	IF NOT FOUND AND organization IS NOT NULL THEN
		SELECT e.* INTO opened
		FROM creel.event_find(event) AS e
		JOIN creel.application a ON a.id = e.application_id
			AND a.organization_id = organization;
	END IF;
	IF FOUND THEN
		PERFORM set_config('creel.application', opened.application_id,
			true);
		RETURN NEXT opened;
	END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.event_open FROM PUBLIC;

-- A place in the order of the log.
CREATE TYPE creel.place AS (
	position bigint,
	id uuid
);

-- Deletes events of an application, and lowers what is stored of it.  Returns
-- their number.  The plan is for these ids.
CREATE FUNCTION creel.event_delete(application text, ids uuid[]) RETURNS bigint
	LANGUAGE plpgsql
	SET plan_cache_mode = force_custom_plan
	SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
	gone uuid[];
	sizes bigint[];
BEGIN
	WITH gone AS (
		DELETE FROM creel.event e
		WHERE e.application_id = application AND e.id = ANY (ids)
		RETURNING e.id, creel.event_bytes(e.path, e.query, e.headers,
			e.body, e.parsed, e.query_json, e.targets, e.value)
			AS size
	)
	SELECT array_agg(g.id), array_agg(g.size)
	INTO gone, sizes
	FROM gone g;
	PERFORM creel.usage_lower(application, gone, sizes);
	RETURN coalesce(cardinality(gone), 0);
END
$$;

-- Returns the number of events, of bodies of these sizes, that one step deletes,
-- 8 MiB but at least one, and the size of their bodies.
CREATE FUNCTION creel.event_step(sizes bigint[], OUT n int, OUT bytes bigint)
	LANGUAGE sql IMMUTABLE AS $$
	SELECT count(*)::int, coalesce(sum(s.size), 0)::bigint
	FROM (
		SELECT u.size, sum(u.size) OVER (ORDER BY u.i) - u.size AS before
		FROM unnest(sizes) WITH ORDINALITY AS u (size, i)) AS s
	WHERE s.before < 8388608
$$;

-- Deletes the next events of an application behind a place (null: from the first
-- on), in the order of the log: at most most, and no more after 8 MiB of bodies.
-- Returns their number, and the place of the last of them, or null.  Behind the
-- last, because an index entry of a deleted row costs time until a vacuum removes
-- it.
CREATE FUNCTION creel.events_delete(application text, since creel.place,
		most int, OUT deleted bigint, OUT last creel.place)
	LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	start constant bigint := coalesce(since.position, 0);
	event constant uuid := coalesce(since.id, creel.nil_uuid());
	least_id constant uuid := creel.position_floor(start);
	positions bigint[];
	ids uuid[];
	n int;
BEGIN
	SELECT array_agg(s.position), array_agg(s.id),
		(creel.event_step(array_agg(s.size))).n
	INTO positions, ids, n
	FROM (
		SELECT e.position, e.id, (pg_column_size(e.body)
			+ coalesce(pg_column_size(e.value), 0))::bigint AS size
		FROM creel.event e
		WHERE e.application_id = application AND e.id >= least_id
			AND (e.position, e.id) > (start, event)
		ORDER BY e.position, e.id
		LIMIT most) AS s;
	deleted := creel.event_delete(application, ids[:n]);
	IF n > 0 THEN
		last := ROW(positions[n], ids[n])::creel.place;
	END IF;
END
$$;

-- Deletes the next events of a hook behind an id, in a range of ids: those that
-- failed, or all others.  As above, and returns the size of their bodies.
CREATE FUNCTION creel.expired_delete(application text, hook text, failed boolean,
		since uuid, begins uuid, ends uuid, most int,
		OUT deleted bigint, OUT last uuid, OUT bytes bigint)
	LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	ids uuid[];
	sizes bigint[];
	n int;
BEGIN
	IF failed THEN
		SELECT array_agg(s.id), array_agg(s.size)
		INTO ids, sizes
		FROM (
			SELECT e.id, (pg_column_size(e.body) + coalesce(
				pg_column_size(e.value), 0))::bigint AS size
			FROM creel.event e
			WHERE e.application_id = application
				AND (e.hook_id, e.status, e.id)
					> (hook, 'failed', since)
				AND (e.hook_id, e.status, e.id)
					< (hook, 'failed', ends)
				AND e.id >= begins AND e.id < ends
				AND e.status <> 'success'
			ORDER BY e.hook_id, e.status, e.id
			LIMIT most) AS s;
	ELSE
		SELECT array_agg(s.id), array_agg(s.size)
		INTO ids, sizes
		FROM (
			SELECT e.id, (pg_column_size(e.body) + coalesce(
				pg_column_size(e.value), 0))::bigint AS size
			FROM creel.event e
			WHERE e.application_id = application
				AND (e.hook_id, e.id) > (hook, since)
				AND (e.hook_id, e.id) < (hook, ends)
				AND e.id >= begins AND e.id < ends
				AND e.status <> 'failed'
			ORDER BY e.hook_id, e.id
			LIMIT most) AS s;
	END IF;
	SELECT s.n, s.bytes INTO n, bytes FROM creel.event_step(sizes) AS s;
	deleted := creel.event_delete(application, ids[:n]);
	last := ids[n];
END
$$;

-- Looks at the next idempotency keys of an application behind one (null: the
-- first), at most most, and deletes them; before: only those of events that are
-- older and deleted (null: all).  Returns the last of them, or null.
CREATE FUNCTION creel.dedupe_delete(application text, since creel.dedupe,
		most int, before uuid DEFAULT NULL)
	RETURNS creel.dedupe LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off AS $$
DECLARE
	hook constant text := coalesce(since.hook_id, '');
	hash constant bytea := coalesce(since.principal, '');
	name constant text := coalesce(since.key, '');
	print constant bytea := coalesce(since.fingerprint, '');
	last creel.dedupe;
	gone uuid[];
BEGIN
	SELECT n.* INTO last
	FROM (
		SELECT d.*
		FROM creel.dedupe d
		WHERE d.application_id = application
			AND (d.hook_id, d.principal, d.key, d.fingerprint)
				> (hook, hash, name, print)
		ORDER BY d.hook_id, d.principal, d.key, d.fingerprint
		LIMIT most) AS n
	ORDER BY n.hook_id DESC, n.principal DESC, n.key DESC,
		n.fingerprint DESC
	LIMIT 1;
	IF before IS NOT NULL THEN
		gone := ARRAY(
			SELECT d.event_id
			FROM creel.dedupe d
			WHERE d.application_id = application
				AND (d.hook_id, d.principal, d.key,
					d.fingerprint)
					> (hook, hash, name, print)
				AND (d.hook_id, d.principal, d.key,
					d.fingerprint)
					<= (last.hook_id, last.principal,
						last.key, last.fingerprint)
				AND d.event_id < before);
		gone := creel.events_gone(application, gone);
	END IF;
	DELETE FROM creel.dedupe d
	WHERE d.application_id = application
		AND (d.hook_id, d.principal, d.key, d.fingerprint)
			> (hook, hash, name, print)
		AND (d.hook_id, d.principal, d.key, d.fingerprint)
			<= (last.hook_id, last.principal, last.key,
				last.fingerprint)
		AND (before IS NULL OR d.event_id = ANY (gone));
	RETURN last;
END
$$;

-- Deletes the next events and idempotency keys of a deleted application, at most
-- most of each, behind an event and a key (nulls: the first).  last_event,
-- last_key: where the next step continues; null: at the first, because one may
-- have been stored meanwhile.  remains: another step is needed.  A day after
-- nothing remained, no worker has an entry of its cache or a request from before
-- the deletion, and the deletion ends.
CREATE FUNCTION creel.deletion_step(application text, most int,
		event creel.place, key creel.dedupe, OUT remains boolean,
		OUT last_event creel.place, OUT last_key creel.dedupe)
	LANGUAGE plpgsql AS $$
DECLARE
	step record;
BEGIN
	remains := false;
	-- One step at a time, and none if the deletion has ended.
	PERFORM FROM creel.deletion d
	WHERE d.application_id = application
	FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	SELECT e.* INTO step
	FROM creel.events_delete(application, event, most) AS e;
	last_event := step.last;
	last_key := creel.dedupe_delete(application, key, most);
	remains := num_nonnulls(event.id, last_event.id, key.event_id,
		last_key.event_id) > 0;
	UPDATE creel.deletion d
	SET events = d.events + step.deleted, emptied_at = CASE WHEN remains
		THEN d.emptied_at ELSE coalesce(d.emptied_at, now()) END
	WHERE d.application_id = application;
	DELETE FROM creel.deletion d
	WHERE d.application_id = application AND NOT remains
		AND d.emptied_at < now() - interval '1 day';
END
$$;

-- Erasures of single events (creelctl erase), finished or not.  Not of the
-- application, because it proves what was done even after that is deleted.
CREATE TABLE creel.erasure (
	id creel.object_id PRIMARY KEY,
	application_id creel.object_id NOT NULL,
	role text NOT NULL DEFAULT session_user,
	paths text[] NOT NULL,		-- without the values
	hook_id creel.object_id,
	since timestamptz,
	until timestamptz,
	-- SHA-256 of the id and the command, in hex, by which the command finds
	-- what it has to continue; null when it is finished, because a value
	-- could be guessed from it.
	command text,
	-- Events up to this place in the order of the log are done.
	position bigint NOT NULL DEFAULT 0,
	event_id uuid NOT NULL DEFAULT creel.nil_uuid(),
	events bigint NOT NULL DEFAULT 0,	-- erased so far
	began_at timestamptz NOT NULL DEFAULT now(),
	finished_at timestamptz,
	CHECK ((command IS NULL) = (finished_at IS NOT NULL))
);

CREATE FUNCTION creel.erasure_json(e creel.erasure) RETURNS json
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_build_object(
		'id', e.id,
		'applicationId', e.application_id,
		'role', e.role,
		'paths', e.paths,
		'hookId', e.hook_id,
		'since', creel.iso(e.since),
		'until', creel.iso(e.until),
		'events', e.events,
		'beganAt', creel.iso(e.began_at),
		'finishedAt', creel.iso(e.finished_at));

-- Returns the next events of an application behind a cursor and below a position,
-- in the order of the log: at most most, and no more after 8 MiB of them.  wanted
-- are those of a hook (null: any) with an id in [low, high); only these have their
-- body, its value, headers, query_json and parsed.
CREATE FUNCTION creel.erasure_scan(application text, hook text, low uuid,
		high uuid, since bigint, event uuid, until bigint, most int)
	RETURNS TABLE ("position" bigint, id uuid, wanted boolean, hook_id text,
		received_at timestamptz, reading text, value text, body bytea,
		content_type text, headers json, method text, path text,
		query text, query_json json, principal text,
		remote_address text, parsed json)
	LANGUAGE plpgsql STABLE
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off
	SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	least_id constant uuid := greatest(low, creel.position_floor(since));
BEGIN
	RETURN QUERY SELECT n.position, n.id, n.wanted, n.hook_id,
		n.received_at, n.reading,
		CASE WHEN n.wanted THEN n.value END,
		CASE WHEN n.wanted THEN n.body END,
		n.content_type,
		CASE WHEN n.wanted THEN n.headers END,
		n.method, n.path, n.query,
		CASE WHEN n.wanted THEN n.query_json END,
		n.principal, n.remote_address,
		CASE WHEN n.wanted THEN n.parsed END
	FROM (
		SELECT w.*, coalesce(sum(w.weight) FILTER (WHERE w.wanted)
			OVER (ORDER BY w.position, w.id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
			AS before
		FROM (
			SELECT e.*, creel.event_size(e.value, e.body)
				+ octet_length(e.body) AS weight,
				(hook IS NULL OR e.hook_id = hook)
					AND e.id < high AS wanted
			FROM creel.event e
			WHERE e.application_id = application
				AND e.id >= least_id
				AND (e.position, e.id) > (since, event)
				AND e.position < until
			ORDER BY e.position, e.id
			LIMIT most) AS w) AS n
	WHERE n.before < 8388608
	ORDER BY n.position, n.id;
END
$$;

-- Erases events of an application, and all that is stored for them, in one step
-- of an erasure; then sets its cursor (nulls: leaves it).  Returns false if it has
-- to be called with the same events again: there are more than most receipts; and
-- null if the application has been deleted.  Locks the application first, as all
-- statements that delete do.
CREATE FUNCTION creel.erasure_step(erasure text, application text, events uuid[],
		new_position bigint, new_event uuid, most int)
	RETURNS boolean LANGUAGE plpgsql
	SET enable_seqscan = off AS $$
DECLARE
	n bigint;
	kept bigint;
BEGIN
	PERFORM FROM creel.application a WHERE a.id = application
		FOR KEY SHARE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	-- One step of an erasure at a time.
	PERFORM FROM creel.erasure e WHERE e.id = erasure FOR UPDATE;
	DELETE FROM creel.receipt r
	USING (
		SELECT o.event_id, o.device_id, o.step
		FROM creel.receipt o
		WHERE o.application_id = application
			AND o.event_id = ANY (events)
		LIMIT most) AS l
	WHERE r.application_id = application AND r.event_id = l.event_id
		AND r.device_id = l.device_id AND r.step = l.step;
	GET DIAGNOSTICS n = ROW_COUNT;
	IF n = most THEN
		RETURN false;
	END IF;
	DELETE FROM creel.reply r
	WHERE r.application_id = application AND r.event_id = ANY (events);
	DELETE FROM creel.dedupe d
	WHERE d.application_id = application AND d.event_id = ANY (events);
	DELETE FROM creel.kept_value k
	WHERE k.application_id = application AND k.event_id = ANY (events);
	GET DIAGNOSTICS kept = ROW_COUNT;
	n := creel.event_delete(application, events);
	-- All of the events are in the log, or values of such are kept.
	UPDATE creel.erasure e
	SET events = e.events + greatest(n, kept),
		position = coalesce(new_position, e.position),
		event_id = coalesce(new_event, e.event_id)
	WHERE e.id = erasure;
	RETURN true;
END
$$;

-- What lists show of an event.
CREATE VIEW creel.event_summary AS
	SELECT id, application_id, hook_id, status, received_at, principal,
		method, path, content_type, octet_length(body) AS size, position
	FROM creel.event;

CREATE FUNCTION creel.event_summary_json(e creel.event_summary) RETURNS json
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_build_object(
		'id', e.id,
		'applicationId', e.application_id,
		'hookId', e.hook_id,
		'status', e.status,
		'receivedAt', creel.iso(e.received_at),
		'principal', e.principal,
		'method', e.method,
		'path', e.path,
		'contentType', e.content_type,
		'size', e.size);

-- Returns the newest events of an application, of a hook and with a status (null:
-- any), with ids from low on, below a position (null: all), at most most.  Each
-- combination is a statement of its own, which reads its index: in the order of
-- ids or, if an application alone selects the events, in that of the log, which
-- has no position below the time of low by more than an hour if the clocks are
-- right.
CREATE FUNCTION creel.event_list(application text, hook text, wanted text,
		low uuid, until bigint, most bigint)
	RETURNS SETOF creel.event_summary LANGUAGE plpgsql STABLE
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	-- The columns of the index, and the ends of its range.
	names text[] := '{id}';
	low_row text[] := '{$4}';
	high_row text[] := '{$7}';
BEGIN
	IF wanted <> 'success' THEN
		names := array_prepend('status', names);
		low_row := array_prepend('$3', low_row);
		high_row := array_prepend('$3', high_row);
	ELSIF application IS NOT NULL AND hook IS NULL THEN
		names := array_prepend('position', names);
		low_row := array_prepend('$8', low_row);
		high_row := array_prepend('$5', high_row);
	END IF;
	IF hook IS NOT NULL THEN
		names := array_prepend('hook_id', names);
		low_row := array_prepend('$2', low_row);
		high_row := array_prepend('$2', high_row);
	END IF;
	RETURN QUERY EXECUTE concat('SELECT e.*
		FROM creel.event_summary e
		WHERE e.id >= $4 AND e.position < $5',
		CASE WHEN application IS NOT NULL
			THEN ' AND e.application_id = $1' END,
		CASE WHEN wanted IS NOT NULL THEN ' AND e.status = $3' END,
		format(' AND (%1$s) >= (%2$s) AND (%1$s) <= (%3$s)
			ORDER BY %4$s DESC
			LIMIT $6', array_to_string(names, ', '),
			array_to_string(low_row, ', '),
			array_to_string(high_row, ', '),
			array_to_string(names, ' DESC, ')))
		USING application, hook, wanted, low,
			coalesce(until, 9223372036854775807), most,
			creel.last_uuid(),
			(extract(epoch FROM creel.uuid_time(low)) - 3600)::bigint
				* 1000000;
END
$$;

-- Returns the events of an application behind a cursor and below a position,
-- oldest first: of a hook and with a status (null: any), at most most.
CREATE FUNCTION creel.event_tail(application text, hook text, wanted text,
		since bigint, event uuid, until bigint, most bigint)
	RETURNS SETOF creel.event_summary LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off AS $$
DECLARE
	least_id constant uuid := creel.position_floor(since);
BEGIN
	RETURN QUERY SELECT e.*
	FROM creel.event_summary e
	WHERE e.application_id = application AND e.id >= least_id
		AND (e.position, e.id) > (since, event)
		AND e.position < until
		AND (hook IS NULL OR e.hook_id = hook)
		AND (wanted IS NULL OR e.status = wanted)
	ORDER BY e.position, e.id
	LIMIT event_tail.most;
END
$$;

-- Returns the events of all applications, deleted ones included, as above.  Reads
-- event_recent: the cost of entries of other indexes keeps the planner from the
-- primary key, in which a day's events are behind least_id.
CREATE FUNCTION creel.event_tail_all(wanted text, since bigint, event uuid,
		until bigint, most bigint)
	RETURNS SETOF creel.event_summary LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_indexscan = off
	SET cpu_index_tuple_cost = 1e12 AS $$
DECLARE
	least_id constant uuid := creel.position_floor(since);
BEGIN
	RETURN QUERY SELECT e.*
	FROM creel.event_summary e
	WHERE e.id >= least_id AND e.position >= since
		AND (e.position, e.id) > (since, event)
		AND e.position < until
		AND (wanted IS NULL OR e.status = wanted)
	ORDER BY e.position, e.id
	LIMIT event_tail_all.most;
END
$$;

-- Returns the length of the text that a body reads as, without reading it from
-- out-of-line storage: a small body may have a large value.
CREATE FUNCTION creel.event_size(value text, body bytea) RETURNS bigint
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN coalesce(octet_length(value), octet_length(body))::bigint;

-- The bodies of events, for readers that use SQL.
CREATE VIEW creel.event_json AS
	SELECT application_id, id, hook_id, received_at, status, principal,
		creel.event_body(reading, value, body) AS body
	FROM creel.event;


-- Readers: the feed of an application's events, a page at a time, each page
-- limited in size and in the time it takes.

-- The data of events, for workflows.
CREATE VIEW creel.event_data WITH (security_invoker) AS
	SELECT e.application_id, e.hook_id, e.id, e.position, e.status,
		e.received_at, e.principal, d.data
	FROM creel.event e
	CROSS JOIN LATERAL (
		SELECT json_object_agg(m.name, m.value)
		FROM (VALUES
			('body', creel.event_body(e.reading, e.value, e.body)),
			('headers', (e.headers::jsonb || jsonb_build_object(
				'x-forwarded-for', e.remote_address))::json),
			('method', to_json(lower(e.method))),
			('path', to_json(e.path)),
			('query', coalesce(e.query_json,
				CASE e.query WHEN '' THEN '{}'::json
				ELSE to_json(e.query) END)),
			('replyId', to_json(CASE WHEN e.waits
				THEN e.hook_id || '.' || e.id END))
			) AS m (name, value)
		WHERE m.value IS NOT NULL OR m.name = 'body'
	) AS d (data);

-- Returns an event as Losant's workflows receive it.  kind is that of its hook;
-- if the hook was deleted, the event's principal shows whether it was a webhook:
-- callers of webhooks have the hook's name.
CREATE FUNCTION creel.event_item(event uuid, received timestamptz, data json,
		application text, application_name text, hook text, kind text,
		principal text)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_build_object(
		'id', event,
		'time', creel.iso(received),
		'data', data,
		'applicationId', application,
		'applicationName', application_name,
		'triggerId', hook,
		'triggerType', coalesce(kind, CASE
			WHEN principal = 'hook:' || hook THEN 'webhook' END),
		'relayId', '000000000000000000000000',
		'relayType', 'public',
		'globals', '{}'::json);

-- Events as Losant's workflows receive them, for readers that use SQL or HTTP.
-- To follow the log, read in the order of (position, id), below a horizon that
-- an earlier statement has read: creel.horizon(creel.highest_position()).
CREATE VIEW creel.event_payload AS
	SELECT e.application_id, e.hook_id, e.id, e.position, e.status,
		creel.event_item(e.id, e.received_at, e.data, e.application_id,
			a.name, e.hook_id, h.kind, e.principal) AS payload
	FROM creel.event_data e
	LEFT JOIN creel.application a ON a.id = e.application_id
	LEFT JOIN creel.hook h ON h.application_id = e.application_id
		AND h.id = e.hook_id;

-- An event that may be on a page, before its payload is built.
CREATE TYPE creel.candidate AS (
	position bigint,
	id uuid,
	weight bigint
);

-- Size of each event's payload in bytes, estimated without reading out-of-line
-- storage: compressed headers may be as large as the head of a request can be.
CREATE VIEW creel.event_candidate WITH (security_invoker) AS
	SELECT e.application_id, e.hook_id, e.id, e.position,
		creel.event_size(e.value, e.body)
		+ CASE WHEN pg_column_compression(e.headers) IS NULL
			THEN pg_column_size(e.headers) ELSE 65536 END
		+ 2 * octet_length(e.query) + octet_length(e.path) + 512
		AS weight
	FROM creel.event e;

-- Returns the page at the start of candidates, in their order: at most size
-- events and about 4 MiB, but at least one event.  cut: some candidates are not
-- on it.  VOLATILE, because they may be newer than the statement's snapshot.  A
-- cached plan may be older than the contents of a partition or table, so
-- sequential scans are off.
CREATE FUNCTION creel.event_page(application text,
		candidates creel.candidate[], size int,
		OUT n int, OUT cut boolean, OUT items json,
		OUT last creel.candidate)
	LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
	ids uuid[];
BEGIN
	n := 0;
	cut := false;
	items := '[]';
	-- The usual case of long polls.
	IF cardinality(candidates) = 0 THEN
		RETURN;
	END IF;
	ids := ARRAY(
		SELECT c.id
		FROM (SELECT u.id, u.i, sum(u.weight) OVER (ORDER BY u.i) AS total
			FROM unnest(candidates)
				WITH ORDINALITY AS u (position, id, weight, i))
			AS c
		WHERE c.i = 1 OR (c.i <= size AND c.total <= 4194304)
		ORDER BY c.i);
	n := cardinality(ids);
	cut := n < cardinality(candidates);
	last := candidates[n];
	-- The log alone, which may be distributed, and then the rest.
	WITH event AS MATERIALIZED (
		SELECT c.i, e.*
		FROM unnest(ids) WITH ORDINALITY AS c (id, i)
		CROSS JOIN LATERAL (
			SELECT d.hook_id, d.received_at, d.principal, d.data
			FROM creel.event_data d
			WHERE d.application_id = application AND d.id = c.id
			LIMIT 1) AS e
	)
	SELECT json_agg(creel.event_item(ids[e.i], e.received_at, e.data,
		application, a.name, e.hook_id, h.kind, e.principal)
		ORDER BY e.i)
	INTO items
	FROM event e
	LEFT JOIN creel.application a ON a.id = application
	LEFT JOIN creel.hook h ON h.application_id = application
		AND h.id = e.hook_id;
END
$$;

-- Returns the position below which a reader of an application may read from its
-- cursor on (nulls: it has none); since if nothing is new.  commands: only events
-- that target devices count.  A cursor that is older than a day is passed on even
-- if there is nothing behind it, to an hour ago, so that later calls read no old
-- partitions.
CREATE FUNCTION creel.event_horizon(application text, since bigint,
		event uuid, commands boolean)
	RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	hour constant bigint := 3600000000;
	recent bigint := coalesce(since, 0);
	newest bigint;
BEGIN
	IF recent < creel.clock() - 24 * hour THEN
		recent := greatest(recent, creel.highest_position() - hour);
	END IF;
	newest := creel.event_last(application, recent,
		coalesce(event, creel.nil_uuid()), commands);
	RETURN CASE WHEN newest IS NULL AND recent = since THEN since
		ELSE greatest(since, creel.horizon(coalesce(newest, recent),
			application))
		END;
END
$$;

-- Returns, while readers wait, which of these have news from a position on
-- (null: unknown, no reader is returned): each is a reader of an application's
-- "events" or "commands", and its id.  until: the position for the next call.
-- Runs as the owner, because the readers are of many applications.
CREATE FUNCTION creel.event_news(since bigint, readers text[])
	RETURNS TABLE (until bigint, reader text) LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	highest constant bigint := creel.highest_position();
BEGIN
	until := since;
	IF since IS NULL OR highest >= since THEN
		until := creel.horizon(highest);
	END IF;
	IF since IS NOT NULL AND highest >= since THEN
		RETURN QUERY SELECT event_news.until, r.reader
		FROM unnest(readers) AS r (reader)
		WHERE creel.event_last(split_part(r.reader, ' ', 2), since,
			creel.nil_uuid(), r.reader LIKE 'commands %')
			IS NOT NULL;
	END IF;
	IF NOT FOUND THEN
		RETURN NEXT;
	END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.event_news FROM PUBLIC;

-- Returns the events of an application behind a cursor and below a position,
-- oldest first: of the hooks (null: all), up to one more than size.  Looks at a
-- few thousand events of other hooks at most, so that it is never slow.
-- last_position, last_event: where to continue, unless the page ends earlier.
-- more: it stopped before until.
CREATE FUNCTION creel.event_follow(application text, hooks text[],
		since bigint, event uuid, until bigint, size int,
		OUT candidates creel.candidate[], OUT last_position bigint,
		OUT last_event uuid, OUT more boolean)
	LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	look constant int := CASE WHEN hooks IS NULL THEN size + 1
		ELSE 5000 END;
	least_id uuid;
BEGIN
	candidates := '{}';
	last_position := since;
	last_event := event;
	more := false;
	IF until <= since THEN
		RETURN;
	END IF;
	least_id := creel.position_floor(since);
	WITH looked AS MATERIALIZED (
		SELECT e.position, e.id, e.weight,
			hooks IS NULL OR e.hook_id = ANY (hooks) AS wanted
		FROM creel.event_candidate e
		WHERE e.application_id = application AND e.id >= least_id
			AND (e.position, e.id) > (since, event)
			AND e.position < until
		ORDER BY e.position, e.id
		LIMIT look
	)
	SELECT ARRAY(SELECT ROW(l.position, l.id, l.weight)::creel.candidate
			FROM looked l
			WHERE l.wanted
			LIMIT size + 1),
		n.looked = look, o.position, o.id
	INTO candidates, more, last_position, last_event
	FROM (SELECT count(*) FROM looked) AS n (looked)
	LEFT JOIN (SELECT l.position, l.id FROM looked l
		OFFSET look - 1) AS o ON true;
	IF NOT more THEN
		last_position := until;
		last_event := creel.nil_uuid();
	END IF;
END
$$;

-- Returns the events of an application below a position and behind an event (the
-- nil UUID: all), up to one more than size: of the hooks by id, no more rows per
-- hook than that; of all hooks (null) in the order of the log.
CREATE FUNCTION creel.event_history(application text, hooks text[],
		until bigint, event uuid, size int)
	RETURNS creel.candidate[] LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	since bigint;
	least_id uuid;
BEGIN
	IF hooks IS NULL THEN
		-- The cursor may be of a list of some hooks.
		since := coalesce((SELECT e.position
			FROM creel.event e
			WHERE e.application_id = application AND e.id = event),
			0);
		least_id := creel.position_floor(since);
		RETURN ARRAY(
			SELECT ROW(e.position, e.id, e.weight)::creel.candidate
			FROM creel.event_candidate e
			WHERE e.application_id = application
				AND e.id >= least_id
				AND (e.position, e.id) > (since, event)
				AND e.position < until
			ORDER BY e.position, e.id
			LIMIT size + 1);
	END IF;
	RETURN ARRAY(
		SELECT ROW(c.position, c.id, c.weight)::creel.candidate
		FROM (SELECT DISTINCT unnest(hooks)) AS h (id)
		CROSS JOIN LATERAL (
			SELECT e.position, e.id, e.weight
			FROM creel.event_candidate e
			WHERE e.application_id = application
				AND (e.hook_id, e.id) > (h.id, event)
				AND (e.hook_id, e.id) <= (h.id, creel.last_uuid())
				AND e.id > event AND e.position < until
			ORDER BY e.hook_id, e.id
			LIMIT size + 1) AS c
		ORDER BY c.id
		LIMIT size + 1);
END
$$;

-- Returns the events of an application before an event, newest first, up to one
-- more than size: of the hooks by id; of all hooks (null) in the order of the log.
-- since: the position of the event.
CREATE FUNCTION creel.event_newest(application text, hooks text[],
		since bigint, event uuid, size int)
	RETURNS creel.candidate[] LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
BEGIN
	IF hooks IS NULL THEN
		RETURN ARRAY(
			SELECT ROW(e.position, e.id, e.weight)::creel.candidate
			FROM creel.event_candidate e
			WHERE e.application_id = application
				AND (e.position, e.id) < (since, event)
			ORDER BY e.position DESC, e.id DESC
			LIMIT size + 1);
	END IF;
	RETURN ARRAY(
		SELECT ROW(c.position, c.id, c.weight)::creel.candidate
		FROM (SELECT DISTINCT unnest(hooks)) AS h (id)
		CROSS JOIN LATERAL (
			SELECT e.position, e.id, e.weight
			FROM creel.event_candidate e
			WHERE e.application_id = application
				AND (e.hook_id, e.id) < (h.id, event)
				AND (e.hook_id, e.id) >= (h.id, creel.nil_uuid())
				AND e.id < event
			ORDER BY e.hook_id DESC, e.id DESC
			LIMIT size + 1) AS c
		ORDER BY c.id DESC
		LIMIT size + 1);
END
$$;

-- Returns the newest successful event of a hook, with an id from low on.
CREATE FUNCTION creel.event_current(application text, hook text, low uuid)
	RETURNS TABLE (id uuid, content_type text, value bytea)
	LANGUAGE plpgsql STABLE ROWS 1
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
BEGIN
	RETURN QUERY SELECT e.id, e.content_type,
		coalesce(convert_to(e.value, 'UTF8'), e.body)
	FROM creel.event e
	WHERE e.application_id = application
		AND (e.hook_id, e.id) >= (hook, low)
		AND (e.hook_id, e.id) <= (hook, creel.last_uuid())
		AND e.id >= low AND e.status = 'success'
	ORDER BY e.hook_id DESC, e.id DESC
	LIMIT 1;
END
$$;


-- Forms: hooks that check the fields of each event, and views of their records.

-- Returns whether a form accepts calls while it is enabled.
CREATE FUNCTION creel.form_has_webhook(h creel.hook) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN coalesce(h.settings->'appUsage' ? 'Webhook', false);

-- Returns a form as clients read it.
CREATE FUNCTION creel.form_json(h creel.hook, links boolean) RETURNS json
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', h.id,
		'formId', h.id,
		'applicationId', h.application_id,
		'creationDate', creel.iso(h.created_at),
		'lastUpdated', creel.iso(h.updated_at),
		'name', h.name,
		'description', nullif(h.description, ''),
		'fields', h.settings->'fields',
		'appUsage', coalesce(h.settings->'appUsage', '[]'),
		'lenient', coalesce(h.settings->'lenient', 'false'),
		'timeZone', coalesce(h.settings->>'timeZone', 'UTC'),
		'enabled', h.enabled,
		'appKey', h.handle,
		'_type', 'form',
		'_links', CASE WHEN links THEN creel.links(
			h.application_id, 'forms', h.id) END));

-- Returns a text as a date, or null.  Unlike a cast it never fails, and needs
-- no subtransaction.
CREATE FUNCTION creel.text_date(text) RETURNS date
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	first date;
	day int;
BEGIN
	IF $1 !~ ('^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])'
			'-(0[1-9]|[12][0-9]|3[01])$') THEN
		RETURN NULL;
	END IF;
	first := make_date(substr($1, 1, 4)::int, substr($1, 6, 2)::int, 1);
	day := substr($1, 9, 2)::int;
	RETURN CASE WHEN day <= 28 OR extract(month FROM first + (day - 1))
		= extract(month FROM first) THEN first + (day - 1) END;
END
$$;

-- Returns a text as a timestamp (RFC 3339), or null: the texts that
-- timestamp_time_wrong() accepts, and a leap second in any minute.
CREATE FUNCTION creel.text_timestamp(text) RETURNS timestamptz
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF $1 !~ ('^.{10}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:'
			'([0-5][0-9](\.[0-9]{1,9})?|60(\.0{1,9})?)'
			'([Zz]|[+-](0[0-9]|1[0-5]):[0-5][0-9])$')
			OR creel.text_date(left($1, 10)) IS NULL THEN
		RETURN NULL;
	END IF;
	RETURN $1::timestamptz;
END
$$;

-- Views for readers of records that use SQL, at most one per form.  They are in
-- a schema of their own, so that a view can have any name.
CREATE SCHEMA IF NOT EXISTS creel_form;
CREATE TABLE creel.form_view (
	application_id creel.object_id NOT NULL,
	hook_id creel.object_id NOT NULL,
	name text COLLATE "C" NOT NULL,
	PRIMARY KEY (application_id, hook_id)
);

-- Drops the view of a deleted form.  Runs as the owner of the view.  A view
-- that other objects depend on stays.
CREATE FUNCTION creel.drop_form_view() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	gone text;
BEGIN
	DELETE FROM creel.form_view v
	WHERE v.application_id = OLD.application_id AND v.hook_id = OLD.id
	RETURNING v.name INTO gone;
	IF FOUND THEN
		BEGIN
			EXECUTE format('DROP VIEW IF EXISTS creel_form.%I',
				gone);
		EXCEPTION
			WHEN dependent_objects_still_exist THEN
				NULL;
		END;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER drop_view AFTER DELETE ON creel.hook
	FOR EACH ROW WHEN (OLD.kind = 'form')
	EXECUTE FUNCTION creel.drop_form_view();

-- Returns an unused name for a column or a view: cut to 63 bytes, as PostgreSQL
-- does, and with a number if it is taken.
CREATE FUNCTION creel.free_name(wanted text, taken text[]) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	n int := 1;
	suffix text := '';
	name text := left(wanted, 63);
BEGIN
	LOOP
		WHILE octet_length(name || suffix) > 63 LOOP
			name := left(name, -1);
		END LOOP;
		IF name || suffix <> ALL (taken) THEN
			RETURN name || suffix;
		END IF;
		n := n + 1;
		suffix := '_' || n;
	END LOOP;
END
$$;

-- Returns the SQL of a form's view.  A value of another type than the field has
-- now, stored before the form was changed, is null.  A cast to numeric cannot
-- fail: PostgreSQL accepts every number that a form accepts.
CREATE FUNCTION creel.form_select(h creel.hook) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
DECLARE
	columns text[] := '{event_id,received_at,user_email}';
	list text := 'e.id AS event_id, e.received_at, creel.user_email(
		e.principal) AS user_email';
	field jsonb;
	name text;
BEGIN
	FOR field IN SELECT jsonb_array_elements(h.settings->'fields') LOOP
		name := creel.free_name(field->>'name', columns);
		columns := columns || name;
		list := list || format(', CASE WHEN json_typeof(
			e.parsed -> %1$L) = ANY (%2$L) THEN ' || CASE field->>'type'
				WHEN 'number' THEN
					'(e.parsed ->> %1$L)::numeric'
				WHEN 'boolean' THEN
					'(e.parsed ->> %1$L)::boolean'
				WHEN 'date' THEN
					'creel.text_date(e.parsed ->> %1$L)'
				WHEN 'date-time' THEN
					'creel.text_timestamp(e.parsed ->> %1$L)'
				WHEN 'list' THEN 'e.parsed -> %1$L'
				WHEN 'object' THEN 'e.parsed -> %1$L'
				ELSE 'e.parsed ->> %1$L' END || ' END AS %3$I',
			field->>'name', CASE field->>'type'
				WHEN 'number' THEN '{number}'
				WHEN 'boolean' THEN '{boolean}'
				WHEN 'list' THEN '{array}'
				WHEN 'object' THEN '{object}'
				WHEN 'text' THEN '{string,number,boolean}'
				ELSE '{string}' END, name);
	END LOOP;
	RETURN format('SELECT %s FROM creel.event e
		WHERE e.application_id = %L AND e.hook_id = %L
			AND e.status = ''success''', list, h.application_id,
		h.id);
END
$$;

-- Creates or replaces the view of a form, by its current fields; returns the
-- view's name.  Null: no such form, or another object has the wanted name.
-- Without a name it keeps its old one, or gets one like the form's.  Grants on
-- the view are kept.  A reader's own functions see only rows of the view
-- (security_barrier).
CREATE FUNCTION creel.form_view_create(application text, form text, wanted text)
	RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	h creel.hook;
	old text;
	name text := wanted;
	rights text[];
	one text;
BEGIN
	-- Two concurrent calls would choose the same name.
	PERFORM pg_advisory_xact_lock(hashtext('creel.form_view'));
	SELECT k.* INTO h FROM creel.hook k WHERE k.application_id = application
		AND k.id = form AND k.kind = 'form' FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	SELECT v.name INTO old FROM creel.form_view v
	JOIN pg_class c ON c.relname = v.name
		AND c.relnamespace = 'creel_form'::regnamespace
	WHERE v.application_id = application AND v.hook_id = form;
	name := coalesce(wanted, old, creel.free_name(
		coalesce(nullif(trim(BOTH '_' FROM regexp_replace(
			lower(h.name), '[^[:alnum:]]+', '_', 'g')), ''),
			'form'),
		ARRAY(SELECT c.relname::text FROM pg_class c
			WHERE c.relnamespace = 'creel_form'::regnamespace)));
	IF name IS DISTINCT FROM old AND to_regclass(
			format('creel_form.%I', name)) IS NOT NULL THEN
		RETURN NULL;
	END IF;
	IF old <> name THEN
		EXECUTE format('ALTER VIEW creel_form.%I RENAME TO %I', old,
			name);
	END IF;
	INSERT INTO creel.form_view AS v (application_id, hook_id, name)
	VALUES (application, form, name)
	ON CONFLICT (application_id, hook_id)
		DO UPDATE SET name = excluded.name;
	BEGIN
		EXECUTE format('CREATE OR REPLACE VIEW creel_form.%I
			WITH (security_barrier) AS %s', name,
			creel.form_select(h));
	EXCEPTION
		WHEN invalid_table_definition THEN
			rights := ARRAY(SELECT format(
					'GRANT %s ON creel_form.%I TO %s',
					a.privilege_type, name,
					CASE a.grantee WHEN 0 THEN 'PUBLIC'
					ELSE a.grantee::regrole::text END)
				FROM pg_class c
				CROSS JOIN LATERAL aclexplode(c.relacl) AS a
				WHERE c.oid = to_regclass(
					format('creel_form.%I', name))
					AND a.grantee <> c.relowner);
			EXECUTE format('DROP VIEW creel_form.%I', name);
			EXECUTE format('CREATE VIEW creel_form.%I
				WITH (security_barrier) AS %s', name,
				creel.form_select(h));
			FOREACH one IN ARRAY rights LOOP
				EXECUTE one;
			END LOOP;
	END;
	RETURN name;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.form_view_create FROM PUBLIC;

-- Returns the newest events of a form with a status (null: any) and ids in
-- [low, high), at most size.  Runs as the owner, because a page has forms of many
-- applications (creel.forms_of()).
CREATE FUNCTION creel.form_events(application text, form text, wanted text,
		low uuid, high uuid, size bigint)
	RETURNS TABLE (id uuid, status text, principal text,
		received_at timestamptz, completed_at timestamptz, remarks text)
	LANGUAGE plpgsql STABLE
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
BEGIN
	-- The index of those that did not succeed.
	IF wanted <> 'success' THEN
		RETURN QUERY SELECT e.id, e.status, e.principal, e.received_at,
			e.completed_at, e.remarks
		FROM creel.event e
		WHERE e.application_id = application
			AND (e.hook_id, e.status, e.id) >= (form, wanted, low)
			AND (e.hook_id, e.status, e.id) < (form, wanted, high)
			AND e.id >= low AND e.id < high
			AND e.status <> 'success'
		ORDER BY e.hook_id DESC, e.status DESC, e.id DESC
		LIMIT size;
	ELSE
		RETURN QUERY SELECT e.id, e.status, e.principal, e.received_at,
			e.completed_at, e.remarks
		FROM creel.event e
		WHERE e.application_id = application
			AND (e.hook_id, e.id) >= (form, low)
			AND (e.hook_id, e.id) < (form, high)
			AND e.id >= low AND e.id < high
		ORDER BY e.hook_id DESC, e.id DESC
		LIMIT size;
	END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.form_events FROM PUBLIC;

-- Returns the events of a form with an id between two, up to 1000 from the one end
-- or the other.  size is that of the body, parsed_size of the record.
CREATE FUNCTION creel.record_scan(application text, form text, low uuid,
		high uuid, newest boolean)
	RETURNS TABLE (id uuid, "position" bigint, status text,
		received_at timestamptz, principal text, parsed json,
		size bigint, parsed_size int)
	LANGUAGE plpgsql STABLE
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
BEGIN
	RETURN QUERY EXECUTE concat('SELECT e.id, e.position, e.status,
			e.received_at, e.principal, e.parsed,
			creel.event_size(e.value, e.body),
			pg_column_size(e.parsed)
		FROM creel.event e
		WHERE e.application_id = $1
			AND (e.hook_id, e.id) > ($2, $3)
			AND (e.hook_id, e.id) < ($2, $4)
			AND e.id > $3 AND e.id < $4 ',
		CASE WHEN newest
			THEN 'ORDER BY e.hook_id DESC, e.id DESC'
			ELSE 'ORDER BY e.hook_id, e.id' END,
		' LIMIT 1000')
		USING application, form, low, high;
END
$$;

-- Returns the events of an application behind a cursor and below a position,
-- oldest first, up to 5000: wanted are the records of a form with an id in
-- [low, high), received in [begins, ends).  Only these have the other columns.
CREATE FUNCTION creel.record_follow(application text, form text, since bigint,
		event uuid, until bigint, low uuid, high uuid,
		begins timestamptz, ends timestamptz)
	RETURNS TABLE ("position" bigint, id uuid, wanted boolean,
		received_at timestamptz, principal text, parsed json,
		size bigint)
	LANGUAGE plpgsql STABLE ROWS 100
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	least_id constant uuid := creel.position_floor(since);
BEGIN
	RETURN QUERY SELECT e.position, e.id, w.wanted,
		CASE WHEN w.wanted THEN e.received_at END,
		CASE WHEN w.wanted THEN e.principal END,
		CASE WHEN w.wanted THEN e.parsed END,
		CASE WHEN w.wanted THEN creel.event_size(e.value, e.body) END
	FROM creel.event e
	CROSS JOIN LATERAL (SELECT e.hook_id = form AND e.status = 'success'
		AND e.id >= low AND e.id < high
		AND (begins IS NULL OR e.received_at >= begins)
		AND (ends IS NULL OR e.received_at < ends)) AS w (wanted)
	WHERE e.application_id = application AND e.id >= least_id
		AND (e.position, e.id) > (since, event)
		AND e.position < until
	ORDER BY e.position, e.id
	LIMIT 5000;
END
$$;


-- Devices: devices and their groups, the commands that they fetch, the receipts
-- that they report.

-- The cursor is the position up to which the device has confirmed reading;
-- position is that of its creation.
CREATE TABLE creel.device (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	id creel.object_id NOT NULL,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	description text NOT NULL DEFAULT ''
		CHECK (length(description) <= 32767),
	cursor_position bigint NOT NULL,
	cursor_event_id uuid NOT NULL,
	last_seen_at timestamptz,
	position bigint NOT NULL DEFAULT creel.next_position(),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, id)
);
CREATE INDEX device_by_name ON creel.device
	(application_id, (name COLLATE "C"), id);

CREATE TRIGGER count_insert AFTER INSERT ON creel.device
	REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_rows('device');
CREATE TRIGGER count_delete AFTER DELETE ON creel.device
	REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_rows('device');
CREATE TRIGGER count_truncate AFTER TRUNCATE ON creel.device
	FOR EACH STATEMENT EXECUTE FUNCTION creel.count_none('device');

CREATE TABLE creel.device_group (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	id creel.object_id NOT NULL,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	description text NOT NULL DEFAULT ''
		CHECK (length(description) <= 32767),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, id)
);
CREATE INDEX device_group_by_name ON creel.device_group
	(application_id, (name COLLATE "C"), id);

-- The keys of a device besides "all" and its own id, and the position at which
-- each was added: the ids of its groups, "tag:NAME".
CREATE TABLE creel.device_member (
	application_id creel.object_id NOT NULL,
	key text COLLATE "C" NOT NULL,
	device_id creel.object_id NOT NULL,
	position bigint NOT NULL DEFAULT creel.next_position(),
	PRIMARY KEY (application_id, key, device_id),
	FOREIGN KEY (application_id, device_id)
		REFERENCES creel.device ON DELETE CASCADE
);
CREATE INDEX device_member_device
	ON creel.device_member (application_id, device_id);

-- Former keys of a device: an event targets the devices that had the key when
-- it was received.
CREATE TABLE creel.device_left (
	application_id creel.object_id NOT NULL,
	key text COLLATE "C" NOT NULL,
	device_id creel.object_id NOT NULL,
	joined bigint NOT NULL,
	gone bigint NOT NULL,
	left_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, key, device_id, gone),
	FOREIGN KEY (application_id, device_id)
		REFERENCES creel.device ON DELETE CASCADE
);
CREATE INDEX device_left_device
	ON creel.device_left (application_id, device_id);

-- Keeps deleted keys.  Runs as the owner, because the workers' role may not
-- write the table.  Nothing is kept of a deleted device.
CREATE FUNCTION creel.keep_left() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO creel.device_left (application_id, key, device_id, joined,
		gone)
	SELECT c.application_id, c.key, c.device_id, c.position,
		(SELECT creel.next_position())
	FROM changed c
	JOIN creel.device d ON d.application_id = c.application_id
		AND d.id = c.device_id
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER keep_left AFTER DELETE ON creel.device_member
	REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION creel.keep_left();

-- Current and former keys of devices: the positions at which each was added and
-- removed (null: not removed).
CREATE VIEW creel.device_key WITH (security_invoker) AS
	SELECT application_id, id AS device_id, 'all'::text AS key,
		position AS joined, NULL::bigint AS gone
	FROM creel.device
	UNION ALL
	SELECT application_id, id, id::text, position, NULL
	FROM creel.device
	UNION ALL
	SELECT application_id, device_id, key, position, NULL
	FROM creel.device_member
	UNION ALL
	SELECT application_id, device_id, key, joined, gone
	FROM creel.device_left;

-- Returns whether a device had a key at the position of an event.  What changed
-- before a call was sent has a lower position than the event of the call.
CREATE FUNCTION creel.had_key(joined bigint, gone bigint, event bigint)
	RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN joined < event AND (gone IS NULL OR gone > event);

-- Returns all keys of a device.
CREATE FUNCTION creel.device_keys(application text, device text)
	RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
	RETURN ARRAY['all', device] || ARRAY(
		SELECT m.key FROM creel.device_member m
		WHERE m.application_id = application AND m.device_id = device
		ORDER BY m.key);

-- A device's result of one step of an event; step counts from 1.
CREATE TABLE creel.receipt (
	application_id creel.object_id NOT NULL,
	event_id uuid NOT NULL,
	device_id creel.object_id NOT NULL,
	step int NOT NULL,
	status text NOT NULL CHECK (status IN ('done', 'failed')),
	reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 1024),
	received_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, event_id, device_id, step),
	FOREIGN KEY (application_id, device_id)
		REFERENCES creel.device ON DELETE CASCADE
);
CREATE INDEX receipt_device ON creel.receipt (application_id, device_id);

-- Returns a device as clients read it, without its key, which is not stored.  An
-- expression only, so that the planner can inline it in lists.  tags and groups are
-- those of creel.device_labels, or null.
CREATE FUNCTION creel.device_json(d creel.device, c creel.credential,
		tags text[], groups text[], links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', d.id,
		'deviceId', d.id,
		'applicationId', d.application_id,
		'creationDate', creel.iso(d.created_at),
		'lastUpdated', creel.iso(d.updated_at),
		'name', d.name,
		'description', nullif(d.description, ''),
		'tags', coalesce(tags, '{}'),
		'deviceGroupIds', coalesce(groups, '{}'),
		'enabled', c.enabled,
		'keyPrefix', c.prefix,
		'lastSeen', creel.iso(d.last_seen_at),
		'_type', 'device',
		'_links', CASE WHEN links THEN creel.links(
			d.application_id, 'devices', d.id) END));

-- The tags and groups of devices, in the order of their keys.
CREATE VIEW creel.device_labels WITH (security_invoker) AS
	SELECT application_id, device_id,
		array_agg(substr(key, 5) ORDER BY key)
			FILTER (WHERE key LIKE 'tag:%') AS tags,
		array_agg(key ORDER BY key)
			FILTER (WHERE key NOT LIKE 'tag:%') AS groups
	FROM creel.device_member
	GROUP BY application_id, device_id;

CREATE FUNCTION creel.device_show(application text, device text,
		links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT creel.device_json(d, c, l.tags, l.groups, links)
		FROM creel.device d
		JOIN creel.credential c ON c.application_id = d.application_id
			AND c.id = d.id
		LEFT JOIN creel.device_labels l
			ON l.application_id = d.application_id
			AND l.device_id = d.id
		WHERE d.application_id = application AND d.id = device);

-- Creates a device; hash (in hex) and prefix are those of its key.  A second
-- call with the same id returns the same device.  It receives the commands that
-- are stored from now on.
CREATE FUNCTION creel.device_create(application text, device text,
		hash text, key_prefix text, name text, description text,
		tags text[], enabled boolean, creator text, links boolean)
	RETURNS json LANGUAGE plpgsql AS $$
DECLARE
	created bigint;
BEGIN
	PERFORM FROM creel.application a WHERE a.id = application
		FOR KEY SHARE;
	created := creel.next_position();
	INSERT INTO creel.device (application_id, id, name, description,
		position, cursor_position, cursor_event_id)
	VALUES (application, device, name, coalesce(description, ''), created,
		created, creel.nil_uuid())
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
	INSERT INTO creel.device_member (application_id, key, device_id,
		position)
	SELECT application, 'tag:' || t.tag, device, created
	FROM unnest(tags) AS t (tag)
	ON CONFLICT DO NOTHING;
	RETURN creel.device_show(application, device, links);
END
$$;

-- Changes the properties that are not null; returns null if there is no such
-- device.  Setting the old value is no change.  A tag that stays keeps its
-- position.
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
			device_id, position)
		SELECT application, 'tag:' || t.tag, device,
			(SELECT creel.next_position())
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

-- Returns the ids on a page of an application's devices, of all or of those
-- with a key.  Uses index-only scans where it can, however many rows it skips.
-- Sorted by name, those with a key are few, or found in an array of all of them
-- while the devices are read in their order: a join would sort them each time.
CREATE FUNCTION creel.device_page(application text, wanted text,
		sort_field text, direction text, skip bigint, size int,
		pattern text)
	RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
DECLARE
	members text[];
BEGIN
	IF sort_field = 'name' THEN
		members := ARRAY(SELECT m.device_id
			FROM creel.device_member m
			WHERE m.application_id = application
				AND m.key = wanted);
	END IF;
	RETURN QUERY EXECUTE format(CASE
		WHEN wanted IS NULL THEN
			'SELECT d.id::text FROM creel.device d
			WHERE d.application_id = $1
				AND ($2 IS NULL OR d.name ILIKE $2)
			ORDER BY %1$s d.id %2$s LIMIT $3 OFFSET $4'
		WHEN sort_field = 'name' THEN
			'SELECT d.id::text FROM creel.device d
			WHERE d.application_id = $1 AND d.id = ANY ($6)
			ORDER BY %1$s d.id %2$s LIMIT $3 OFFSET $4'
		ELSE
			'SELECT m.device_id::text FROM creel.device_member m
			WHERE m.application_id = $1 AND m.key = $5
			ORDER BY m.device_id %2$s LIMIT $3 OFFSET $4' END,
		CASE sort_field WHEN 'name' THEN 'd.name COLLATE "C" '
			|| CASE direction WHEN 'desc' THEN 'DESC,'
			ELSE 'ASC,' END ELSE '' END,
		CASE direction WHEN 'desc' THEN 'DESC' ELSE 'ASC' END)
		USING application, pattern, size, skip, wanted, members;
END
$$;

-- Returns a group as clients read it; whole: with the number of its devices.
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
		'_links', CASE WHEN links THEN creel.links(
			g.application_id, 'deviceGroups', g.id) END));

-- Returns why devices cannot be added to a group, or null.  Locks the devices
-- until the end of the transaction, in one order, so that concurrent calls
-- cannot add one to too many groups.
CREATE FUNCTION creel.group_problem(application text, grp text,
		devices text[])
	RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	most constant int := 100;
	problem text;
BEGIN
	PERFORM FROM creel.device d
	WHERE d.application_id = application AND d.id = ANY (devices)
	ORDER BY d.id FOR NO KEY UPDATE;
	SELECT format('no device "%s"', u.id) INTO problem
	FROM unnest(devices) AS u (id)
	WHERE NOT EXISTS (SELECT FROM creel.device d
		WHERE d.application_id = application AND d.id = u.id)
	LIMIT 1;
	IF problem IS NOT NULL THEN
		RETURN problem;
	END IF;
	SELECT format('device "%s": already in %s groups', m.device_id, most)
	INTO problem
	FROM creel.device_member m
	WHERE m.application_id = application AND m.device_id = ANY (devices)
		AND m.key <> grp AND m.key NOT LIKE 'tag:%'
	GROUP BY m.device_id
	HAVING count(*) >= most
	LIMIT 1;
	RETURN problem;
END
$$;

-- Creates or changes a group by the parameters that are not null.  devices
-- replaces all of its devices.  whole is null if there is no such group, or if
-- invalid says what is wrong (as above); then nothing is changed.
CREATE FUNCTION creel.group_store(application text, grp text, is_new boolean,
		new_name text, new_description text, devices text[],
		add text[], remove text[], links boolean,
		OUT whole json, OUT invalid text)
	LANGUAGE plpgsql AS $$
DECLARE
	g creel.device_group;
	changed bigint := 0;
	n bigint;
	kept bigint;
BEGIN
	PERFORM FROM creel.application a WHERE a.id = application
		FOR KEY SHARE;
	SELECT o.* INTO g FROM creel.device_group o
	WHERE o.application_id = application AND o.id = grp FOR UPDATE;
	IF NOT FOUND AND NOT is_new THEN
		RETURN;
	END IF;
	invalid := creel.group_problem(application, grp, devices || add);
	IF invalid IS NOT NULL THEN
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
	INSERT INTO creel.device_member (application_id, key, device_id,
		position)
	SELECT application, grp, u.id, (SELECT creel.next_position())
	FROM unnest(devices || add) AS u (id)
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

-- Returns whether there was such a group.  The lock makes a concurrent call
-- that adds devices finish first or find no group.
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

-- Returns how long the commands of an event are valid.
CREATE FUNCTION creel.event_timeout(parsed json) RETURNS interval
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN make_interval(secs => coalesce(parsed->>'timeout',
		'3600')::double precision);

-- Returns the commands of an event for these keys, in their order, and their
-- number.
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

-- Returns events that target devices, behind a cursor and below a position,
-- oldest first, at most size, so that a read is never slow.  parsed is null
-- where the event targets none of the keys.  The index of such events is the
-- right one, whatever the statistics of the partitions are.
CREATE FUNCTION creel.command_follow(application text, keys text[],
		since bigint, event uuid, until bigint, size int)
	RETURNS TABLE ("position" bigint, id uuid, received_at timestamptz,
		parsed json)
	LANGUAGE plpgsql STABLE ROWS 100
	SET enable_seqscan = off SET enable_bitmapscan = off
	SET enable_sort = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	least_id constant uuid := creel.position_floor(since);
BEGIN
	RETURN QUERY SELECT e.position, e.id, e.received_at,
		CASE WHEN e.targets && keys THEN e.parsed END
	FROM creel.event e
	WHERE e.application_id = application AND e.targets IS NOT NULL
		AND e.id >= least_id AND (e.position, e.id) > (since, event)
		AND e.position < until
	ORDER BY e.position, e.id
	LIMIT size;
END
$$;

-- Returns the commands for a device behind its cursor, up to the horizon: size
-- commands or a few more, because those of an event stay together, and about
-- 4 MiB, but at least those of one event.  VOLATILE: each statement has a
-- snapshot of its own, later than the horizon.
CREATE FUNCTION creel.command_page(application text, device text,
		since bigint, event uuid, size int,
		OUT n bigint, OUT items json, OUT last_position bigint,
		OUT last_event uuid, OUT more boolean)
	LANGUAGE plpgsql AS $$
DECLARE
	look constant int := 5000;
	until constant bigint := creel.event_horizon(application, since, event,
		true);
	keys text[];
	joined bigint[];
	gone bigint[];
BEGIN
	n := 0;
	items := '[]';
	last_position := since;
	last_event := event;
	more := false;
	IF until <= since THEN
		RETURN;
	END IF;
	SELECT array_agg(k.key), array_agg(k.joined), array_agg(k.gone)
	INTO keys, joined, gone
	FROM creel.device_key k
	WHERE k.application_id = application AND k.device_id = device;
	WITH seen AS MATERIALIZED (
		SELECT f.*, row_number() OVER () AS i
		FROM creel.command_follow(application, keys, since, event,
			until, look) AS f
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
				WHERE creel.had_key(k.joined, k.gone,
					s.position))) AS c
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
		SELECT c.found > c.taken OR c.looked = look AS more,
			CASE WHEN c.found > c.taken THEN c.last ELSE c.looked
			END AS i
		FROM (SELECT (SELECT count(*) FROM seen) AS looked,
			(SELECT count(*) FROM mine) AS found,
			(SELECT count(*) FROM taken) AS taken,
			(SELECT max(t.i) FROM taken t) AS last) AS c
	)
	SELECT (SELECT coalesce(sum(t.n), 0) FROM taken t),
		(SELECT coalesce('[' || string_agg(substr(t.items, 2,
			length(t.items) - 2), ', ' ORDER BY t.i) || ']', '[]')
			FROM taken t)::json,
		e.more, s.position, s.id
	INTO n, items, more, last_position, last_event
	FROM ends e
	LEFT JOIN seen s ON s.i = e.i;
	IF NOT more THEN
		last_position := until;
		last_event := creel.nil_uuid();
	END IF;
END
$$;

-- Returns every device that an event targeted and that still exists, its status
-- and when it last reported: failed if a step failed, done if all of its steps
-- are done, fetched if it has read past the event or reported anything,
-- otherwise pending.  Steps are bits: there are at most 64.  Targets, cursors
-- and receipts are merged with UNION ALL and not joined, because the planner
-- cannot estimate rows that were inserted just now.  Only devices with ids behind
-- low, up to high (null: all).
CREATE FUNCTION creel.event_devices(application text, event uuid,
		low text DEFAULT '', high text DEFAULT NULL)
	RETURNS TABLE (device_id text, status text, reported_at timestamptz)
	LANGUAGE plpgsql STABLE ROWS 10000
	SET work_mem = '32MB' SET plan_cache_mode = force_custom_plan AS $$
DECLARE
	e record;
BEGIN
	SELECT o.position, o.parsed
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
			AND creel.had_key(d.position, NULL, e.position)
		WHERE t.key = 'all' AND d.id > low
			AND (high IS NULL OR d.id <= high)
		UNION ALL
		SELECT d.id::text, t.steps, NULL, NULL, NULL, false
		FROM target t
		JOIN creel.device d ON d.application_id = application
			AND d.id = t.key
			AND creel.had_key(d.position, NULL, e.position)
		WHERE d.id > low AND (high IS NULL OR d.id <= high)
		UNION ALL
		SELECT m.device_id::text, t.steps, NULL, NULL, NULL, false
		FROM target t
		JOIN creel.device_member m ON m.application_id = application
			AND m.key = t.key
			AND creel.had_key(m.position, NULL, e.position)
		WHERE m.device_id > low
			AND (high IS NULL OR m.device_id <= high)
		UNION ALL
		SELECT l.device_id::text, t.steps, NULL, NULL, NULL, false
		FROM target t
		JOIN creel.device_left l ON l.application_id = application
			AND l.key = t.key
			AND creel.had_key(l.joined, l.gone, e.position)
		WHERE l.device_id > low
			AND (high IS NULL OR l.device_id <= high)
		UNION ALL
		SELECT d.id::text, NULL, NULL, NULL, NULL, true
		FROM creel.device d
		WHERE d.application_id = application
			AND (d.cursor_position, d.cursor_event_id)
				>= (e.position, event)
			AND d.id > low AND (high IS NULL OR d.id <= high)
		UNION ALL
		SELECT r.device_id::text, NULL,
			CASE r.status WHEN 'done' THEN b.is END,
			CASE r.status WHEN 'failed' THEN b.is END,
			r.received_at, NULL
		FROM creel.receipt r
		CROSS JOIN LATERAL (SELECT 1::bigint << (r.step - 1)) AS b ("is")
		WHERE r.application_id = application AND r.event_id = event
			AND r.device_id > low
			AND (high IS NULL OR r.device_id <= high)
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

-- Returns the outcome of an event that targets devices.
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

-- Returns the devices of an event after one of them, with the reason of the
-- first step that failed.  Looks at some thousand devices at first, and at four
-- times as many if these are not enough.
CREATE FUNCTION creel.event_device_page(application text, event uuid,
		wanted text, behind text, size int)
	RETURNS TABLE (device_id text, item json) LANGUAGE plpgsql STABLE
	SET plan_cache_mode = force_custom_plan AS $$
DECLARE
	low text := coalesce(behind, '');
	high text;
	look bigint := 2000 + size;
	rest int := size;
	n int;
BEGIN
	LOOP
		high := (SELECT d.id
			FROM creel.device d
			WHERE d.application_id = application AND d.id > low
			ORDER BY d.id
			OFFSET look LIMIT 1);
		RETURN QUERY SELECT p.device_id, json_strip_nulls(
				json_build_object(
				'deviceId', p.device_id,
				'name', d.name,
				'status', p.status,
				'reason', nullif(f.reason, ''),
				'time', creel.iso(p.reported_at)))
		FROM (SELECT s.*
			FROM creel.event_devices(application, event, low, high)
				AS s
			WHERE (wanted IS NULL OR s.status = wanted)
			ORDER BY s.device_id COLLATE "C"
			LIMIT rest) AS p
		JOIN creel.device d ON d.application_id = application
			AND d.id = p.device_id
		LEFT JOIN LATERAL (
			SELECT r.reason
			FROM creel.receipt r
			WHERE r.application_id = application
				AND r.event_id = event
				AND r.device_id = p.device_id
				AND r.status = 'failed'
			ORDER BY r.step
			LIMIT 1) AS f ON true
		ORDER BY p.device_id COLLATE "C";
		GET DIAGNOSTICS n = ROW_COUNT;
		rest := rest - n;
		EXIT WHEN rest = 0 OR high IS NULL;
		low := high;
		look := look * 4;
	END LOOP;
END
$$;


-- Actions: hooks with events that are commands for devices.

-- Returns the targets of a step as keys (creel.event.targets).
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

-- Returns the parameters of a step as a device receives them: for a data source
-- with its path, where the device reads the current value.
CREATE FUNCTION creel.action_parameters(application text, step jsonb)
	RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(step->'parameters', '{}') || coalesce((
		SELECT jsonb_build_object('path',
			'/hooks/incoming/' || h.handle)
		FROM creel.hook h
		WHERE h.application_id = application AND h.kind = 'datasource'
			AND h.id = lower(step->'parameters'->>'dataSourceId')),
		'{}');

-- Returns an action's settings with what a call of it stores: commands, the
-- steps as devices receive them, and targets, all of their keys, as the text of
-- an array.
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

-- Returns the first device, group or data source in settings that the
-- application does not have; null: it has all of them.
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

-- Returns an action as clients read it.
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
		'_links', CASE WHEN links THEN creel.links(
			h.application_id, 'actions', h.id) END));

-- Returns a hook as clients read it, if its kind is a resource.
CREATE FUNCTION creel.hook_json(h creel.hook, links boolean) RETURNS json
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE h.kind
		WHEN 'webhook' THEN creel.webhook_json(h, links)
		WHEN 'form' THEN creel.form_json(h, links)
		WHEN 'action' THEN creel.action_json(h, links) END;


-- Distribution: the log on the nodes of a Citus cluster, by application; all
-- else stays on its coordinator.

-- Returns whether the log is distributed, the number of nodes that hold it or
-- could, and what is wrong with them, or null.  plpgsql looks up what belongs
-- to Citus only when it runs.
CREATE FUNCTION creel.distribution(OUT distributed boolean, OUT nodes bigint,
		OUT problem text)
	LANGUAGE plpgsql AS $$
BEGIN
	distributed := false;
	nodes := 0;
	IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
		problem := 'extension citus: not installed in this database: '
			'as a superuser run CREATE EXTENSION citus';
		RETURN;
	END IF;
	SELECT count(*) INTO nodes
	FROM pg_dist_node n
	WHERE n.noderole = 'primary' AND n.isactive AND n.shouldhaveshards;
	distributed := count(*) = 2
	FROM pg_dist_partition p
	WHERE p.logicalrelid IN ('creel.event'::regclass,
		'creel.dedupe'::regclass);
	problem := CASE
		WHEN NOT citus_is_coordinator() THEN
			'this database is not the coordinator of the cluster'
		WHEN nodes = 0 THEN 'no nodes: as a superuser run '
			'citus_set_coordinator_host() and citus_add_node()'
		WHEN current_setting('citus.recover_2pc_interval')::interval
				< interval '0' THEN
			'citus.recover_2pc_interval: must not be -1' END;
	IF problem IS NULL THEN
		SELECT format('node %s:%s: %s', n.nodename, n.nodeport,
			CASE WHEN r.success THEN 'must be on: ' || r.result
			ELSE r.result END)
		INTO problem
		FROM run_command_on_all_nodes($q$
			SELECT string_agg(s.name, ', ' ORDER BY s.name)
			FROM pg_settings s
			WHERE s.name IN ('fsync', 'full_page_writes',
					'synchronous_commit')
				AND s.setting = 'off'$q$) AS r
		JOIN pg_dist_node n USING (nodeid)
		WHERE NOT r.success OR r.result <> ''
		ORDER BY n.nodeid
		LIMIT 1;
	END IF;
END
$$;

-- Returns the transactions that are prepared but not yet committed on this node.
-- VOLATILE, with an argument that only the node can compute: see below.
CREATE FUNCTION creel.prepared(events bigint) RETURNS text[]
	LANGUAGE plpgsql AS $$
BEGIN
	RETURN ARRAY(SELECT x.gid FROM pg_prepared_xacts x
		WHERE x.database = current_database());
END
$$;

-- Returns the transactions that have ended on the coordinator and that the node
-- of an application (null: any node) has prepared but not yet committed.  Citus
-- holds a transaction's locks on the coordinator, among them that of its id,
-- until the nodes have committed; if a node cannot, it commits when Citus
-- recovers it.  A transaction that starts and commits during the call may be
-- among those that are returned, but not twice.
CREATE FUNCTION creel.node_pending(application text) RETURNS text[]
	LANGUAGE plpgsql AS $$
DECLARE
	running constant xid[] := ARRAY(SELECT l.transactionid
		FROM pg_locks l
		WHERE l.locktype = 'transactionid');
	prepared text[];
BEGIN
	IF application IS NULL THEN
		SELECT array_agg(g.gid) INTO prepared
		FROM run_command_on_workers('SELECT creel.prepared(0)') AS r
		CROSS JOIN LATERAL unnest(r.result::text[]) AS g (gid);
	ELSE
		SELECT creel.prepared(count(*)) INTO prepared
		FROM creel.dedupe d
		WHERE d.application_id = application AND d.hook_id = '';
	END IF;
	IF cardinality(prepared) > 0 THEN
		RETURN ARRAY(SELECT t.gid FROM pg_dist_transaction t
			WHERE t.gid = ANY (prepared) AND t.xmin <> ALL (running));
	END IF;
	RETURN '{}';
END
$$;

-- Returns null, or fails while a batch is not visible although it has ended on
-- the coordinator.  Its position is unknown, so nothing can be read.
CREATE FUNCTION creel.node_horizon(application text) RETURNS bigint
	LANGUAGE plpgsql AS $$
DECLARE
	pending constant text[] := creel.node_pending(application);
BEGIN
	IF cardinality(pending) > 0
			AND pending && creel.node_pending(application) THEN
		RAISE lock_not_available USING MESSAGE = 'a node has not '
			'committed a batch yet: readers wait until Citus has '
			'recovered it';
	END IF;
	RETURN NULL;
END
$$;

-- Distributes the log over the nodes, with the events that it has.  Without
-- effect on what is distributed already.
CREATE FUNCTION creel.distribute() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	part text;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('creel.maintain'));
	-- One connection to a node, which is kept.  Otherwise Citus opens one
	-- for each shard that a batch writes to.
	EXECUTE format('ALTER DATABASE %I
		SET citus.multi_shard_modify_mode = ''sequential''',
		current_database());
	PERFORM set_config('citus.multi_shard_modify_mode', 'sequential', true);
	-- As if they had been created when the nodes were there, which copies
	-- them to the nodes.
	FOR part IN SELECT pg_get_functiondef(p.oid) FROM pg_proc p
			WHERE p.pronamespace = 'creel'::regnamespace LOOP
		EXECUTE part;
	END LOOP;
	-- The nodes do not have the setting creel.application.
	ALTER TABLE creel.event DISABLE ROW LEVEL SECURITY;
	DROP POLICY IF EXISTS fence_select ON creel.event;
	DROP POLICY IF EXISTS fence_insert ON creel.event;
	FOREACH part IN ARRAY '{creel.event,creel.dedupe}'::text[] LOOP
		IF NOT EXISTS (SELECT FROM pg_dist_partition p
				WHERE p.logicalrelid = part::regclass) THEN
			PERFORM create_distributed_table(part,
				'application_id', colocate_with => CASE part
				WHEN 'creel.event' THEN 'none'
				ELSE 'creel.event' END);
			-- What was moved, which partitions to come would
			-- conflict with.
			PERFORM truncate_local_data_after_distributing_table(
				part::regclass);
		END IF;
	END LOOP;
	CREATE OR REPLACE FUNCTION creel.remote_horizon(application text)
		RETURNS bigint LANGUAGE sql
		RETURN creel.node_horizon(application);
	CREATE OR REPLACE FUNCTION creel.log_distributed() RETURNS boolean
		LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN true;
END
$$;
