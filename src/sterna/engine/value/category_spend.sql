-- Sums what each customer bought in the window by category, so that categories and customers add up to the lines.
-- makes: category_spend
-- params: opening DATE, cut DATE

-- The category is the product's department, as in category_months; a line of an unknown product keeps 'unknown'.
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
    coalesce(versions.department, 'unknown') as category,
    count(*) as lines,
    cast(coalesce(sum(clean_lines.amount), 0) as decimal(18, 2)) as amount
from purchases
join clean_lines on clean_lines.event_id = purchases.event_id
left join versions on versions.product_id = clean_lines.product_id and versions.version = 1
where purchases.occurred_on >= $opening and purchases.occurred_on < $cut
group by purchases.customer_id, coalesce(versions.department, 'unknown')
