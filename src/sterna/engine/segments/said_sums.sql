-- Sums over the customers of each segment what they ask for, by what they answer, and which media they consent to.
-- makes: said_sums
-- params: opening DATE, cut DATE
with counted as (
    select numbered.number, 'service' as kind, happenings.subject as item, count(*) as times
    from happenings
    join numbered on numbered.customer_id = happenings.customer_id
    where happenings.kind = 'request' and happenings.subject is not null
        and happenings.occurred_on >= $opening and happenings.occurred_on < $cut
    group by numbered.number, happenings.subject
    union all
    select numbered.number, 'answered' as kind, happenings.touchpoint as item, count(*) as times
    from happenings
    join numbered on numbered.customer_id = happenings.customer_id
    where happenings.direction = 'inbound' and happenings.touchpoint is not null
        and happenings.occurred_on >= $opening and happenings.occurred_on < $cut
    group by numbered.number, happenings.touchpoint
),
whole as (
    select number, kind, sum(times) as times from counted group by number, kind
),
known as (
    select segment_members.scheme, segment_members.segment, whole.kind, count(*) as customers
    from whole join segment_members on segment_members.number = whole.number
    group by segment_members.scheme, segment_members.segment, whole.kind
),
-- A yes for any purpose: the medium is open to the customer for something.
consented as (
    select numbered.number, consents.medium as item, max(case when consents.granted then 1 else 0 end) as granted
    from consents
    join numbered on numbered.customer_id = consents.customer_id
    where consents.granted is not null
    group by numbered.number, consents.medium
),
summed as (
    select
        segment_members.scheme, segment_members.segment, counted.kind, counted.item, count(*) as customers,
        sum(cast(cast(counted.times as double) / cast(whole.times as double) as decimal(18, 12))) as total
    from counted
    join whole on whole.number = counted.number and whole.kind = counted.kind
    join segment_members on segment_members.number = counted.number
    group by segment_members.scheme, segment_members.segment, counted.kind, counted.item
)
select
    summed.scheme, summed.segment, summed.kind, summed.item, summed.customers, known.customers as known,
    cast(summed.total as decimal(28, 12)) as total
from summed
join known on known.scheme = summed.scheme and known.segment = summed.segment and known.kind = summed.kind
union all
select
    segment_members.scheme, segment_members.segment, 'consented' as kind, consented.item,
    sum(consented.granted) as customers, count(*) as known, cast(sum(consented.granted) as decimal(28, 12)) as total
from consented
join segment_members on segment_members.number = consented.number
group by segment_members.scheme, segment_members.segment, consented.item
