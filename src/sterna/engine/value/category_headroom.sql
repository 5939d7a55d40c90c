-- Compares what each customer bought of a category with customers alike in all other categories.
-- makes: category_headroom
-- params: opening DATE, cut DATE

-- Source: C. Perlich, S. Rosset, R. Lawrence, B. Zadrozny, "High-Quantile Modeling for Customer Wallet Estimation",
-- KDD 2007: a realistic wallet is a high quantile of what comparable customers spend. First form: the category is
-- the product's department, peers are an equal group by spend in the other categories, the quantile is .8.
with versions as (
    select
        product_id, department,
        row_number() over (
            partition by product_id order by recorded_at desc nulls last, department, category, brand
        ) as version
    from products
),
bought as (
    -- Summed anew from the lines, because a window may open in the middle of a calendar month.
    select purchases.customer_id, versions.department as category, sum(clean_lines.amount) as own
    from purchases
    join clean_lines on clean_lines.event_id = purchases.event_id
    join versions on versions.product_id = clean_lines.product_id and versions.version = 1
    where purchases.occurred_on >= $opening
        and purchases.occurred_on < $cut
        and versions.department is not null
        and versions.department <> 'unknown'
    group by purchases.customer_id, versions.department
),
shoppers as (
    -- Who bought nothing in the window has no peers: their headroom is unknown, not zero.
    select customer_id, sum(own) as total from bought group by customer_id having max(own) > 0
),
size as (
    -- At most 20 groups, and 25 customers or more in each: with fewer a quantile is one customer's whim.
    select count(*) as shoppers, least(20, greatest(1, floor(count(*) / 25))) as groups from shoppers
),
categories as (
    select distinct category from bought
),
grid as (
    select shoppers.customer_id, categories.category, shoppers.total, coalesce(bought.own, 0) as own
    from shoppers
    cross join categories
    left join bought on bought.customer_id = shoppers.customer_id and bought.category = categories.category
),
ranked as (
    select
        customer_id, category, own,
        row_number() over (partition by category order by total - own, customer_id) as position
    from grid
),
grouped as (
    select
        ranked.customer_id, ranked.category, ranked.own,
        cast(floor((ranked.position - 1) * size.groups / size.shoppers) as bigint) as peer_group
    from ranked
    cross join size
),
standings as (
    select
        customer_id, category, own, peer_group,
        row_number() over (partition by category, peer_group order by own, customer_id) as standing,
        count(*) over (partition by category, peer_group) as peers
    from grouped
),
quantiles as (
    -- The smallest spend at which 4 in 5 of the group are reached; of a group of one nothing is learned.
    select category, peer_group, min(own) as peer
    from standings
    where 5 * standing >= 4 * peers and peers > 1
    group by category, peer_group
)
select
    standings.customer_id,
    standings.category,
    cast(standings.own as decimal(18, 2)) as own,
    cast(quantiles.peer as decimal(18, 2)) as peer,
    cast(case when quantiles.peer is null then null else greatest(quantiles.peer - standings.own, 0) end
        as decimal(18, 2)) as headroom,
    standings.peers
from standings
left join quantiles
    on quantiles.category = standings.category and quantiles.peer_group = standings.peer_group
-- A row that would say nothing bought and no room is left out: most customers have many of them.
where standings.own <> 0 or quantiles.peer > 0
