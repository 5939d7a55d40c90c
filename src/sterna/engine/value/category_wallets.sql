-- Compares what each customer bought of a category with three quantiles of customers alike in all other categories.
-- makes: category_wallets
-- params: low DECIMAL(3,2), mid DECIMAL(3,2), high DECIMAL(3,2)

-- Source: C. Perlich, S. Rosset, R. Lawrence, B. Zadrozny, "High-Quantile Modeling for Customer Wallet Estimation",
-- KDD 2007: a realistic wallet is a high quantile of what comparable customers spend. Peers are an equal group by
-- spend in the other categories; what a customer spends already is the least that the wallet can be.
with known as (
    select customer_id, category, amount from category_spend where category <> 'unknown'
),
shoppers as (
    select customer_id, sum(amount) as total from known group by customer_id having max(amount) > 0
),
size as (
    -- At most 20 groups, and 25 customers or more in each: with fewer a quantile is one customer's whim.
    select count(*) as shoppers, least(20, greatest(1, floor(count(*) / 25))) as groups from shoppers
),
categories as (
    select distinct category from known
),
grid as (
    select
        shoppers.customer_id, categories.category, coalesce(known.amount, 0) as own,
        shoppers.total - coalesce(known.amount, 0) as others
    from shoppers
    cross join categories
    left join known on known.customer_id = shoppers.customer_id and known.category = categories.category
),
ranked as (
    select
        customer_id, category, own,
        row_number() over (partition by category order by others, customer_id) as position
    from grid
),
standings as (
    select
        ranked.customer_id, ranked.category, ranked.own,
        cast(floor((ranked.position - 1) * size.groups / size.shoppers) as bigint) as peer_group
    from ranked
    cross join size
),
ordered as (
    select
        customer_id, category, own, peer_group,
        row_number() over (partition by category, peer_group order by own, customer_id) as standing,
        count(*) over (partition by category, peer_group) as peers
    from standings
),
quantiles as (
    -- The smallest spend that the given part of the group stays at or below; of a group of one nothing is learned.
    select
        category, peer_group,
        min(case when standing >= $low * peers then own end) as low,
        min(case when standing >= $mid * peers then own end) as mid,
        min(case when standing >= $high * peers then own end) as high
    from ordered
    where peers > 1
    group by category, peer_group
)
select
    ordered.customer_id,
    ordered.category,
    cast(ordered.own as decimal(18, 2)) as own,
    -- greatest() passes over what is unknown, and would make a wallet of the own spend alone.
    cast(case when quantiles.low is not null then greatest(quantiles.low, ordered.own) end as decimal(18, 2)) as low,
    cast(case when quantiles.mid is not null then greatest(quantiles.mid, ordered.own) end as decimal(18, 2)) as mid,
    cast(case when quantiles.high is not null then greatest(quantiles.high, ordered.own) end as decimal(18, 2)) as high,
    ordered.peers
from ordered
left join quantiles on quantiles.category = ordered.category and quantiles.peer_group = ordered.peer_group
where ordered.own <> 0 or quantiles.high > 0
