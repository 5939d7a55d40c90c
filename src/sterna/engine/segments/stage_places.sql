-- Puts everybody into one stage of each scheme or into none: on to a later stage, out by the own rule, else stay.
-- makes: stage_places
-- params: opening DATE
with schemes_asked as (
    select distinct scheme from seats
),
entering as (
    select rule_hits.customer_id, seats.scheme, seats.place, seats.rank
    from rule_hits
    join seats on substr(rule_hits.hits, seats.enter_at, 1) = '1'
),
standing as (
    select
        rule_hits.customer_id, schemes_asked.scheme,
        seats.place, coalesce(seats.rank, 0) as rank,
        coalesce(substr(rule_hits.hits, seats.leave_at, 1) = '1', false) as leaves
    from rule_hits
    cross join schemes_asked
    left join stays
        on stays.customer_id = rule_hits.customer_id and stays.scheme = schemes_asked.scheme and stays.left_on is null
    -- Who stood in a stage that is no more stands in none.
    left join seats on seats.scheme = schemes_asked.scheme and seats.place = stays.place
),
ways as (
    select
        standing.customer_id, standing.scheme, standing.place, standing.rank, standing.leaves,
        max(entering.rank) as best, max(case when entering.rank <> standing.rank then entering.rank end) as other
    from standing
    left join entering
        on entering.customer_id = standing.customer_id and entering.scheme = standing.scheme
    group by standing.customer_id, standing.scheme, standing.place, standing.rank, standing.leaves
),
chosen as (
    select
        customer_id, scheme,
        case
            when best > rank then best
            when leaves then coalesce(other, 0)
            else rank
        end as rank
    from ways
),
opened as (
    select customer_id, scheme, place, rank
    from stays
    where entered_on <= $opening and (left_on is null or left_on > $opening)
)
select
    chosen.customer_id,
    chosen.scheme,
    case when customers.first_seen_on >= $opening then 'new' else coalesce(opened.place, 'none') end as from_place,
    coalesce(seats.place, 'none') as to_place,
    case when customers.first_seen_on < $opening then coalesce(opened.rank, 0) end as from_rank,
    chosen.rank as to_rank,
    case when customers.first_seen_on < $opening then coalesce(measured.spend_before, 0) end as from_amount,
    coalesce(measured.spend, 0) as to_amount,
    customers.first_seen_on
from chosen
join customers on customers.customer_id = chosen.customer_id
left join seats on seats.scheme = chosen.scheme and seats.rank = chosen.rank
left join "values" measured on measured.customer_id = chosen.customer_id
left join opened on opened.customer_id = chosen.customer_id and opened.scheme = chosen.scheme
