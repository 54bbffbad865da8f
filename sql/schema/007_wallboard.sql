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

-- The cursor is how far it has told us that it read.
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

-- What a device answers to beside "all" and its own id, and since when: the
-- ids of its groups, "tag:NAME".
CREATE TABLE creel.device_member (
	application_id creel.object_id NOT NULL,
	key text COLLATE "C" NOT NULL,
	device_id creel.object_id NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (application_id, key, device_id),
	FOREIGN KEY (application_id, device_id)
		REFERENCES creel.device ON DELETE CASCADE
);
CREATE INDEX device_member_device
	ON creel.device_member (application_id, device_id);

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
