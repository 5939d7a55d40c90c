-- Names the customer of every other event.
-- makes: happenings

with owners as (
    select source_record, min(customer_id) as customer_id from identity_map group by source_record
)
select
    clean_events.event_id,
    owners.customer_id,
    clean_events.kind,
    clean_events.occurred_on,
    clean_events.touchpoint,
    clean_events.direction,
    clean_events.subject
from clean_events
join owners on owners.source_record = clean_events.source_record
where owners.customer_id is not null
