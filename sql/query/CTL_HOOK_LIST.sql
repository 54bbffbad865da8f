-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application, or null for all
-- $2 text id or handle to select, or null for all
-- $3 text kind, or null for all
-- Tenants choose event IDs, so an event ID must not select another hook: it is
-- a handle only where the kind is action, and an id has precedence over any
-- handle.
SELECT json_build_object(
	'id', h.id,
	'applicationId', h.application_id,
	'kind', h.kind,
	'name', h.name,
	'description', h.description,
	'handle', h.handle,
	'path', CASE h.kind
		WHEN 'datasource' THEN '/hooks/incoming/' || h.handle
		WHEN 'form' THEN '/webhook/app/' || h.handle
			|| '/incoming-data' END,
	'enabled', h.enabled,
	'settings', h.settings,
	'createdAt', creel.iso(h.created_at),
	'updatedAt', creel.iso(h.updated_at))::text
FROM creel.hook h
WHERE ($1::text IS NULL OR h.application_id = $1)
	AND ($3::text IS NULL OR h.kind = $3)
	AND ($2::text IS NULL OR h.id = $2 OR h.handle = $2
		AND (h.kind <> 'action' OR $3 = 'action')
		AND NOT EXISTS (SELECT FROM creel.hook o
			WHERE o.id = $2 AND ($3::text IS NULL OR o.kind = $3)
				AND ($1::text IS NULL
					OR o.application_id = $1)))
ORDER BY h.created_at, h.id
