-- What each customer spent on each brand, and what there is to tell of prices: pieces, and lines bought on discount.
-- makes: paid_brands
with versions as (
    select
        product_id, brand,
        row_number() over (
            partition by product_id order by recorded_at desc nulls last, department, category, brand
        ) as version
    from products
)
select
    came.number,
    versions.brand,
    cast(sum(clean_lines.amount) as decimal(18, 2)) as amount,
    -- A return has no price: what was paid for it stands in the line that it takes back.
    cast(sum(case when clean_lines.amount > 0 and clean_lines.quantity > 0 then clean_lines.amount end)
        as decimal(18, 2)) as paid,
    cast(sum(case when clean_lines.amount > 0 and clean_lines.quantity > 0 then clean_lines.quantity end)
        as decimal(38, 4)) as pieces,
    count(case when clean_lines.amount > 0 then clean_lines.discount end) as told,
    count(case when clean_lines.amount > 0 and clean_lines.discount > 0 then 1 end) as reduced
from clean_lines
join came on came.event_id = clean_lines.event_id
left join versions on versions.product_id = clean_lines.product_id and versions.version = 1
group by came.number, versions.brand
