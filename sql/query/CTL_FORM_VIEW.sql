-- SPDX-License-Identifier: ISC
-- owner
-- $1 text application
-- $2 text id
-- $3 text name of the view, or null: its old one, or one like the form's
-- Returns null if another object has that name.
SELECT 'creel_form.' || quote_ident(creel.form_view_create($1, $2, $3))
