-- SPDX-License-Identifier: ISC
-- worker
-- gateway
-- Returns the first right of the workers that the current role lacks, for
-- example "UPDATE (name) on creel.hook", or no row.
SELECT concat(p.privilege, ' (' || c.name || ')', ' on ', o.name)
FROM creel.worker_right AS r
CROSS JOIN LATERAL regexp_split_to_table(r.objects, '[,\s]+') AS o (name)
CROSS JOIN LATERAL regexp_split_to_table(r.privileges, '[,\s]+')
	AS p (privilege)
LEFT JOIN LATERAL regexp_split_to_table(r.columns, '[,\s]+') AS c (name) ON true
WHERE NOT CASE
	WHEN r.kind = 'SCHEMA' THEN has_schema_privilege(o.name, p.privilege)
	WHEN r.kind = 'SEQUENCE' THEN
		has_sequence_privilege(o.name, p.privilege)
	WHEN r.kind = 'FUNCTION' THEN
		has_function_privilege(o.name::regproc, p.privilege)
	WHEN c.name IS NULL THEN has_table_privilege(o.name, p.privilege)
	ELSE has_column_privilege(o.name, c.name, p.privilege) END
LIMIT 1
