-- Sums what each customer bought by calendar month and category.
-- makes: category_months

-- The category is the product's department: some thirty of them are few enough to compare customers by, where
-- hundreds of finer categories would leave most customers at zero. A line of an unknown product keeps 'unknown'.
with versions as (
    select
        product_id, department,
        row_number() over (
            partition by product_id order by recorded_at desc nulls last, department, category, brand
        ) as version
    from products
)
select
    purchases.customer_id,
    cast(date_trunc('month', purchases.occurred_on) as date) as month,
    coalesce(versions.department, 'unknown') as category,
    count(*) as lines,
    cast(coalesce(sum(clean_lines.amount), 0) as decimal(18, 2)) as amount
from clean_lines
join purchases on purchases.event_id = clean_lines.event_id
left join versions on versions.product_id = clean_lines.product_id and versions.version = 1
group by
    purchases.customer_id,
    cast(date_trunc('month', purchases.occurred_on) as date),
    coalesce(versions.department, 'unknown')
