-- Counts who went from where to where from each period to the next, with those who came and those who went.
-- makes: period_moves

with stays as (
    select
        customer_id, period, place, amount,
        coalesce(segment, '') as segment,
        lag(period) over (partition by customer_id order by period) as period_before,
        lead(period) over (partition by customer_id order by period) as period_after,
        lead(place) over (partition by customer_id order by period) as place_after,
        lead(amount) over (partition by customer_id order by period) as amount_after
    from standings
),
ends as (
    select min(period) as first_period, max(period) as last_period from standings
),
moves as (
    -- A move belongs to the segment in which it began, so that every row sums to its opening headcount.
    select
        period + 1 as period, segment, place as from_place, place_after as to_place, amount as from_amount,
        amount_after as to_amount
    from stays
    where period_after = period + 1
    union all
    select
        stays.period + 1 as period, stays.segment, stays.place as from_place, 'gone' as to_place,
        stays.amount as from_amount, cast(null as decimal(18, 2)) as to_amount
    from stays
    cross join ends
    where stays.period < ends.last_period
        and (stays.period_after is null or stays.period_after > stays.period + 1)
    union all
    select
        stays.period, stays.segment, 'new' as from_place, stays.place as to_place,
        cast(null as decimal(18, 2)) as from_amount, stays.amount as to_amount
    from stays
    cross join ends
    where stays.period > ends.first_period
        and (stays.period_before is null or stays.period_before < stays.period - 1)
)
select
    period, segment, from_place, to_place,
    count(*) as customers,
    cast(sum(from_amount) as decimal(18, 2)) as from_amount,
    cast(sum(to_amount) as decimal(18, 2)) as to_amount
from moves
group by period, segment, from_place, to_place
