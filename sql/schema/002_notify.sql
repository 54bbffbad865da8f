-- Workers keep rows that they have looked up.  Whoever changes one tells them
-- so, on the channel creel: "KIND KEY", the kind and handle of an address,
-- "organization ID", or "*" for everything.  PostgreSQL sends it after the
-- commit, and equal ones of a transaction once.

CREATE FUNCTION creel.notify(kind text, key text) RETURNS void
	LANGUAGE sql
	-- 8000 bytes are the limit, and what does not fit must not fail.
	RETURN pg_notify('creel', CASE WHEN octet_length(key) < 7000
		THEN kind || ' ' || key ELSE '*' END);

CREATE FUNCTION creel.notify_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('creel', '*');
	RETURN NULL;
END
$$;

CREATE FUNCTION creel.notify_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		PERFORM creel.notify(OLD.kind, OLD.handle);
	END IF;
	IF TG_OP <> 'DELETE' THEN
		PERFORM creel.notify(NEW.kind, NEW.handle);
	END IF;
	RETURN NULL;
END
$$;

-- Of a hook or a credential: those who look it up do so by its address.
CREATE FUNCTION creel.notify_target() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		PERFORM creel.notify(a.kind, a.handle) FROM creel.address a
		WHERE a.application_id = OLD.application_id
			AND a.target_id = OLD.id;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		PERFORM creel.notify(a.kind, a.handle) FROM creel.address a
		WHERE a.application_id = NEW.application_id
			AND a.target_id = NEW.id;
	END IF;
	RETURN NULL;
END
$$;

CREATE FUNCTION creel.notify_organization() RETURNS trigger
	LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' AND OLD.organization_id IS NOT NULL THEN
		PERFORM creel.notify('organization', OLD.organization_id);
	END IF;
	IF TG_OP <> 'DELETE' AND NEW.organization_id IS NOT NULL THEN
		PERFORM creel.notify('organization', NEW.organization_id);
	END IF;
	RETURN NULL;
END
$$;

CREATE TRIGGER notify AFTER INSERT OR DELETE OR UPDATE ON creel.address
	FOR EACH ROW EXECUTE FUNCTION creel.notify_address();

CREATE TRIGGER notify AFTER INSERT OR DELETE
		OR UPDATE OF application_id, id, enabled, settings
	ON creel.hook FOR EACH ROW EXECUTE FUNCTION creel.notify_target();

-- Not for last_used_at, which workers write.
CREATE TRIGGER notify AFTER INSERT OR DELETE
		OR UPDATE OF application_id, id, secret_sha256, scopes,
			hook_ids, enabled, expires_at
	ON creel.credential FOR EACH ROW EXECUTE FUNCTION creel.notify_target();

CREATE TRIGGER notify AFTER INSERT OR DELETE OR UPDATE OF id, organization_id
	ON creel.application FOR EACH ROW
	EXECUTE FUNCTION creel.notify_organization();

CREATE TRIGGER notify_all AFTER TRUNCATE ON creel.address
	FOR EACH STATEMENT EXECUTE FUNCTION creel.notify_all();
CREATE TRIGGER notify_all AFTER TRUNCATE ON creel.hook
	FOR EACH STATEMENT EXECUTE FUNCTION creel.notify_all();
CREATE TRIGGER notify_all AFTER TRUNCATE ON creel.credential
	FOR EACH STATEMENT EXECUTE FUNCTION creel.notify_all();
CREATE TRIGGER notify_all AFTER TRUNCATE ON creel.application
	FOR EACH STATEMENT EXECUTE FUNCTION creel.notify_all();
