-- What Losant's door needs beyond the base.

-- What a body stands for that is neither JSON nor text (a form, a file): read
-- when it came, by the hook's settings of that moment.
ALTER TABLE creel.event ADD parsed json;

-- Webhooks are listed a page at a time, in each of these orders.
CREATE INDEX hook_by_name ON creel.hook
	(application_id, kind, (name COLLATE "C"), id);
CREATE INDEX hook_by_created_at ON creel.hook
	(application_id, kind, created_at, id);
CREATE INDEX hook_by_updated_at ON creel.hook
	(application_id, kind, updated_at, id);
