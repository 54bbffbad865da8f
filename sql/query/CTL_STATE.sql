-- SPDX-License-Identifier: ISC
-- owner
-- $1 text name of the workers' role
-- Returns, before a migration, whether the schema exists, whether the role
-- exists, and whether the current role may create it.
SELECT (to_regclass('creel.schema_version') IS NOT NULL)::text,
	EXISTS (SELECT FROM pg_roles WHERE rolname = $1::text)::text,
	(SELECT rolsuper OR rolcreaterole FROM pg_roles
		WHERE rolname = current_user)::text
