-- Sums over the customers of each segment the part of their own spend that a category or a brand is, and what they pay.
-- makes: goods_sums
with categories as (
    select numbered.number, category_spend.category as item, category_spend.amount
    from category_spend
    join numbered on numbered.customer_id = category_spend.customer_id
    where category_spend.category <> 'unknown' and category_spend.amount > 0
),
brands as (
    select number, brand as item, amount from paid_brands where brand is not null and amount > 0
),
of_categories as (
    select segment_members.number, segment_members.scheme, segment_members.segment, whole.amount
    from (select number, sum(amount) as amount from categories group by number) as whole
    join segment_members on segment_members.number = whole.number
),
of_brands as (
    select segment_members.number, segment_members.scheme, segment_members.segment, whole.amount
    from (select number, sum(amount) as amount from brands group by number) as whole
    join segment_members on segment_members.number = whole.number
),
known as (
    select scheme, segment, 'category' as kind, count(*) as customers from of_categories group by scheme, segment
    union all
    select scheme, segment, 'brand' as kind, count(*) as customers from of_brands group by scheme, segment
),
summed as (
    select
        whole.scheme, whole.segment, 'category' as kind, parts.item, count(*) as customers,
        sum(cast(cast(parts.amount as double) / cast(whole.amount as double) as decimal(18, 12))) as total
    from categories as parts
    join of_categories as whole on whole.number = parts.number
    group by whole.scheme, whole.segment, parts.item
    union all
    select
        whole.scheme, whole.segment, 'brand' as kind, parts.item, count(*) as customers,
        sum(cast(cast(parts.amount as double) / cast(whole.amount as double) as decimal(18, 12))) as total
    from brands as parts
    join of_brands as whole on whole.number = parts.number
    group by whole.scheme, whole.segment, parts.item
),
paid as (
    select number, sum(paid) as paid, sum(pieces) as pieces, sum(told) as told, sum(reduced) as reduced
    from paid_brands group by number
),
-- Prices are told of whom the very figure is known.
priced as (
    select number, 'mean price of an item' as item, cast(paid as double) / cast(pieces as double) as figure
    from paid where pieces > 0
    union all
    select number, 'lines bought on discount' as item, cast(reduced as double) / cast(told as double) as figure
    from paid where told > 0
)
select
    summed.scheme, summed.segment, summed.kind, summed.item, summed.customers, known.customers as known,
    cast(summed.total as decimal(28, 12)) as total
from summed
join known on known.scheme = summed.scheme and known.segment = summed.segment and known.kind = summed.kind
union all
select
    segment_members.scheme, segment_members.segment, 'price' as kind, priced.item,
    count(case when priced.figure > 0 then 1 end) as customers, count(*) as known,
    cast(sum(cast(priced.figure as decimal(28, 12))) as decimal(28, 12)) as total
from priced
join segment_members on segment_members.number = priced.number
group by segment_members.scheme, segment_members.segment, priced.item
