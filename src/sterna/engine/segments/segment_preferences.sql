-- What the customers of each segment prefer beside everybody else, each customer weighing the same.
-- makes: segment_preferences
-- params: least BIGINT
with summed as (
    -- Of prices and consents those count of whom the very item is known, of the rest those of whom the kind is.
    select *, case when kind in ('price', 'consented') then item else '' end as scope
    from (
        select scheme, segment, kind, item, customers, known, total from timing_sums
        union all
        select scheme, segment, kind, item, customers, known, total from goods_sums
        union all
        select scheme, segment, kind, item, customers, known, total from said_sums
    ) as told
),
known as (
    select scheme, segment, kind, scope, max(known) as customers from summed group by scheme, segment, kind, scope
),
known_all as (
    select scheme, kind, scope, sum(customers) as customers from known group by scheme, kind, scope
),
summed_all as (
    select scheme, kind, item, scope, sum(total) as total
    from summed
    group by scheme, kind, item, scope
    -- Days, prices and media are of a fixed list; the other items are texts, and a rare one may name somebody.
    having sum(customers) >= $least or kind in ('weekday', 'hour', 'month', 'price', 'consented')
),
-- Every item that anybody prefers, for every segment of whom the kind is known: that nobody of it does is told too.
compared as (
    select
        known.scheme,
        known.segment,
        summed_all.kind,
        summed_all.item,
        coalesce(summed.customers, 0) as customers,
        known.customers as known,
        cast(coalesce(summed.total, 0) as double) / cast(known.customers as double) as share,
        case
            when known_all.customers > known.customers then
                cast(summed_all.total - coalesce(summed.total, 0) as double)
                    / cast(known_all.customers - known.customers as double)
        end as share_others
    from summed_all
    join known
        on known.scheme = summed_all.scheme and known.kind = summed_all.kind and known.scope = summed_all.scope
    join known_all
        on known_all.scheme = summed_all.scheme and known_all.kind = summed_all.kind
        and known_all.scope = summed_all.scope
    left join summed
        on summed.scheme = known.scheme and summed.segment = known.segment and summed.kind = summed_all.kind
        and summed.item = summed_all.item
)
select
    scheme, segment, kind, item, customers, known, share, share_others,
    case when share_others > 0 then share / share_others end as lift
from compared
