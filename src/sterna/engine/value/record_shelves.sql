-- Adds up what each source record bought on the days that no file tells of yet; a file is one `since`.
-- makes: record_shelves

with months as (
    select
        purchases.source_record,
        rolled_days.since,
        month(purchases.occurred_on) as month,
        min(case when purchases.amount > 0 then purchases.occurred_on end) as first_order_on,
        max(case when purchases.amount > 0 then purchases.occurred_on end) as last_order_on,
        bit_or(cast(case when purchases.amount > 0 then 1 << (day(purchases.occurred_on) - 1) else 0 end as integer))
            as days,
        count(case when purchases.amount > 0 then 1 end) as ever,
        sum(purchases.undiscounted) as undiscounted,
        sum(case when purchases.amount > 0 then purchases.amount end) as order_spend,
        min_by(
            case when purchases.amount > 0 then purchases.amount end,
            case when purchases.amount > 0 then purchases.occurred_on end
        ) as first_ordered,
        sum(purchases.amount) as spend,
        sum(purchases.bought_discount) as discounts,
        sum(purchases.returned) as returns
    from purchases
    join rolled_days on rolled_days.occurred_on = purchases.occurred_on
    where purchases.source_record is not null
    group by purchases.source_record, rolled_days.since, month(purchases.occurred_on)
),
crowded as (
    -- As many orders as order days: one on each, and the first is known. Only the others are looked at again.
    select source_record, since, month, first_order_on from months where ever > bit_count(days)
),
beginnings as (
    select crowded.source_record, crowded.since, crowded.month, sum(purchases.amount) as first_day_spend
    from purchases
    join crowded
        on crowded.source_record = purchases.source_record and crowded.first_order_on = purchases.occurred_on
    where purchases.amount > 0
    group by crowded.source_record, crowded.since, crowded.month
)
select
    months.source_record,
    months.since,
    min(months.first_order_on) as first_order_on,
    max(months.last_order_on) as last_order_on,
    sum(bit_count(months.days)) as order_days,
    sum(months.ever) as ever,
    sum(months.undiscounted) as undiscounted,
    cast(coalesce(sum(months.order_spend), 0) as decimal(18, 2)) as order_spend,
    cast(
        coalesce(min_by(coalesce(beginnings.first_day_spend, months.first_ordered), months.first_order_on), 0)
        as decimal(18, 2)
    ) as first_day_spend,
    sum(months.spend) as spend,
    sum(months.discounts) as discounts,
    sum(months.returns) as returns,
    bit_or(case when months.month = 1 then months.days else 0 end) as m1,
    bit_or(case when months.month = 2 then months.days else 0 end) as m2,
    bit_or(case when months.month = 3 then months.days else 0 end) as m3,
    bit_or(case when months.month = 4 then months.days else 0 end) as m4,
    bit_or(case when months.month = 5 then months.days else 0 end) as m5,
    bit_or(case when months.month = 6 then months.days else 0 end) as m6,
    bit_or(case when months.month = 7 then months.days else 0 end) as m7,
    bit_or(case when months.month = 8 then months.days else 0 end) as m8,
    bit_or(case when months.month = 9 then months.days else 0 end) as m9,
    bit_or(case when months.month = 10 then months.days else 0 end) as m10,
    bit_or(case when months.month = 11 then months.days else 0 end) as m11,
    bit_or(case when months.month = 12 then months.days else 0 end) as m12
from months
left join beginnings
    on beginnings.source_record = months.source_record
        and beginnings.since = months.since
        and beginnings.month = months.month
group by months.source_record, months.since
