-- What each customer prefers: the part of their own purchases that an item is, what they pay, what they allow.
-- makes: preferences
-- params: opening DATE, cut DATE

with versions as (
    select
        product_id, department, brand,
        row_number() over (
            partition by product_id order by recorded_at desc nulls last, department, category, brand
        ) as version
    from products
),
-- A return is no preference.
bought as (
    select
        purchases.customer_id,
        versions.department,
        versions.brand,
        clean_lines.quantity,
        clean_lines.amount,
        clean_lines.discount
    from clean_lines
    join purchases on purchases.event_id = clean_lines.event_id
    left join versions on versions.product_id = clean_lines.product_id and versions.version = 1
    where purchases.occurred_on >= $opening and purchases.occurred_on < $cut and clean_lines.amount > 0
),
came as (
    select
        purchases.customer_id,
        purchases.touchpoint,
        -- 1900-01-01 was a Monday.
        date_diff('day', date '1900-01-01', purchases.occurred_on) % 7 as weekday,
        month(purchases.occurred_on) as month,
        cast(floor(
            ((hour(purchases.occurred_at) * 60 + minute(purchases.occurred_at) + clock.minutes + 1440) % 1440) / 60.0
        ) as integer) as hour
    from purchases
    left join clock on purchases.occurred_at >= clock.since and purchases.occurred_at < clock.until
    where purchases.occurred_on >= $opening and purchases.occurred_on < $cut and purchases.amount > 0
),
-- What happened how often: of these kinds a customer's own part is compared.
counted as (
    select customer_id, 'category' as kind, department as item, count(*) as times from bought
    where department is not null group by customer_id, department
    union all
    select customer_id, 'brand' as kind, brand as item, count(*) as times from bought
    where brand is not null group by customer_id, brand
    union all
    select customer_id, 'service' as kind, subject as item, count(*) as times from happenings
    where kind = 'request' and subject is not null and occurred_on >= $opening and occurred_on < $cut
    group by customer_id, subject
    union all
    select
        customer_id,
        'weekday' as kind,
        case weekday
            when 0 then '1 Monday' when 1 then '2 Tuesday' when 2 then '3 Wednesday' when 3 then '4 Thursday'
            when 4 then '5 Friday' when 5 then '6 Saturday' else '7 Sunday'
        end as item,
        count(*) as times
    from came
    group by customer_id, weekday
    union all
    select customer_id, 'hour' as kind, lpad(cast(hour as varchar), 2, '0') as item, count(*) as times from came
    where hour is not null group by customer_id, hour
    union all
    select customer_id, 'month' as kind, lpad(cast(month as varchar), 2, '0') as item, count(*) as times from came
    group by customer_id, month
    union all
    select customer_id, 'touchpoint' as kind, touchpoint as item, count(*) as times from came
    where touchpoint is not null group by customer_id, touchpoint
    union all
    select customer_id, 'answered' as kind, touchpoint as item, count(*) as times from happenings
    where direction = 'inbound' and touchpoint is not null and occurred_on >= $opening and occurred_on < $cut
    group by customer_id, touchpoint
)
-- As a decimal, for sums of floats differ by the order of the rows.
select
    customer_id,
    kind,
    item,
    cast(
        cast(times as double) / cast(sum(times) over (partition by customer_id, kind) as double) as decimal(28, 12)
    ) as figure
from counted
union all
select
    customer_id,
    'price' as kind,
    'mean price of an item' as item,
    cast(cast(sum(amount) as double) / cast(sum(quantity) as double) as decimal(28, 12)) as figure
from bought
where quantity > 0
group by customer_id
union all
select
    customer_id,
    'price' as kind,
    'lines bought on discount' as item,
    cast(cast(count(case when discount > 0 then 1 end) as double) / cast(count(discount) as double)
        as decimal(28, 12)) as figure
from bought
group by customer_id
having count(discount) > 0
union all
select
    customer_id,
    'consented' as kind,
    medium as item,
    cast(max(case when granted then 1 else 0 end) as decimal(28, 12)) as figure
from consents
where granted is not null
group by customer_id, medium
