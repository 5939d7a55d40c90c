-- Counts the customers of one history as of an earlier day, by how often they ordered from then until the cut.
-- makes: past_cells
-- params: past DATE, cut DATE

with histories_then as (
    select
        customer_id,
        min(occurred_on) as first_order_on,
        max(case when occurred_on < $past then occurred_on end) as last_order_on,
        count(distinct case when occurred_on < $past then occurred_on end) - 1 as frequency,
        count(distinct case when occurred_on >= $past then occurred_on end) as ordered
    from purchases
    where amount > 0 and occurred_on < $cut
    group by customer_id
    -- Who came later was nobody to forecast for.
    having min(occurred_on) < $past
),
rounded as (
    select
        frequency,
        cast(round(date_diff('day', first_order_on, last_order_on) / 7) as bigint) as recency_weeks,
        cast(round((date_diff('day', first_order_on, $past) - 1) / 7) as bigint) as age_weeks,
        ordered
    from histories_then
)
select frequency, recency_weeks, age_weeks, ordered, count(*) as customers
from rounded
group by frequency, recency_weeks, age_weeks, ordered
