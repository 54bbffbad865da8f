-- SPDX-License-Identifier: ISC
-- owner
-- $1 text id
SELECT a.id::text FROM creel.application a WHERE a.id = $1
