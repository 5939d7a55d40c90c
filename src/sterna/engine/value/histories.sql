-- Tells of every customer who ever ordered how often, how lately and for how long, in whole weeks.
-- makes: histories
-- params: cut DATE

-- Orders are counted in days, since two baskets of one day are one visit; only the times are rounded to weeks, which
-- makes few cells of many customers and shifts no parameter (counting in weeks as well would, by 40 %).
with order_days as (
    select customer_id, occurred_on, sum(amount) as amount
    from purchases
    where amount > 0 and occurred_on < $cut
    group by customer_id, occurred_on
),
ends as (
    select
        customer_id,
        min(occurred_on) as first_order_on,
        max(occurred_on) as last_order_on,
        count(*) - 1 as frequency
    from order_days
    group by customer_id
)
select
    ends.customer_id,
    ends.first_order_on,
    ends.last_order_on,
    ends.frequency,
    -- A number of days over 7 is never half a week, so both engines round it alike.
    cast(round(date_diff('day', ends.first_order_on, ends.last_order_on) / 7) as bigint) as recency_weeks,
    -- Observation ends with the last day before the cut, as in the published tables of these models.
    cast(round((date_diff('day', ends.first_order_on, $cut) - 1) / 7) as bigint) as age_weeks,
    cast(
        sum(case when order_days.occurred_on > ends.first_order_on then order_days.amount else 0 end)
        as decimal(18, 2)
    ) as repeat_spend
from ends
join order_days on order_days.customer_id = ends.customer_id
group by ends.customer_id, ends.first_order_on, ends.last_order_on, ends.frequency
