-- Where every customer stood in each scheme at the opening and stands at the close: by tiers, stages and segments.
-- makes: places
with ruled as (
    select customer_id, scheme, from_place, to_place, from_rank, to_rank, from_amount, to_amount, first_seen_on
    from stage_places
    union all
    select customer_id, scheme, from_place, to_place, from_rank, to_rank, from_amount, to_amount, first_seen_on
    from segment_places
)
select
    customer_id, scheme, from_place, to_place, from_rank, to_rank, from_amount, to_amount, first_seen_on,
    earned_place, earned_rank, held_by, missing, hold_until, warned_on
from tier_places
union all
-- A rule holds or it does not: nobody is kept where it put them by an amount.
select
    customer_id, scheme, from_place, to_place, from_rank, to_rank, from_amount, to_amount, first_seen_on,
    to_place as earned_place, to_rank as earned_rank, cast(null as varchar) as held_by,
    cast(null as decimal(18, 2)) as missing, cast(null as date) as hold_until, cast(null as date) as warned_on
from ruled
