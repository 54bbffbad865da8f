-- SPDX-License-Identifier: ISC
-- The rights that the statements marked "worker" in sql/query and the functions
-- that they call need, and no others.  creelctl check compares them with those
-- that the workers have, in PL/pgSQL functions too, which a plan does not show.
CREATE OR REPLACE VIEW creel.worker_right (kind, objects, privileges, columns)
AS VALUES
	('SCHEMA', 'creel', 'USAGE', NULL),
	('TABLE', 'creel.worker_right, creel.schema_version, creel.organization,
		creel.row_count, creel.device_left, creel.device_key,
		creel.device_labels, creel.event_data, creel.event_payload,
		creel.event_candidate, creel.position_lock, creel.kept_value',
		'SELECT', NULL),
	('TABLE', 'creel.address, creel.hook, creel.credential,
		creel.application, creel.device, creel.device_group,
		creel.device_member', 'SELECT, INSERT, DELETE', NULL),
	('TABLE', 'creel.event, creel.dedupe, creel.reply, creel.receipt',
		'SELECT, INSERT', NULL),
	('TABLE', 'creel.application', 'UPDATE',
		'name, description, updated_at'),
	('TABLE', 'creel.credential', 'UPDATE', 'name, description, enabled,
		prefix, secret_sha256, updated_at, last_used_at'),
	('TABLE', 'creel.hook', 'UPDATE', 'name, description, enabled,
		settings, updated_at'),
	('TABLE', 'creel.device', 'UPDATE', 'name, description, updated_at,
		cursor_position, cursor_event_id, last_seen_at'),
	('TABLE', 'creel.device_group', 'UPDATE',
		'name, description, updated_at'),
	('TABLE', 'creel.reply', 'UPDATE', 'id'),
	('SEQUENCE', 'creel.position, creel.position_lead', 'SELECT, UPDATE',
		NULL);

-- Grants them.  Runs at the end of every migration, with the name of the role
-- in the setting creel.worker_role.
DO $$
DECLARE
	role constant text := current_setting('creel.worker_role');
	r creel.worker_right;
BEGIN
	EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA creel FROM %I', role);
	EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA creel FROM %I',
		role);
	EXECUTE format('REVOKE ALL ON SCHEMA creel FROM %I', role);
	FOR r IN SELECT * FROM creel.worker_right LOOP
		EXECUTE format('GRANT %s %s ON %s %s TO %I', r.privileges,
			'(' || r.columns || ')', r.kind, r.objects, role);
	END LOOP;
END
$$;
