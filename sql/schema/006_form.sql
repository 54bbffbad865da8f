-- Forms: hooks of the kind form, their records, and the users who send them.

-- A user is a credential whose name is an e-mail address, of which an
-- application has one user; enabled is the right to send (Integration Access),
-- hook_ids are the only forms.
ALTER TABLE creel.credential
	DROP CONSTRAINT credential_kind_check,
	ADD CONSTRAINT credential_kind_check
		CHECK (kind IN ('key', 'token', 'user'));
CREATE UNIQUE INDEX credential_user
	ON creel.credential (application_id, lower(name)) WHERE kind = 'user';

-- The failed call that this one tries again.
ALTER TABLE creel.event ADD retry_of uuid;
-- Who looks for what failed passes over all that did not.
CREATE INDEX event_failed ON creel.event (application_id, hook_id, id)
	WHERE status = 'failed';

-- A page of an application's hooks of one kind.  Each order is one of an
-- index, or its reverse, which a statement with one ORDER BY for all could not
-- use.
DROP FUNCTION creel.webhook_page(text, text, text, bigint, int, text, text[]);
CREATE FUNCTION creel.hook_page(application text, hook_kind text,
		sort_field text, direction text, skip bigint, size int,
		pattern text, hook_ids text[])
	RETURNS SETOF creel.hook LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT h.* FROM creel.hook h
		WHERE h.application_id = $1 AND h.kind = $6
			AND ($2 IS NULL OR h.name ILIKE $2)
			AND ($3 IS NULL OR h.id = ANY ($3))
		ORDER BY %1$s %2$s, h.id %2$s LIMIT $4 OFFSET $5',
		CASE sort_field
			WHEN 'name' THEN 'h.name COLLATE "C"'
			WHEN 'creationDate' THEN 'h.created_at'
			WHEN 'lastUpdated' THEN 'h.updated_at'
			ELSE 'h.id' END,
		CASE direction WHEN 'desc' THEN 'DESC' ELSE 'ASC' END)
		USING application, pattern, hook_ids, size, skip, hook_kind;
END
$$;

-- Where a form, or all of them (id null), is on the web.
CREATE FUNCTION creel.form_links(application text, id text) RETURNS json
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		'forms', CASE WHEN id IS NOT NULL THEN json_build_object(
			'href', '/applications/' || application
				|| '/forms') END,
		'self', json_build_object(
			'href', '/applications/' || application || '/forms'
				|| coalesce('/' || id, ''))));

-- Whether calls reach a form, if it is enabled.
CREATE FUNCTION creel.form_has_webhook(h creel.hook) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN coalesce(h.settings->'appUsage' ? 'Webhook', false);

-- A form as clients read it.
CREATE FUNCTION creel.form_json(h creel.hook, links boolean) RETURNS json
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', h.id,
		'formId', h.id,
		'applicationId', h.application_id,
		'creationDate', creel.iso(h.created_at),
		'lastUpdated', creel.iso(h.updated_at),
		'name', h.name,
		'description', nullif(h.description, ''),
		'fields', h.settings->'fields',
		'appUsage', coalesce(h.settings->'appUsage', '[]'),
		'enabled', h.enabled,
		'appKey', h.handle,
		'_type', 'form',
		'_links', CASE WHEN links THEN creel.form_links(
			h.application_id, h.id) END));

-- Where a user, or the list of them (id null), is on the web.
CREATE FUNCTION creel.user_links(application text, id text) RETURNS json
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'application', json_build_object(
			'href', '/applications/' || application),
		'users', CASE WHEN id IS NOT NULL THEN json_build_object(
			'href', '/applications/' || application
				|| '/users') END,
		'self', json_build_object(
			'href', '/applications/' || application || '/users'
				|| coalesce('/' || id, ''))));

-- A user as clients read it; nobody has its Secret Key any more.
CREATE FUNCTION creel.user_json(c creel.credential, links boolean)
	RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
	RETURN json_strip_nulls(json_build_object(
		'id', c.id,
		'userId', c.id,
		'applicationId', c.application_id,
		'creationDate', creel.iso(c.created_at),
		'lastUpdated', creel.iso(c.updated_at),
		'email', c.name,
		'integrationAccess', c.enabled,
		'formIds', c.hook_ids,
		'lastUsed', creel.iso(c.last_used_at),
		'_type', 'user',
		'_links', CASE WHEN links THEN creel.user_links(
			c.application_id, c.id) END));

-- A text as a date, or null: it never fails, as a cast would, and costs no
-- subtransaction.
CREATE FUNCTION creel.text_date(text) RETURNS date
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	first date;
	day int;
BEGIN
	IF $1 !~ ('^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])'
			'-(0[1-9]|[12][0-9]|3[01])$') THEN
		RETURN NULL;
	END IF;
	first := make_date(substr($1, 1, 4)::int, substr($1, 6, 2)::int, 1);
	day := substr($1, 9, 2)::int;
	RETURN CASE WHEN day <= 28 OR extract(month FROM first + (day - 1))
		= extract(month FROM first) THEN first + (day - 1) END;
END
$$;

-- The same with a moment (RFC 3339): what base/moment.c takes, and a leap
-- second in any minute.
CREATE FUNCTION creel.text_moment(text) RETURNS timestamptz
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF $1 !~ ('^.{10}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:'
			'([0-5][0-9](\.[0-9]{1,9})?|60(\.0{1,9})?)'
			'([Zz]|[+-](0[0-9]|1[0-5]):[0-5][0-9])$')
			OR creel.text_date(left($1, 10)) IS NULL THEN
		RETURN NULL;
	END IF;
	RETURN $1::timestamptz;
END
$$;

-- Views for who reads records with SQL, one of a form at most.  The schema is
-- apart, so that a view can have any name.
CREATE SCHEMA IF NOT EXISTS creel_form;
CREATE TABLE creel.form_view (
	application_id creel.object_id NOT NULL,
	hook_id creel.object_id NOT NULL,
	name text COLLATE "C" NOT NULL,
	PRIMARY KEY (application_id, hook_id)
);

-- It runs as its owner, whose view it is.  A view that others depend on stays.
CREATE FUNCTION creel.drop_form_view() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	gone text;
BEGIN
	DELETE FROM creel.form_view v
	WHERE v.application_id = OLD.application_id AND v.hook_id = OLD.id
	RETURNING v.name INTO gone;
	IF FOUND THEN
		BEGIN
			EXECUTE format('DROP VIEW IF EXISTS creel_form.%I',
				gone);
		EXCEPTION
			WHEN dependent_objects_still_exist THEN
				NULL;
		END;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER drop_view AFTER DELETE ON creel.hook
	FOR EACH ROW WHEN (OLD.kind = 'form')
	EXECUTE FUNCTION creel.drop_form_view();

-- The e-mail address of a principal that is a user; null: it is another.
CREATE FUNCTION creel.user_email(principal text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN principal LIKE 'user:%' THEN substr(principal, 6) END;

-- A name for a column or a view that no other has: cut to 63 bytes, as
-- PostgreSQL would, and with a number if it is taken.
CREATE FUNCTION creel.free_name(wanted text, taken text[]) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	n int := 1;
	suffix text := '';
	name text := left(wanted, 63);
BEGIN
	LOOP
		WHILE octet_length(name || suffix) > 63 LOOP
			name := left(name, -1);
		END LOOP;
		IF name || suffix <> ALL (taken) THEN
			RETURN name || suffix;
		END IF;
		n := n + 1;
		suffix := '_' || n;
	END LOOP;
END
$$;

-- The SQL of a form's view.  A value of another type than the field has today,
-- from when the form was another one, is null: of numbers the type is proof
-- enough, for what a form takes as a number is one for PostgreSQL.
CREATE FUNCTION creel.form_select(h creel.hook) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
DECLARE
	columns text[] := '{event_id,received_at,user_email}';
	list text := 'e.id AS event_id, e.received_at, creel.user_email(
		e.principal) AS user_email';
	field jsonb;
	name text;
BEGIN
	FOR field IN SELECT jsonb_array_elements(h.settings->'fields') LOOP
		name := creel.free_name(field->>'name', columns);
		columns := columns || name;
		list := list || format(', CASE WHEN json_typeof(
			e.parsed -> %1$L) = ANY (%2$L) THEN ' || CASE field->>'type'
				WHEN 'number' THEN
					'(e.parsed ->> %1$L)::numeric'
				WHEN 'boolean' THEN
					'(e.parsed ->> %1$L)::boolean'
				WHEN 'date' THEN
					'creel.text_date(e.parsed ->> %1$L)'
				WHEN 'date-time' THEN
					'creel.text_moment(e.parsed ->> %1$L)'
				WHEN 'list' THEN 'e.parsed -> %1$L'
				WHEN 'object' THEN 'e.parsed -> %1$L'
				ELSE 'e.parsed ->> %1$L' END || ' END AS %3$I',
			field->>'name', CASE field->>'type'
				WHEN 'number' THEN '{number}'
				WHEN 'boolean' THEN '{boolean}'
				WHEN 'list' THEN '{array}'
				WHEN 'object' THEN '{object}'
				WHEN 'text' THEN '{string,number,boolean}'
				ELSE '{string}' END, name);
	END LOOP;
	RETURN format('SELECT %s FROM creel.event e
		WHERE e.application_id = %L AND e.hook_id = %L
			AND e.status = ''success''', list, h.application_id,
		h.id);
END
$$;

-- Makes the view of a form as it is today, or makes it anew; gives its name.
-- Null: there is no such form, or wanted is a name that something else has.
-- Without a name it keeps the one it had, or gets one like the form's.  Who was
-- given rights to it keeps them.  What a reader's own functions are shown is
-- what the view shows (security_barrier).
CREATE FUNCTION creel.form_view_make(application text, form text, wanted text)
	RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	h creel.hook;
	old text;
	name text := wanted;
	rights text[];
	one text;
BEGIN
	-- The names of all views are chosen from: one at a time.
	PERFORM pg_advisory_xact_lock(hashtext('creel.form_view'));
	SELECT k.* INTO h FROM creel.hook k WHERE k.application_id = application
		AND k.id = form AND k.kind = 'form' FOR UPDATE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	SELECT v.name INTO old FROM creel.form_view v
	JOIN pg_class c ON c.relname = v.name
		AND c.relnamespace = 'creel_form'::regnamespace
	WHERE v.application_id = application AND v.hook_id = form;
	name := coalesce(wanted, old, creel.free_name(
		coalesce(nullif(trim(BOTH '_' FROM regexp_replace(
			lower(h.name), '[^[:alnum:]]+', '_', 'g')), ''),
			'form'),
		ARRAY(SELECT c.relname::text FROM pg_class c
			WHERE c.relnamespace = 'creel_form'::regnamespace)));
	IF name IS DISTINCT FROM old AND to_regclass(
			format('creel_form.%I', name)) IS NOT NULL THEN
		RETURN NULL;
	END IF;
	IF old <> name THEN
		EXECUTE format('ALTER VIEW creel_form.%I RENAME TO %I', old,
			name);
	END IF;
	INSERT INTO creel.form_view AS v (application_id, hook_id, name)
	VALUES (application, form, name)
	ON CONFLICT (application_id, hook_id)
		DO UPDATE SET name = excluded.name;
	BEGIN
		EXECUTE format('CREATE OR REPLACE VIEW creel_form.%I
			WITH (security_barrier) AS %s', name,
			creel.form_select(h));
	EXCEPTION
		WHEN invalid_table_definition THEN
			rights := ARRAY(SELECT format(
					'GRANT %s ON creel_form.%I TO %s',
					a.privilege_type, name,
					CASE a.grantee WHEN 0 THEN 'PUBLIC'
					ELSE a.grantee::regrole::text END)
				FROM pg_class c
				CROSS JOIN LATERAL aclexplode(c.relacl) AS a
				WHERE c.oid = to_regclass(
					format('creel_form.%I', name))
					AND a.grantee <> c.relowner);
			EXECUTE format('DROP VIEW creel_form.%I', name);
			EXECUTE format('CREATE VIEW creel_form.%I
				WITH (security_barrier) AS %s', name,
				creel.form_select(h));
			FOREACH one IN ARRAY rights LOOP
				EXECUTE one;
			END LOOP;
	END;
	RETURN name;
END
$$;
REVOKE EXECUTE ON FUNCTION creel.form_view_make FROM PUBLIC;

-- Records that these transactions committed, oldest first: some of them.  It
-- goes by the index of transactions, as creel.event_follow() does.
CREATE FUNCTION creel.record_follow(application text, form text, since bigint,
		event uuid, until bigint, low uuid, high uuid,
		begins timestamptz, ends timestamptz)
	RETURNS TABLE (transaction_id bigint, id uuid, received_at timestamptz,
		principal text, parsed json, size bigint)
	LANGUAGE plpgsql STABLE SET enable_seqscan = off
	SET cpu_index_tuple_cost = 1 SET max_parallel_workers_per_gather = 0
	AS $$
BEGIN
	RETURN QUERY SELECT e.transaction_id, e.id, e.received_at, e.principal,
		e.parsed, octet_length(e.body)::bigint
	FROM creel.event e
	WHERE e.application_id || '' = application AND e.hook_id || '' = form
		AND e.status = 'success' AND e.id >= low AND e.id < high
		AND e.transaction_id >= since AND e.transaction_id < until
		AND (e.transaction_id, e.id) > (since, event)
		AND (begins IS NULL OR e.received_at >= begins)
		AND (ends IS NULL OR e.received_at < ends)
	ORDER BY e.transaction_id, e.id
	LIMIT 1000;
END
$$;
