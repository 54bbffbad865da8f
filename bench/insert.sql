-- SPDX-License-Identifier: ISC
\set random random(0, 9223372036854775806)
INSERT INTO creel.event (application_id, id, hook_id, received_at, method, path,
	query, headers, content_type, body, principal, remote_address, status,
	completed_at, reading)
VALUES (:application_id,
	(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint),
	12, '0') || '7' || lpad(to_hex(:random::bigint), 19, '0'))::uuid,
	:hook_id, now(), :method, :path, '', :headers, :content_type, :body,
	:principal, :remote_address, :status, now(),
	'json');
