-- Sums up what is known of every customer as of the cut.
-- makes: profiles
-- params: cut DATE

with bought as (
    -- An order is a purchase above zero: a return lowers the spend and is no order.
    select
        customer_id,
        min(case when amount > 0 then occurred_on end) as first_order_on,
        max(case when amount > 0 then occurred_on end) as last_order_on,
        count(case when amount > 0 then 1 end) as orders,
        count(distinct case when amount > 0 then occurred_on end) as order_days,
        sum(amount) as spend,
        sum(discount) as discount
    from purchases
    where occurred_on < $cut
    group by customer_id
),
ranges as (
    select customer_id, count(distinct category) as categories
    from category_months
    where category <> 'unknown' and amount > 0 and month < $cut
    group by customer_id
),
redeemed as (
    select customer_id, count(*) as redemptions
    from happenings
    where kind = 'redemption' and occurred_on < $cut
    group by customer_id
),
known as (
    select customer_id, count(*) as facts from current_facts group by customer_id
)
select
    customers.customer_id,
    customers.unit,
    customers.first_seen_on,
    bought.first_order_on,
    bought.last_order_on,
    coalesce(bought.orders, 0) as orders,
    coalesce(bought.order_days, 0) as order_days,
    cast(coalesce(bought.spend, 0) as decimal(18, 2)) as spend,
    cast(coalesce(bought.discount, 0) as decimal(18, 2)) as discount,
    coalesce(ranges.categories, 0) as categories,
    coalesce(redeemed.redemptions, 0) as redemptions,
    coalesce(known.facts, 0) as facts
from customers
left join bought on bought.customer_id = customers.customer_id
left join ranges on ranges.customer_id = customers.customer_id
left join redeemed on redeemed.customer_id = customers.customer_id
left join known on known.customer_id = customers.customer_id
