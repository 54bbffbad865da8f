-- SPDX-License-Identifier: ISC
-- The rights that the statements marked "worker" in sql/query and the functions
-- that they call need, and no others.  creelctl check compares them with those
-- that the workers have, in PL/pgSQL functions too, which a plan does not show.
-- The functions run as the owner: they reach rows of many applications.
CREATE OR REPLACE VIEW creel.worker_right (kind, objects, privileges, columns)
AS VALUES
	('SCHEMA', 'creel', 'USAGE', NULL),
	('TABLE', 'creel.worker_right, creel.worker_fence,
		creel.schema_version, creel.row_count, creel.device_left,
		creel.device_key, creel.device_labels, creel.event_data,
		creel.event_candidate, creel.position_lock, creel.kept_value,
		creel.usage, creel.application_usage',
		'SELECT', NULL),
	('TABLE', 'creel.address, creel.hook, creel.credential,
		creel.application, creel.device, creel.device_group,
		creel.device_member', 'SELECT, INSERT, DELETE', NULL),
	('TABLE', 'creel.event, creel.dedupe, creel.reply, creel.receipt',
		'SELECT, INSERT', NULL),
	('TABLE', 'creel.application', 'UPDATE',
		'name, description, quotas, updated_at'),
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
		NULL),
	('FUNCTION', 'creel.address_count, creel.address_page,
		creel.address_hook, creel.address_credential,
		creel.applications_of, creel.organization_name,
		creel.forms_of, creel.form_events, creel.event_open,
		creel.event_news, creel.organization_usage,
		creel.organization_quotas, creel.quotas_of,
		creel.usage_report', 'EXECUTE', NULL);

-- The second fence between tenants: with row level security the workers' role
-- reaches only rows of one application, the setting creel.application, which each
-- statement of a tenant runs with; without the setting it reaches none.  Each row
-- is a table, a command and the condition for its rows.  creelctl check compares
-- them with the policies of the tables.  New events need no setting: a batch has
-- many applications, and its rows name their own.  For that reason creel.dedupe
-- is not fenced either: it has hashes and ids, and the id of another
-- application's event finds nothing.
CREATE OR REPLACE VIEW creel.worker_fence (name, command, condition) AS
	SELECT t.name, 'ALL', format(
		$$%s::text = current_setting('creel.application', true)$$,
		CASE t.name WHEN 'application' THEN 'id'
			ELSE 'application_id' END)
	FROM unnest('{application, row_count, hook, address, credential, reply,
		device, device_group, device_member, device_left,
		kept_value, usage, receipt}'::text[]) AS t (name)
	UNION ALL
	SELECT 'event', c.command, c.condition
	FROM (VALUES ('SELECT', 'application_id = '
			|| $$current_setting('creel.application', true)$$),
		('INSERT', 'true')) AS c (command, condition)
	-- The nodes of a distributed log do not have the setting.
	WHERE NOT creel.log_distributed();

-- Grants the rights and creates the policies.  Runs at the end of every
-- migration, with the name of the role in the setting creel.worker_role.
DO $$
DECLARE
	role constant text := current_setting('creel.worker_role');
	r creel.worker_right;
	f creel.worker_fence;
	old record;
BEGIN
	EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA creel FROM %I', role);
	EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA creel FROM %I',
		role);
	EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA creel FROM %I',
		role);
	EXECUTE format('REVOKE ALL ON SCHEMA creel FROM %I', role);
	FOR r IN SELECT * FROM creel.worker_right LOOP
		EXECUTE format('GRANT %s %s ON %s %s TO %I', r.privileges,
			'(' || r.columns || ')', r.kind, r.objects, role);
	END LOOP;
	FOR old IN SELECT p.policyname, p.tablename FROM pg_policies p
			WHERE p.schemaname = 'creel' LOOP
		EXECUTE format('DROP POLICY %I ON creel.%I', old.policyname,
			old.tablename);
	END LOOP;
	FOR f IN SELECT * FROM creel.worker_fence LOOP
		EXECUTE format('ALTER TABLE creel.%I ENABLE ROW LEVEL SECURITY',
			f.name);
		EXECUTE format('CREATE POLICY %I ON creel.%I FOR %s TO %I %s (%s)',
			'fence_' || lower(f.command), f.name, f.command, role,
			CASE f.command WHEN 'INSERT' THEN 'WITH CHECK'
			ELSE 'USING' END, f.condition);
	END LOOP;
END
$$;
