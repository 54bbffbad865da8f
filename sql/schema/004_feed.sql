-- What readers of the log need: every kind of event, a page at a time, none so
-- heavy that it takes long.

-- The query string as an object, read when the call came; null where there is
-- none, or too much of it.
ALTER TABLE creel.event ADD query_json json;
-- Whether the caller waits for a reply, whatever becomes of the hook.
ALTER TABLE creel.event ADD waits boolean NOT NULL DEFAULT false;

DROP VIEW creel.webhook_event;
DROP FUNCTION creel.query_json(text);
DROP FUNCTION creel.url_decode(text);

-- They catch errors, which nothing may that runs in parallel.
ALTER FUNCTION creel.body_text(bytea) PARALLEL UNSAFE;
ALTER FUNCTION creel.body_json(bytea) PARALLEL UNSAFE;
ALTER FUNCTION creel.body_as_json(text, bytea) PARALLEL UNSAFE;

-- Events as Losant's workflows get them, for programs that read with SQL and
-- for those that read over HTTP.  To follow it, read in the order of
-- (transaction_id, id), below the oldest transaction that is still running.
-- Of a hook that was deleted the principal tells whether it was a webhook: it
-- called in the hook's own name.  Other doors take a body of no type for JSON.
CREATE VIEW creel.event_payload AS
	SELECT e.application_id, e.hook_id, e.id, e.transaction_id, e.status,
		json_build_object(
			'id', e.id,
			'time', creel.iso(e.received_at),
			'data', d.data,
			'applicationId', e.application_id,
			'applicationName', a.name,
			'triggerId', e.hook_id,
			'triggerType', k.kind,
			'relayId', '000000000000000000000000',
			'relayType', 'public',
			'globals', '{}'::json) AS payload
	FROM creel.event e
	LEFT JOIN creel.application a ON a.id = e.application_id
	LEFT JOIN creel.hook h ON h.application_id = e.application_id
		AND h.id = e.hook_id
	CROSS JOIN LATERAL (SELECT coalesce(h.kind,
		CASE WHEN e.principal = 'hook:' || e.hook_id THEN 'webhook' END))
		AS k (kind)
	CROSS JOIN LATERAL (
		SELECT json_object_agg(m.name, m.value)
		FROM (VALUES
			('body', CASE WHEN octet_length(e.body) > 0
				THEN coalesce(CASE e.principal
					WHEN 'hook:' || e.hook_id THEN e.parsed
					END,
					creel.body_as_json(coalesce(
					e.content_type, CASE WHEN k.kind
					IS DISTINCT FROM 'webhook'
					THEN 'application/json' END), e.body),
					to_json(creel.body_text(e.body)))
				END),
			('headers', (e.headers || jsonb_build_object(
				'x-forwarded-for', e.remote_address))::json),
			('method', to_json(lower(e.method))),
			('path', to_json(e.path)),
			('query', coalesce(e.query_json,
				CASE e.query WHEN '' THEN '{}'::json
				ELSE to_json(e.query) END)),
			('replyId', to_json(CASE WHEN e.waits
				THEN e.hook_id || '.' || e.id END))
			) AS m (name, value)
		WHERE m.value IS NOT NULL OR m.name = 'body'
	) AS d (data);

-- What a page may hold, before its payloads are made.
CREATE TYPE creel.candidate AS (
	transaction_id bigint,
	id uuid,
	weight bigint
);

-- What events weigh as payloads, in bytes, by what can be told without reading
-- what is stored apart: a body that was cast has up to four characters a byte,
-- and headers that are compressed may be all that a request's head can hold.
CREATE VIEW creel.event_candidate AS
	SELECT e.application_id, e.hook_id, e.id, e.transaction_id,
		octet_length(e.body)::bigint
			* CASE WHEN e.parsed IS NULL THEN 1 ELSE 4 END
		+ CASE WHEN pg_column_compression(e.headers) IS NULL
			THEN pg_column_size(e.headers) ELSE 65536 END
		+ 2 * octet_length(e.query) + octet_length(e.path) + 512
		AS weight
	FROM creel.event e;

-- The page that the candidates, in this order, begin with: size events at most
-- and about 4 MiB, but one at least.  cut: some candidates are not on it.  A
-- plan that is kept may be older than what is in a partition or a table: it
-- had better not scan one.
CREATE FUNCTION creel.event_page(application text,
		candidates creel.candidate[], size int,
		OUT n int, OUT cut boolean, OUT items json,
		OUT last creel.candidate)
	LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
	n := 0;
	cut := false;
	items := '[]';
	-- Most looks of those who wait for news.
	IF cardinality(candidates) = 0 THEN
		RETURN;
	END IF;
	SELECT count(*), json_agg((
			SELECT e.payload FROM creel.event_payload e
			WHERE e.application_id = application AND e.id = c.id)
			ORDER BY c.i)
	INTO n, items
	FROM (SELECT u.id, u.i, sum(u.weight) OVER (ORDER BY u.i) AS total
		FROM unnest(candidates)
			WITH ORDINALITY AS u (transaction_id, id, weight, i))
		AS c
	WHERE c.i = 1 OR (c.i <= size AND c.total <= 4194304);
	cut := n < cardinality(candidates);
	last := candidates[n];
END
$$;

-- The least id that may still come at a time: that of an event is never made
-- more than a day before it is committed.
CREATE FUNCTION creel.day_floor(at timestamptz) RETURNS uuid
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN creel.uuid_floor(to_timestamp(greatest(0,
		extract(epoch FROM at) - 24 * 60 * 60)));

-- The same behind a cursor.  One that names no event has such an id in its
-- place, which no UUIDv7 looks like.
CREATE FUNCTION creel.cursor_floor(event uuid) RETURNS uuid
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN substr(event::text, 15, 1) = '7'
		THEN creel.day_floor(creel.uuid_time(event))
		ELSE event END;

-- The oldest transaction that still runs, and until which one is looked at
-- since another one: some thousands, so that no look takes long.
CREATE FUNCTION creel.horizon(since bigint, OUT oldest bigint,
		OUT until bigint)
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	oldest := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
	until := least(oldest, since + 5000);
END
$$;

-- What was committed in these transactions, of all applications and of one;
-- nothing where until is null.  The index of transactions is the one to go by
-- (the ids of the others are those of a whole day: ||), but as long as nothing
-- is known of what is in a day's partition, or it was little when a plan was
-- made, the others, or none, look cheaper.  Workers of its own take longer to
-- start than this to run.
CREATE FUNCTION creel.event_news(since bigint, until bigint)
	RETURNS SETOF text LANGUAGE plpgsql STABLE ROWS 10
	SET enable_seqscan = off SET cpu_index_tuple_cost = 1
	SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	least_id constant uuid := creel.day_floor(now());
BEGIN
	IF since < until THEN
		RETURN QUERY SELECT DISTINCT e.application_id::text
		FROM creel.event e
		WHERE e.id >= least_id AND e.transaction_id >= since
			AND e.transaction_id < until;
	END IF;
END
$$;

CREATE FUNCTION creel.event_follow(application text, hooks text[],
		since bigint, event uuid, until bigint, size int)
	RETURNS creel.candidate[] LANGUAGE plpgsql STABLE
	SET enable_seqscan = off SET cpu_index_tuple_cost = 1
	SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
	least_id constant uuid := creel.cursor_floor(event);
BEGIN
	RETURN ARRAY(
		SELECT ROW(e.transaction_id, e.id, e.weight)::creel.candidate
		FROM creel.event_candidate e
		WHERE e.application_id || '' = application
			AND (hooks IS NULL OR e.hook_id = ANY (hooks))
			AND e.id >= least_id AND e.transaction_id >= since
			AND e.transaction_id < until
			AND (e.transaction_id, e.id) > (since, event)
		ORDER BY e.transaction_id, e.id
		LIMIT size + 1);
END
$$;
