-- Tells what `customer_sums` tells, out of what was added up by source record before.
-- makes: customer_sums
-- params: before DATE, opening DATE

with owners as (
    select source_record, min(customer_id) as customer_id from identity_map group by source_record
),
torn as (
    -- Purchases whose lines name several source records: no record's file holds them.
    select
        customer_id, occurred_on, amount, undiscounted, bought_discount, returned,
        cast(1 << (day(occurred_on) - 1) as integer) as bit
    from purchases
    where source_record is null
),
records as (
    select
        source_record,
        min(first_order_on) as first_order_on,
        max(last_order_on) as last_order_on,
        sum(order_days) as order_days,
        sum(order_spend) as order_spend,
        min_by(first_day_spend, first_order_on) as first_day_spend,
        sum(case when since >= $opening then ever else 0 end) as orders,
        sum(case when since >= $opening then undiscounted else 0 end) as undiscounted,
        sum(case when since >= $opening then spend end) as spend,
        sum(case when since >= $opening then discounts end) as discounts,
        sum(case when since >= $opening then returns end) as returns,
        sum(case when since >= $before and since < $opening then spend end) as spend_before
    from record_shelves
    group by source_record
),
owned as (
    select owners.customer_id, records.*
    from records
    join owners on owners.source_record = records.source_record
),
several as (
    select customer_id from owned group by customer_id having count(*) > 1
    union
    select customer_id from torn
),
parts as (
    select owned.* from owned join several on several.customer_id = owned.customer_id
    union all
    select
        customer_id,
        cast(null as varchar) as source_record,
        case when amount > 0 then occurred_on end as first_order_on,
        case when amount > 0 then occurred_on end as last_order_on,
        case when amount > 0 then 1 else 0 end as order_days,
        case when amount > 0 then amount end as order_spend,
        case when amount > 0 then amount end as first_day_spend,
        case when occurred_on >= $opening and amount > 0 then 1 else 0 end as orders,
        case when occurred_on >= $opening then undiscounted else 0 end as undiscounted,
        case when occurred_on >= $opening then amount end as spend,
        case when occurred_on >= $opening then bought_discount end as discounts,
        case when occurred_on >= $opening then returned end as returns,
        case when occurred_on >= $before and occurred_on < $opening then amount end as spend_before
    from torn
),
sums as (
    select
        customer_id,
        min(first_order_on) as first_order_on,
        max(last_order_on) as last_order_on,
        sum(order_spend) as order_spend,
        sum(orders) as orders,
        sum(undiscounted) as undiscounted,
        sum(spend) as spend,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(spend_before) as spend_before
    from parts
    group by customer_id
),
orders as (
    -- Two records of one customer may order on one day: the bits say so, where a sum of counts would not.
    select
        sums.customer_id,
        year(record_shelves.since) as year,
        case when record_shelves.first_order_on = sums.first_order_on then record_shelves.first_day_spend end
            as first_day_spend,
        record_shelves.m1, record_shelves.m2, record_shelves.m3, record_shelves.m4, record_shelves.m5,
        record_shelves.m6, record_shelves.m7, record_shelves.m8, record_shelves.m9, record_shelves.m10,
        record_shelves.m11, record_shelves.m12
    from sums
    join owners on owners.customer_id = sums.customer_id
    join record_shelves on record_shelves.source_record = owners.source_record
    union all
    select
        sums.customer_id,
        year(torn.occurred_on) as year,
        case when torn.occurred_on = sums.first_order_on then torn.amount end as first_day_spend,
        case when month(torn.occurred_on) = 1 then torn.bit else 0 end as m1,
        case when month(torn.occurred_on) = 2 then torn.bit else 0 end as m2,
        case when month(torn.occurred_on) = 3 then torn.bit else 0 end as m3,
        case when month(torn.occurred_on) = 4 then torn.bit else 0 end as m4,
        case when month(torn.occurred_on) = 5 then torn.bit else 0 end as m5,
        case when month(torn.occurred_on) = 6 then torn.bit else 0 end as m6,
        case when month(torn.occurred_on) = 7 then torn.bit else 0 end as m7,
        case when month(torn.occurred_on) = 8 then torn.bit else 0 end as m8,
        case when month(torn.occurred_on) = 9 then torn.bit else 0 end as m9,
        case when month(torn.occurred_on) = 10 then torn.bit else 0 end as m10,
        case when month(torn.occurred_on) = 11 then torn.bit else 0 end as m11,
        case when month(torn.occurred_on) = 12 then torn.bit else 0 end as m12
    from sums
    join torn on torn.customer_id = sums.customer_id and torn.amount > 0
),
years as (
    select
        customer_id,
        sum(first_day_spend) as first_day_spend,
        cast(bit_count(bit_or(m1)) as bigint)
            + cast(bit_count(bit_or(m2)) as bigint)
            + cast(bit_count(bit_or(m3)) as bigint)
            + cast(bit_count(bit_or(m4)) as bigint)
            + cast(bit_count(bit_or(m5)) as bigint)
            + cast(bit_count(bit_or(m6)) as bigint)
            + cast(bit_count(bit_or(m7)) as bigint)
            + cast(bit_count(bit_or(m8)) as bigint)
            + cast(bit_count(bit_or(m9)) as bigint)
            + cast(bit_count(bit_or(m10)) as bigint)
            + cast(bit_count(bit_or(m11)) as bigint)
            + cast(bit_count(bit_or(m12)) as bigint) as order_days
    from orders
    group by customer_id, year
),
exact as (
    select customer_id, sum(order_days) as order_days, sum(first_day_spend) as first_day_spend
    from years
    group by customer_id
),
everybody as (
    select
        owned.customer_id, owned.first_order_on, owned.last_order_on, owned.order_days, owned.order_spend,
        owned.first_day_spend, owned.orders, owned.undiscounted, owned.spend, owned.discounts,
        owned.returns, owned.spend_before
    from owned
    where not exists (select 1 from several where several.customer_id = owned.customer_id)
    union all
    select
        sums.customer_id, sums.first_order_on, sums.last_order_on, coalesce(exact.order_days, 0) as order_days,
        sums.order_spend, exact.first_day_spend, sums.orders, sums.undiscounted, sums.spend,
        sums.discounts, sums.returns, sums.spend_before
    from sums
    left join exact on exact.customer_id = sums.customer_id
)
select
    customer_id, first_order_on, last_order_on, order_days,
    cast(coalesce(order_spend, 0) as decimal(18, 2)) as order_spend,
    cast(coalesce(first_day_spend, 0) as decimal(18, 2)) as first_day_spend,
    orders, undiscounted,
    cast(coalesce(spend, 0) as decimal(18, 2)) as spend,
    cast(coalesce(discounts, 0) as decimal(18, 2)) as discounts,
    cast(coalesce(returns, 0) as decimal(18, 2)) as returns,
    cast(coalesce(spend_before, 0) as decimal(18, 2)) as spend_before
from everybody
