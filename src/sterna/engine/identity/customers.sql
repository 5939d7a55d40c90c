-- Lists every customer of whom something is known before the cut, with the day of the first such thing.
-- makes: customers
-- params: cut DATE

with seen as (
    select customer_id, occurred_on as seen_on from purchases
    union all
    select customer_id, occurred_on as seen_on from happenings
    union all
    select identity_map.customer_id, facts.observed_on as seen_on
    from facts
    join identity_map on identity_map.source_record = facts.source_record
),
first_seen as (
    -- A fact observed from the cut on is not known yet: it must not date a customer into the future.
    select customer_id, min(seen_on) as first_seen_on from seen where seen_on < $cut group by customer_id
),
mapped as (
    select customer_id, min(unit) as unit, count(distinct source_record) as source_records
    from identity_map
    where customer_id is not null
    group by customer_id
)
-- Who was first seen later is not there yet: a past day run again has the customers of that day.
select mapped.customer_id, mapped.unit, mapped.source_records, first_seen.first_seen_on
from mapped
join first_seen on first_seen.customer_id = mapped.customer_id
