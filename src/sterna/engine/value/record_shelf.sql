-- Takes what one file is to hold out of the days that were just added up.
-- makes: record_shelf
-- params: since DATE

select * from record_shelves where since = $since
