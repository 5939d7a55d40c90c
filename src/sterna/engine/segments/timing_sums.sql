-- Sums over the customers of each segment the part of their own purchases that a day, an hour, a month or a touchpoint is.
-- makes: timing_sums
with bought as (
    select number, count(*) as times, count(touchpoint) as touched from came where has_bought group by number
),
members as (
    select segment_members.number, segment_members.scheme, segment_members.segment, bought.times, bought.touched
    from segment_members
    join bought on bought.number = segment_members.number
),
known as (
    select scheme, segment, count(*) as customers, count(case when touched > 0 then 1 end) as touched
    from members group by scheme, segment
),
days as (
    select number, weekday, count(*) as times from came where has_bought group by number, weekday
),
hours as (
    select number, hour, count(*) as times from came where has_bought group by number, hour
),
months as (
    select number, month, count(*) as times from came where has_bought group by number, month
),
touchpoints as (
    select number, touchpoint, count(*) as times from came where has_bought and touchpoint is not null
    group by number, touchpoint
),
-- Parts as decimals, for sums of floats differ by the order of the rows.
summed as (
    select
        members.scheme,
        members.segment,
        'weekday' as kind,
        case days.weekday
            when 0 then '1 Monday' when 1 then '2 Tuesday' when 2 then '3 Wednesday' when 3 then '4 Thursday'
            when 4 then '5 Friday' when 5 then '6 Saturday' else '7 Sunday'
        end as item,
        count(*) as customers,
        sum(cast(cast(days.times as double) / cast(members.times as double) as decimal(18, 12))) as total
    from days join members on members.number = days.number
    group by members.scheme, members.segment, days.weekday
    union all
    select
        members.scheme, members.segment, 'hour' as kind, lpad(cast(hours.hour as varchar), 2, '0') as item,
        count(*) as customers,
        sum(cast(cast(hours.times as double) / cast(members.times as double) as decimal(18, 12))) as total
    from hours join members on members.number = hours.number
    group by members.scheme, members.segment, hours.hour
    union all
    select
        members.scheme, members.segment, 'month' as kind, lpad(cast(months.month as varchar), 2, '0') as item,
        count(*) as customers,
        sum(cast(cast(months.times as double) / cast(members.times as double) as decimal(18, 12))) as total
    from months join members on members.number = months.number
    group by members.scheme, members.segment, months.month
    union all
    select
        members.scheme, members.segment, 'touchpoint' as kind, touchpoints.touchpoint as item,
        count(*) as customers,
        sum(cast(cast(touchpoints.times as double) / cast(members.touched as double) as decimal(18, 12))) as total
    from touchpoints join members on members.number = touchpoints.number
    group by members.scheme, members.segment, touchpoints.touchpoint
)
select
    summed.scheme, summed.segment, summed.kind, summed.item, summed.customers,
    case when summed.kind = 'touchpoint' then known.touched else known.customers end as known,
    cast(summed.total as decimal(28, 12)) as total
from summed
join known on known.scheme = summed.scheme and known.segment = summed.segment
where summed.item is not null
