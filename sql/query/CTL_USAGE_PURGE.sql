-- SPDX-License-Identifier: ISC
-- owner
-- Deletes the counts of days that are long past, unless events of them are
-- stored, and of workers that have ended.
WITH purged AS (
	DELETE FROM creel.usage u
	WHERE u.day < creel.today() - 400 AND u.day > '-infinity'
		AND u.events = 0 AND u.bytes = 0
), gone AS (
	DELETE FROM creel.worker w WHERE w.seen_at < now() - interval '1 hour'
)
DELETE FROM creel.demand d WHERE d.at < now() - interval '1 hour'
