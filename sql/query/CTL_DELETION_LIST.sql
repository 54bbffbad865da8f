-- SPDX-License-Identifier: ISC
-- owner
-- Returns the deleted applications of which events may be left.
SELECT d.application_id::text FROM creel.deletion d ORDER BY d.began_at
