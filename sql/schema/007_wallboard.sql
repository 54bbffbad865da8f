-- Devices, and events that address them.

-- Whom an event addresses: any of "all", a device's id, a group's id,
-- "tag:NAME"; null: nobody, as most events do.  What it has them do is in
-- parsed: {"eventId": text, "timeout": seconds, "steps": [{"function": text,
-- "parameters": object, "targets": [as these]}], "sensorData": any}.
ALTER TABLE creel.event ADD targets text[];
-- Who follows those of an application passes over nothing else.
CREATE INDEX event_command ON creel.event (application_id, transaction_id, id)
	WHERE targets IS NOT NULL;

-- A device's credential has the device's id.
ALTER TABLE creel.credential
	DROP CONSTRAINT credential_kind_check,
	ADD CONSTRAINT credential_kind_check
		CHECK (kind IN ('key', 'token', 'user', 'device'));

-- Nothing was ever stored in these.
DROP TABLE creel.device, creel.device_group, creel.receipt;

-- The cursor is how far it has told us that it read; transaction_id is the
-- transaction that made it.
CREATE TABLE creel.device (
	application_id creel.object_id NOT NULL
		REFERENCES creel.application ON DELETE CASCADE,
	id creel.object_id NOT NULL,
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
	description text NOT NULL DEFAULT ''
		CHECK (length(description) <= 32767),
	cursor_transaction_id bigint NOT NULL,
	cursor_event_id uuid NOT NULL,
	last_seen_at timestamptz,
	transaction_id bigint NOT NULL
		DEFAULT (pg_current_xact_id()::text::bigint),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, id)
);
CREATE INDEX device_by_name ON creel.device
	(application_id, (name COLLATE "C"), id);

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

-- What a device answers to beside "all" and its own id, and since which
-- transaction: the ids of its groups, "tag:NAME".
CREATE TABLE creel.device_member (
	application_id creel.object_id NOT NULL,
	key text COLLATE "C" NOT NULL,
	device_id creel.object_id NOT NULL,
	transaction_id bigint NOT NULL
		DEFAULT (pg_current_xact_id()::text::bigint),
	PRIMARY KEY (application_id, key, device_id),
	FOREIGN KEY (application_id, device_id)
		REFERENCES creel.device ON DELETE CASCADE
);
CREATE INDEX device_member_device
	ON creel.device_member (application_id, device_id);

-- What it answered to once: an event addresses those who were there when it
-- came, whatever became of them since.
CREATE TABLE creel.device_left (
	application_id creel.object_id NOT NULL,
	key text COLLATE "C" NOT NULL,
	device_id creel.object_id NOT NULL,
	joined bigint NOT NULL,
	gone bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
	left_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, key, device_id, gone),
	FOREIGN KEY (application_id, device_id)
		REFERENCES creel.device ON DELETE CASCADE
);
CREATE INDEX device_left_device
	ON creel.device_left (application_id, device_id);

-- It runs as its owner: nobody else writes there.  Of a device that goes
-- nothing stays.
CREATE FUNCTION creel.keep_left() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO creel.device_left (application_id, key, device_id, joined)
	SELECT c.application_id, c.key, c.device_id, c.transaction_id
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

-- What a device answers to and answered to: from which transaction on, and
-- until which (null: still).
CREATE VIEW creel.device_key AS
	SELECT application_id, id AS device_id, 'all'::text AS key,
		transaction_id AS joined, NULL::bigint AS gone
	FROM creel.device
	UNION ALL
	SELECT application_id, id, id::text, transaction_id, NULL
	FROM creel.device
	UNION ALL
	SELECT application_id, device_id, key, transaction_id, NULL
	FROM creel.device_member
	UNION ALL
	SELECT application_id, device_id, key, joined, gone
	FROM creel.device_left;

-- Whether that was so when an event's transaction began to write.  No clock
-- tells: what was committed before a call has the lesser transaction.  Of
-- transactions that are yet to come (next) a restored database tells; what has
-- one was there before.
CREATE FUNCTION creel.was_there(joined bigint, gone bigint, event bigint,
		next bigint)
	RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (joined < event OR joined >= next)
		AND (gone IS NULL OR (gone > event AND gone < next));

-- The first transaction that is yet to come.
CREATE FUNCTION creel.next_transaction() RETURNS bigint
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_snapshot_xmax(pg_current_snapshot())::text::bigint;

-- What a device has reported on a step of an event; step counts from 1.
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

-- All that a device answers to.
CREATE FUNCTION creel.device_keys(application text, device text)
	RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
	RETURN ARRAY['all', device] || ARRAY(
		SELECT m.key FROM creel.device_member m
		WHERE m.application_id = application AND m.device_id = device
		ORDER BY m.key);
