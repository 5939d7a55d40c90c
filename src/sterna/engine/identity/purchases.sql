-- Gathers the lines of one event into one purchase of one customer.
-- makes: purchases

with owners as (
    select source_record, min(customer_id) as customer_id from identity_map group by source_record
)
select
    clean_lines.event_id,
    -- Lines of one event under two source records stay one purchase of one customer, or its sum would be split.
    min(owners.customer_id) as customer_id,
    case
        when min(clean_lines.source_record) = max(clean_lines.source_record)
            and count(clean_lines.source_record) = count(*) then min(clean_lines.source_record)
    end as source_record,
    min(clean_lines.occurred_at) as occurred_at,
    min(clean_lines.occurred_on) as occurred_on,
    min(clean_lines.touchpoint) as touchpoint,
    count(*) as lines,
    cast(coalesce(sum(clean_lines.amount), 0) as decimal(18, 2)) as amount,
    cast(coalesce(sum(clean_lines.discount), 0) as decimal(18, 2)) as discount,
    -- Told apart here, where the lines are read anyway: the measures of value need no line any more.
    cast(coalesce(sum(case when clean_lines.amount >= 0 then clean_lines.discount end), 0) as decimal(18, 2))
        as bought_discount,
    cast(coalesce(sum(case when clean_lines.amount < 0 then -clean_lines.amount end), 0) as decimal(18, 2)) as returned,
    count(case when clean_lines.amount >= 0 and clean_lines.discount is null then 1 end) as undiscounted
from clean_lines
left join owners on owners.source_record = clean_lines.source_record
group by clean_lines.event_id
having min(owners.customer_id) is not null
