-- When and where each customer came: one row for each purchase of the window, by the clocks of the program.
-- makes: came
-- params: opening DATE, cut DATE
select
    purchases.event_id,
    numbered.number,
    -- 1900-01-01 was a Monday.
    date_diff('day', date '1900-01-01', purchases.occurred_on) % 7 as weekday,
    month(purchases.occurred_on) as month,
    cast(floor(
        ((hour(purchases.occurred_at) * 60 + minute(purchases.occurred_at) + clock.minutes + 1440) % 1440) / 60.0
    ) as integer) as hour,
    purchases.touchpoint,
    purchases.amount > 0 as has_bought
from purchases
join numbered on numbered.customer_id = purchases.customer_id
left join clock
    on clock.day = cast(purchases.occurred_at as date)
    and purchases.occurred_at >= clock.since and purchases.occurred_at < clock.until
where purchases.occurred_on >= $opening and purchases.occurred_on < $cut
