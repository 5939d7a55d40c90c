-- Puts the measures of value beside each other for every customer.
-- makes: values
-- params: before DATE, opening DATE, cut DATE

with bought as (
    select
        customer_id,
        sum(case when occurred_on >= $opening then amount else 0 end) as spend,
        sum(case when occurred_on < $opening then amount else 0 end) as spend_before,
        count(case when occurred_on >= $opening and amount > 0 then 1 end) as orders
    from purchases
    where occurred_on >= $before and occurred_on < $cut
    group by customer_id
),
memory as (
    -- Where the lake begins at the opening or later, nobody's spend before it is known.
    select min(occurred_on) as begins_on from purchases
),
rooms as (
    select
        customer_id, category, own, headroom,
        row_number() over (partition by customer_id order by own desc, category) as own_position,
        row_number() over (partition by customer_id order by headroom desc nulls last, category) as room_position
    from category_headroom
),
wallets as (
    select
        customer_id,
        count(case when own > 0 then 1 end) as breadth,
        sum(headroom) as headroom,
        max(case when own_position = 1 and own > 0 then category end) as top_category,
        max(case when room_position = 1 and headroom > 0 then category end) as room_category
    from rooms
    group by customer_id
)
select
    customers.customer_id,
    cast(coalesce(bought.spend, 0) as decimal(18, 2)) as spend,
    cast(
        case when memory.begins_on < $opening then coalesce(bought.spend_before, 0) else null end as decimal(18, 2)
    ) as spend_before,
    coalesce(bought.orders, 0) as orders,
    date_diff('day', histories.last_order_on, $cut) as recency_days,
    coalesce(wallets.breadth, 0) as breadth,
    cell_scores.alive,
    cell_scores.expected_orders,
    spend_scores.expected_order_value,
    try_cast(cell_scores.expected_orders * spend_scores.expected_order_value as decimal(18, 2)) as expected_spend,
    cast(wallets.headroom as decimal(18, 2)) as headroom,
    -- Spend on unknown products has no headroom of its own, yet it is part of what the customer is worth.
    cast(coalesce(bought.spend, 0) + wallets.headroom as decimal(18, 2)) as potential,
    wallets.top_category,
    wallets.room_category
from customers
cross join memory
left join bought on bought.customer_id = customers.customer_id
left join histories on histories.customer_id = customers.customer_id
left join cell_scores
    on cell_scores.frequency = histories.frequency
    and cell_scores.recency_weeks = histories.recency_weeks
    and cell_scores.age_weeks = histories.age_weeks
left join spend_scores on spend_scores.customer_id = customers.customer_id
left join wallets on wallets.customer_id = customers.customer_id
