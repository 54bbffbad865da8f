-- owner
-- $1 text days of a partition
-- $2 text days ahead
-- $3 text days of retention, 0: for ever
SELECT part FROM creel.maintain($1::int, $2::int, $3::int) AS m (part)
