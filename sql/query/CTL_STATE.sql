-- SPDX-License-Identifier: ISC
-- owner
-- $1 text name of the workers' role
-- Before a migration: whether there is a schema, whether there is the role,
-- and whether we may make it.
SELECT (to_regclass('creel.schema_version') IS NOT NULL)::text,
	EXISTS (SELECT FROM pg_roles WHERE rolname = $1::text)::text,
	(SELECT rolsuper OR rolcreaterole FROM pg_roles
		WHERE rolname = current_user)::text
