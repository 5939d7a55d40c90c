-- What the customers of each segment prefer beside everybody else, each customer weighing the same.
-- makes: segment_preferences

with placed as (
    select
        preferences.kind,
        preferences.item,
        preferences.customer_id,
        preferences.figure,
        segment_members.segment,
        -- Of prices and consents those count of whom the very item is known, of the rest those of whom the kind is.
        case when preferences.kind in ('price', 'consented') then preferences.item else '' end as scope
    from preferences
    join customers on customers.customer_id = preferences.customer_id
    left join segment_members on segment_members.customer_id = preferences.customer_id
),
known as (
    select segment, kind, scope, count(distinct customer_id) as customers from placed group by segment, kind, scope
),
known_all as (
    select kind, scope, sum(customers) as customers from known group by kind, scope
),
summed as (
    select
        segment, kind, item, scope, count(case when figure > 0 then 1 end) as customers, sum(figure) as total
    from placed
    group by segment, kind, item, scope
),
summed_all as (
    select kind, item, scope, sum(total) as total from summed group by kind, item, scope
),
-- Every item that anybody prefers, for every segment of whom the kind is known: that nobody of it does is told too.
compared as (
    select
        known.segment,
        summed_all.kind,
        summed_all.item,
        coalesce(summed.customers, 0) as customers,
        cast(coalesce(summed.total, 0) as double) / cast(known.customers as double) as share,
        case
            when known_all.customers > known.customers then
                cast(summed_all.total - coalesce(summed.total, 0) as double)
                    / cast(known_all.customers - known.customers as double)
        end as share_others
    from summed_all
    join known
        on known.kind = summed_all.kind and known.scope = summed_all.scope and known.segment is not null
    join known_all on known_all.kind = summed_all.kind and known_all.scope = summed_all.scope
    left join summed
        on summed.segment = known.segment and summed.kind = summed_all.kind and summed.item = summed_all.item
)
select
    segment, kind, item, customers, share, share_others,
    case when share_others > 0 then share / share_others end as lift
from compared
