-- The base: tenants, hooks, credentials and the event log.
-- Every tenant table's key begins with application_id.

CREATE DOMAIN creel.object_id AS text COLLATE "C"
	CHECK (VALUE ~ '^[0-9a-f]{24}$');

CREATE TABLE creel.organization (
	id creel.object_id PRIMARY KEY,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	quotas jsonb NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE creel.application (
	id creel.object_id PRIMARY KEY,
	organization_id creel.object_id REFERENCES creel.organization,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	quotas jsonb NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX application_organization ON creel.application (organization_id);

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

-- API keys.  sealed_secret is for keys that may be shown again.
CREATE TABLE creel.credential (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	id creel.object_id NOT NULL,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	prefix text NOT NULL,
	secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
	sealed_secret bytea,
	scopes text[] NOT NULL,
	hook_ids text[],		-- the only hooks it reaches; null: all
	enabled boolean NOT NULL DEFAULT true,
	expires_at timestamptz,
	last_used_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, id)
);

-- What a caller names -> whose it is: the only look-up that starts without a
-- tenant.  kind is a hook's kind, or 'key' with the key's SHA-256 in hex.
CREATE TABLE creel.address (
	kind text COLLATE "C" NOT NULL,
	handle text COLLATE "C" NOT NULL,
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	target_id creel.object_id NOT NULL,
	PRIMARY KEY (kind, handle)
);
CREATE INDEX address_target ON creel.address (application_id, target_id);

-- The log.  An id is a UUIDv7, so its range is a time, and a partition is
-- a range of ids.  transaction_id orders by commit what ids order by arrival:
-- a reader that follows the log goes by (transaction_id, id) below the oldest
-- transaction still running.
CREATE TABLE creel.event (
	application_id text COLLATE "C" NOT NULL,
	id uuid NOT NULL,
	hook_id text COLLATE "C" NOT NULL,
	received_at timestamptz NOT NULL,
	method text NOT NULL,
	path text NOT NULL,
	query text NOT NULL,
	headers jsonb NOT NULL,
	content_type text,
	body bytea NOT NULL,
	principal text NOT NULL,
	remote_address text NOT NULL,
	status text NOT NULL CHECK (status IN ('pending', 'success', 'failed')),
	completed_at timestamptz,
	remarks text NOT NULL DEFAULT '',
	transaction_id bigint NOT NULL
		DEFAULT (pg_current_xact_id()::text::bigint),
	PRIMARY KEY (application_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX event_hook ON creel.event (application_id, hook_id, id);
CREATE INDEX event_follow ON creel.event USING brin (transaction_id)
	WITH (pages_per_range = 16, autosummarize = on);
-- Bodies that compress do so fast; the exact bytes come back.
ALTER TABLE creel.event ALTER body SET COMPRESSION lz4;

-- Where events go for whose time no partition was made: ingestion never stops
-- because nobody ran creelctl maintain.  That command moves them.
CREATE TABLE creel.event_default PARTITION OF creel.event DEFAULT;

-- The sender's own id for a call -> the first event that carried it.
CREATE TABLE creel.dedupe (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	hook_id creel.object_id NOT NULL,
	key text COLLATE "C" NOT NULL,
	event_id uuid NOT NULL,
	PRIMARY KEY (application_id, hook_id, key)
);

CREATE TABLE creel.device (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	id creel.object_id NOT NULL,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	cursor_transaction_id bigint NOT NULL DEFAULT 0,
	cursor_event_id uuid,
	last_seen_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, id)
);

CREATE TABLE creel.device_group (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	id creel.object_id NOT NULL,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	device_ids text[] NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, id)
);

CREATE TABLE creel.receipt (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	device_id creel.object_id NOT NULL,
	event_id uuid NOT NULL,
	status text NOT NULL,
	remarks text NOT NULL DEFAULT '',
	received_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, device_id, event_id)
);

-- Dates as clients read them: UTC, three fractional digits, Z.
CREATE FUNCTION creel.iso(timestamptz) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- A body as text, if it is: null when it is not UTF-8 or holds a NUL.
CREATE FUNCTION creel.body_text(bytea) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	RETURN convert_from($1, 'UTF8');
EXCEPTION
	WHEN character_not_in_repertoire OR untranslatable_character THEN
		RETURN NULL;
END
$$;

-- The least UUIDv7 of a moment.
CREATE FUNCTION creel.uuid_floor(timestamptz) RETURNS uuid
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN (lpad(to_hex(floor(extract(epoch FROM $1) * 1000)::bigint),
		12, '0') || repeat('0', 20))::uuid;

-- The moment of a UUIDv7.
CREATE FUNCTION creel.uuid_time(uuid) RETURNS timestamptz
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN to_timestamp((('x' || left(replace($1::text, '-', ''), 12))
		::bit(48)::bigint)::numeric / 1000);

-- Makes the partitions, each days long, for [today, today + ahead] and for
-- what had landed in event_default, which moves there.  Where other partitions
-- lie in a range (the days may have been others), what is left between them
-- becomes one.  Gives the names of what it made.
CREATE FUNCTION creel.maintain(days int, ahead int)
	RETURNS SETOF text LANGUAGE plpgsql SET TimeZone = 'UTC' AS $$
DECLARE
	epoch constant timestamptz := '2000-01-01 00:00Z';
	span constant interval := make_interval(days => days);
	first_at timestamptz;
	low uuid;
	high uuid;
	taken uuid;
	part text;
BEGIN
	-- Who waits for a lock keeps everybody after it waiting, events too:
	-- rather give up soon, to be run again.
	PERFORM set_config('lock_timeout', '500ms', true);
	-- One at a time: two would make the same partition.
	PERFORM pg_advisory_xact_lock(hashtext('creel.maintain'));
	-- What is being inserted there now must be seen, too.
	LOCK TABLE creel.event_default IN ACCESS EXCLUSIVE MODE;
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
			part := 'event_' || to_char(creel.uuid_time(low),
				'YYYYMMDD');
			EXECUTE format('CREATE TABLE creel.%I
				(LIKE creel.event INCLUDING ALL)', part);
			EXECUTE format('WITH moved AS (
				DELETE FROM creel.event_default
				WHERE id >= $1 AND id < $2 RETURNING *)
				INSERT INTO creel.%I SELECT * FROM moved', part)
				USING low, high;
			EXECUTE format('ALTER TABLE creel.event
				ATTACH PARTITION creel.%I
				FOR VALUES FROM (%L) TO (%L)', part, low, high);
			RETURN NEXT part;
			low := high;
		END LOOP;
	END LOOP;
END
$$;

-- Drops the oldest partition, if it ended more than retention days ago, and
-- what lies outside of all and is as old; gives its name.  One a call and
-- transaction: the lock that it takes is on the whole log.
CREATE FUNCTION creel.retain(retention int)
	RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	oldest constant uuid := creel.uuid_floor(now()
		- make_interval(days => retention));
	part text;
BEGIN
	PERFORM set_config('lock_timeout', '500ms', true);
	DELETE FROM creel.event_default WHERE id < oldest;
	DELETE FROM creel.dedupe WHERE event_id < oldest;
	FOR part IN SELECT p.name FROM creel.event_partition p
			WHERE p.ends <= oldest ORDER BY p.ends LIMIT 1 LOOP
		EXECUTE format('DROP TABLE creel.%I', part);
		RETURN NEXT part;
	END LOOP;
END
$$;

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

-- For those who read with SQL: bodies as jsonb, null where jsonb refuses them.
CREATE FUNCTION creel.body_json(bytea) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	RETURN convert_from($1, 'UTF8')::jsonb;
EXCEPTION
	WHEN data_exception OR program_limit_exceeded THEN
		RETURN NULL;
END
$$;

CREATE VIEW creel.event_json AS
	SELECT application_id, id, hook_id, received_at, status, principal,
		creel.body_json(body) AS body
	FROM creel.event;
