-- How many customers went from each place to each place; every row sums to its opening headcount.
-- makes: matrix
-- params: scheme VARCHAR
with stands as (
    select place from bands where scheme = $scheme
    union all select 'none' as place
),
starts as (
    select place from stands
    union all select 'new' as place
),
grid as (
    select starts.place as from_place, stands.place as to_place from starts cross join stands
),
moves as (
    select from_place, to_place, count(*) as customers, sum(from_amount) as from_amount, sum(to_amount) as to_amount
    from places
    group by from_place, to_place
),
openings as (
    select from_place, count(*) as opening from places group by from_place
)
select
    $scheme as scheme,
    grid.from_place,
    grid.to_place,
    coalesce(moves.customers, 0) as customers,
    coalesce(openings.opening, 0) as opening,
    -- Nobody opened here: there is no share, which is not a share of zero.
    cast(coalesce(moves.customers, 0) as double) / nullif(cast(openings.opening as double), 0) as share,
    cast(coalesce(moves.from_amount, 0) as decimal(18, 2)) as from_amount,
    cast(coalesce(moves.to_amount, 0) as decimal(18, 2)) as to_amount
from grid
left join moves on moves.from_place = grid.from_place and moves.to_place = grid.to_place
left join openings on openings.from_place = grid.from_place
