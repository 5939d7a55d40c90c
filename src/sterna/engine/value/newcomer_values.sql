-- What the newcomers of the recorded credits bought in the window; unknown of who is no customer on record.
-- makes: newcomer_values

select brought.newcomer as customer_id, current_values.spend
from (select distinct newcomer from credits) as brought
left join current_values on current_values.customer_id = brought.newcomer
