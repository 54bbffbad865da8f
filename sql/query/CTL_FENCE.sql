-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- Returns the first gap in the fence between tenants for the current role, for
-- example 'creel.hook: policy "fence_all": missing', or no row.
WITH fence AS (
	SELECT format('creel.%I', f.name) AS name,
		'fence_' || lower(f.command) AS policy, f.command, f.condition
	FROM creel.worker_fence f
), policy AS (
	SELECT format('creel.%I', p.tablename) AS name, p.policyname AS policy,
		p.cmd AS command, regexp_replace(coalesce(p.qual, p.with_check),
			'::text|[()]', '', 'g') AS condition
	FROM pg_policies p
	WHERE p.schemaname = 'creel' AND p.permissive = 'PERMISSIVE'
		AND EXISTS (SELECT FROM unnest(p.roles) AS r (name)
			WHERE r.name = 'public' OR pg_has_role(r.name, 'USAGE'))
)
SELECT format('role "%s": %s', current_user, CASE
	WHEN r.rolsuper THEN 'is a superuser'
	WHEN r.rolbypassrls THEN 'has BYPASSRLS' END)
FROM pg_roles r
WHERE r.rolname = current_user AND (r.rolsuper OR r.rolbypassrls)
UNION ALL
SELECT format('%s: %s', f.name, CASE WHEN c.relrowsecurity
	THEN format('role "%s" owns it', current_user)
	ELSE 'row level security is disabled' END)
FROM fence f
JOIN pg_class c ON c.oid = f.name::regclass
WHERE NOT row_security_active(f.name)
UNION ALL
SELECT format('%s: policy "%s": %s', coalesce(f.name, p.name),
	coalesce(f.policy, p.policy), CASE
	WHEN p.name IS NULL THEN 'missing'
	ELSE 'is not one of Creel' END)
FROM fence f
FULL JOIN policy p USING (name, policy, command)
WHERE f.name IS NULL OR p.name IS NULL
	OR p.condition <> regexp_replace(f.condition, '::text|[()]', '', 'g')
LIMIT 1
