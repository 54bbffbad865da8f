-- SPDX-License-Identifier: ISC
-- Grants the workers' role the rights that the statements marked "worker" in
-- sql/query need, and no others.  Runs at the end of every migration, with the
-- name of the role in the setting creel.worker_role.
DO $$
DECLARE
	role constant text := current_setting('creel.worker_role');
BEGIN
	EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA creel FROM %I', role);
	EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA creel FROM %I',
		role);
	EXECUTE format('REVOKE ALL ON SCHEMA creel FROM %I', role);
	EXECUTE format('GRANT USAGE ON SCHEMA creel TO %I', role);
	EXECUTE format('GRANT SELECT ON creel.schema_version, creel.address,
		creel.hook, creel.credential, creel.application,
		creel.organization TO %I', role);
	EXECUTE format('GRANT SELECT ON creel.device, creel.device_group TO %I',
		role);
	EXECUTE format('GRANT INSERT, DELETE ON creel.application, creel.hook,
		creel.credential, creel.address TO %I', role);
	EXECUTE format('GRANT UPDATE (name, description, updated_at)
		ON creel.application TO %I', role);
	EXECUTE format('GRANT UPDATE (name, description, enabled, prefix,
		secret_sha256, updated_at, last_used_at)
		ON creel.credential TO %I', role);
	EXECUTE format('GRANT UPDATE (name, description, enabled, settings,
		updated_at) ON creel.hook TO %I', role);
	EXECUTE format('GRANT SELECT ON creel.row_count,
		creel.device_left, creel.device_key TO %I', role);
	EXECUTE format('GRANT SELECT, INSERT, DELETE ON creel.device,
		creel.device_group, creel.device_member TO %I', role);
	EXECUTE format('GRANT UPDATE (name, description, updated_at,
		cursor_position, cursor_event_id, last_seen_at)
		ON creel.device TO %I', role);
	EXECUTE format('GRANT UPDATE (name, description, updated_at)
		ON creel.device_group TO %I', role);
	EXECUTE format('GRANT SELECT, INSERT ON creel.receipt TO %I', role);
	EXECUTE format('GRANT SELECT, INSERT ON creel.event, creel.dedupe,
		creel.reply TO %I', role);
	EXECUTE format('GRANT UPDATE (id) ON creel.reply TO %I', role);
	EXECUTE format('GRANT SELECT, UPDATE ON SEQUENCE creel.position,
		creel.position_lead TO %I',
		role);
	EXECUTE format('GRANT SELECT ON creel.event_data, creel.event_payload,
		creel.event_candidate TO %I', role);
END
$$;
