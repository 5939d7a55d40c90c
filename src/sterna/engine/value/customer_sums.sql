-- Adds up what each customer ordered ever, in the window and in the one before, in one pass over the purchases.
-- makes: customer_sums
-- params: before DATE, opening DATE, cut DATE

with sums as (
    select
        customer_id,
        min(case when amount > 0 then occurred_on end) as first_order_on,
        max(case when amount > 0 then occurred_on end) as last_order_on,
        count(distinct case when amount > 0 then occurred_on end) as order_days,
        count(case when amount > 0 then 1 end) as ever,
        sum(case when amount > 0 then amount end) as order_spend,
        min_by(case when amount > 0 then amount end, case when amount > 0 then occurred_on end) as first_ordered,
        count(case when occurred_on >= $opening and amount > 0 then 1 end) as orders,
        sum(case when occurred_on >= $opening then undiscounted end) as undiscounted,
        sum(case when occurred_on >= $opening then amount end) as spend,
        sum(case when occurred_on >= $opening then bought_discount end) as discounts,
        sum(case when occurred_on >= $opening then returned end) as returns,
        sum(case when occurred_on >= $before and occurred_on < $opening then amount end) as spend_before
    from purchases
    where occurred_on < $cut
    group by customer_id
),
crowded as (
    -- As many orders as order days: one on each, and the first is known. Only the others are looked at again.
    select customer_id, first_order_on from sums where ever > order_days
),
beginnings as (
    select purchases.customer_id, sum(purchases.amount) as first_day_spend
    from purchases
    join crowded
        on crowded.customer_id = purchases.customer_id and crowded.first_order_on = purchases.occurred_on
    where purchases.amount > 0
    group by purchases.customer_id
)
select
    sums.customer_id, sums.first_order_on, sums.last_order_on, sums.order_days,
    cast(coalesce(sums.order_spend, 0) as decimal(18, 2)) as order_spend,
    cast(coalesce(beginnings.first_day_spend, sums.first_ordered, 0) as decimal(18, 2)) as first_day_spend,
    sums.orders,
    coalesce(sums.undiscounted, 0) as undiscounted,
    cast(coalesce(sums.spend, 0) as decimal(18, 2)) as spend,
    cast(coalesce(sums.discounts, 0) as decimal(18, 2)) as discounts,
    cast(coalesce(sums.returns, 0) as decimal(18, 2)) as returns,
    cast(coalesce(sums.spend_before, 0) as decimal(18, 2)) as spend_before
from sums
left join beginnings on beginnings.customer_id = sums.customer_id
