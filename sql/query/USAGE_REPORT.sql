-- SPDX-License-Identifier: ISC
-- worker
-- gateway
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
-- what the other workers received, and the totals before this report.  Returns at
-- least one row.  The listener runs it, which tries once.
SELECT r.workers::text, r.tenant, r.others::text, r.day_calls::text,
	r.stored::text
FROM creel.usage_report($1, $2::text[], $3::bigint[], $4::bigint[],
	$5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::boolean[])
	AS r
