-- Counts where customers stood at three periods in a row, which tells whether the first of them still matters.
-- makes: period_triples

with stays as (
    select
        period, place as to_place,
        lag(place) over (partition by customer_id order by period) as from_place,
        lag(place, 2) over (partition by customer_id order by period) as before_place,
        lag(period, 2) over (partition by customer_id order by period) as period_before
    from standings
)
select before_place, from_place, to_place, count(*) as customers
from stays
where period_before = period - 2
group by before_place, from_place, to_place
