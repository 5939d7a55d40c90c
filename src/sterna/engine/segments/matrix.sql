-- How many customers went from each place of a scheme to each; every row sums to its opening headcount.
-- makes: matrix
with stands as (
    select scheme, place from bands
    union select scheme, place from seats
    union select scheme, 'none' as place from schemes
    union select scheme, 'none' as place from seats
),
starts as (
    select scheme, place from stands
    union select scheme, 'new' as place from schemes
    union select scheme, 'new' as place from seats
    -- Who stood in a place that the present version does not have any more is no less there.
    union select scheme, from_place as place from places
),
grid as (
    select starts.scheme, starts.place as from_place, stands.place as to_place
    from starts
    join stands on stands.scheme = starts.scheme
),
moves as (
    select
        scheme, from_place, to_place, count(*) as customers,
        sum(from_amount) as from_amount, sum(to_amount) as to_amount
    from places
    group by scheme, from_place, to_place
),
openings as (
    select scheme, from_place, count(*) as opening from places group by scheme, from_place
)
select
    grid.scheme,
    grid.from_place,
    grid.to_place,
    coalesce(moves.customers, 0) as customers,
    coalesce(openings.opening, 0) as opening,
    -- Nobody opened here: there is no share, which is not a share of zero.
    cast(coalesce(moves.customers, 0) as double) / nullif(cast(openings.opening as double), 0) as share,
    cast(coalesce(moves.from_amount, 0) as decimal(18, 2)) as from_amount,
    cast(coalesce(moves.to_amount, 0) as decimal(18, 2)) as to_amount
from grid
left join moves
    on moves.scheme = grid.scheme and moves.from_place = grid.from_place and moves.to_place = grid.to_place
left join openings on openings.scheme = grid.scheme and openings.from_place = grid.from_place
