-- Where everybody stands in each scheme, and since when: as this turn placed them so far, else as before it.
-- makes: memberships
-- params: cut DATE
with placed as (
    select customer_id, scheme, to_place as place from tier_places
    union all
    select customer_id, scheme, to_place as place from stage_places
    union all
    select customer_id, scheme, to_place as place from segment_places
),
schemes_placed as (
    select distinct scheme from placed
),
stood as (
    select customer_id, scheme, place, entered_on from stays where left_on is null
)
select
    placed.customer_id, placed.scheme, placed.place,
    case when stood.place = placed.place then stood.entered_on else $cut end as entered_on
from placed
left join stood on stood.customer_id = placed.customer_id and stood.scheme = placed.scheme
union all
select stood.customer_id, stood.scheme, stood.place, stood.entered_on
from stood
left join schemes_placed on schemes_placed.scheme = stood.scheme
where schemes_placed.scheme is null
