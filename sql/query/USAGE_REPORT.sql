-- SPDX-License-Identifier: ISC
-- worker
-- $1 text worker
-- $2 text applications, an array
-- $3 text calls of each, that were accepted, since the last report, an array
-- $4 text refused calls, an array
-- $5 text events that were stored, an array
-- $6 text their bytes, an array
-- $7 text applications and organizations with quotas, an array
-- $8 text calls that this worker received of each, in 1000 seconds, an array
-- $9 text whether to return the totals of each, an array
-- Adds the counts of a worker.  Returns the number of workers, and of each of $7
-- what the other workers received, and the totals before this report.  A row at
-- least.  The listener runs it, which tries once.
-- An application that is being deleted is not waited for.
WITH input AS (
	SELECT *
	FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[],
		$6::bigint[]) AS i (id, calls, refused, events, bytes)
), application AS MATERIALIZED (
	SELECT a.id
	FROM creel.application a
	WHERE a.id = ANY ($2::text[])
	ORDER BY a.id
	FOR KEY SHARE SKIP LOCKED
), counted AS (
	INSERT INTO creel.usage AS u (application_id, day, calls, refused,
		events, bytes)
	SELECT i.id, d.day, i.calls, i.refused, i.events, i.bytes
	FROM input i
	JOIN application a ON a.id = i.id
	CROSS JOIN (VALUES ('-infinity'::date), (creel.today())) AS d (day)
	ORDER BY i.id, d.day
	ON CONFLICT (application_id, day) DO UPDATE
	SET calls = u.calls + excluded.calls,
		refused = u.refused + excluded.refused,
		events = u.events + excluded.events,
		bytes = u.bytes + excluded.bytes
), own AS (
	INSERT INTO creel.worker (id, seen_at) VALUES ($1, clock_timestamp())
	ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
), tenant AS (
	SELECT *
	FROM unnest($7::text[], $8::bigint[], $9::boolean[])
		AS t (id, demand, sums)
), demand AS (
	INSERT INTO creel.demand (tenant_id, worker_id, calls, at)
	SELECT t.id, $1, t.demand, clock_timestamp() FROM tenant t
	ON CONFLICT (tenant_id, worker_id) DO UPDATE
	SET calls = excluded.calls, at = excluded.at
)
SELECT (SELECT 1 + count(*) FROM creel.worker w
		WHERE w.id <> $1 AND w.seen_at > now() - interval '5 s')::text,
	t.id,
	(SELECT coalesce(sum(d.calls), 0) FROM creel.demand d
		WHERE d.tenant_id = t.id AND d.worker_id <> $1
			AND d.at > now() - interval '3 s')::text,
	CASE WHEN t.sums THEN s.calls END::text,
	CASE WHEN t.sums THEN s.bytes END::text
FROM (VALUES (1)) AS one
LEFT JOIN tenant t ON true
LEFT JOIN LATERAL (
	SELECT coalesce(sum(u.calls) FILTER (WHERE u.day <> '-infinity'), 0)
			AS calls,
		coalesce(sum(u.bytes) FILTER (WHERE u.day = '-infinity'), 0)
			AS bytes
	FROM (
		SELECT t.id AS id
		UNION ALL
		SELECT a.id FROM creel.application a
		WHERE a.organization_id = t.id
	) AS m
	JOIN creel.usage u ON u.application_id = m.id
		AND u.day IN ('-infinity', creel.today())
	WHERE t.sums
) AS s ON true
