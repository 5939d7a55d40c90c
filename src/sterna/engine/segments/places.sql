-- Where every customer stood at the opening and stands at the close: one band each, "none" or "new".
-- makes: places
-- params: scheme VARCHAR, opening DATE
with edges as (
    select place, rank, low, high from bands where scheme = $scheme
),
known as (
    select
        customers.customer_id,
        customers.first_seen_on,
        customers.first_seen_on >= $opening as is_new,
        -- Whoever bought nothing in the window spent zero: that is known, not missing.
        coalesce(measured.spend_before, 0) as spend_before,
        coalesce(measured.spend, 0) as spend
    from customers
    left join "values" measured on measured.customer_id = customers.customer_id
)
select
    known.customer_id,
    $scheme as scheme,
    case when known.is_new then 'new' else coalesce(before.place, 'none') end as from_place,
    coalesce(after.place, 'none') as to_place,
    -- A newcomer stood nowhere, which is not the same as at the bottom.
    case when known.is_new then cast(null as integer) else coalesce(before.rank, 0) end as from_rank,
    coalesce(after.rank, 0) as to_rank,
    case when known.is_new then cast(null as decimal(18, 2)) else known.spend_before end as from_amount,
    known.spend as to_amount,
    known.first_seen_on
from known
-- Half-open bands: an amount on an edge belongs to the upper band and to no other.
left join edges before
    on known.spend_before >= before.low and (before.high is null or known.spend_before < before.high)
left join edges after
    on known.spend >= after.low and (after.high is null or known.spend < after.high)
