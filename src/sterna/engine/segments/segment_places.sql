-- Puts everybody into exactly one segment of each scheme: the first whose rule holds, or the rest.
-- makes: segment_places
-- params: opening DATE
with entering as (
    select
        rule_hits.customer_id, seats.scheme, seats.place, seats.rank,
        row_number() over (partition by rule_hits.customer_id, seats.scheme order by seats.rank) as position
    from rule_hits
    join seats on seats.enter_at is null or substr(rule_hits.hits, seats.enter_at, 1) = '1'
),
opened as (
    select customer_id, scheme, place, rank
    from stays
    where entered_on <= $opening and (left_on is null or left_on > $opening)
)
select
    entering.customer_id,
    entering.scheme,
    case when customers.first_seen_on >= $opening then 'new' else coalesce(opened.place, 'none') end as from_place,
    entering.place as to_place,
    case when customers.first_seen_on < $opening then coalesce(opened.rank, 0) end as from_rank,
    entering.rank as to_rank,
    case when customers.first_seen_on < $opening then coalesce(measured.spend_before, 0) end as from_amount,
    coalesce(measured.spend, 0) as to_amount,
    customers.first_seen_on
from entering
join customers on customers.customer_id = entering.customer_id
left join "values" measured on measured.customer_id = entering.customer_id
left join opened on opened.customer_id = entering.customer_id and opened.scheme = entering.scheme
where entering.position = 1
