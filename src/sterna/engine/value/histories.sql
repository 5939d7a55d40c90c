-- Tells of every customer who ever ordered how often, how lately and for how long, in whole weeks.
-- makes: histories
-- params: cut DATE

-- Orders are counted in days, since two baskets of one day are one visit; only the times are rounded to weeks, which
-- makes few cells of many customers and shifts no parameter (counting in weeks as well would, by 40 %).
select
    customer_id,
    first_order_on,
    last_order_on,
    order_days - 1 as frequency,
    -- A number of days over 7 is never half a week, so both engines round it alike.
    cast(round(date_diff('day', first_order_on, last_order_on) / 7) as bigint) as recency_weeks,
    -- Observation ends with the last day before the cut, as in the published tables of these models.
    cast(round((date_diff('day', first_order_on, $cut) - 1) / 7) as bigint) as age_weeks,
    cast(order_spend - first_day_spend as decimal(18, 2)) as repeat_spend
from customer_sums
where order_days > 0
