-- Where every customer stood in each scheme at the opening and stands at the close, and what keeps them there.
-- makes: tier_places
-- params: cut DATE
with ladder as (
    select
        scheme,
        place,
        rank,
        low,
        high,
        lag(place) over (partition by scheme order by rank) as place_below,
        lag(rank) over (partition by scheme order by rank) as rank_below,
        lag(low) over (partition by scheme order by rank) as low_below
    from bands
),
-- A place of an older version that the present one does not have says nothing of where somebody stands in it.
history as (
    select
        stays.customer_id, stays.scheme, stays.place, stays.entered_on, stays.left_on, stays.warned_on,
        stays.before_rank < stays.rank as moved_up,
        coalesce(ladder.rank, 0) as rank, ladder.low, ladder.place_below, ladder.rank_below, ladder.low_below
    from stays
    left join ladder on ladder.scheme = stays.scheme and ladder.place = stays.place
    where ladder.place is not null or stays.place = 'none'
),
ruled as (
    select
        overrides.customer_id, overrides.scheme, overrides.kind, overrides.place, overrides.ends_on,
        coalesce(ladder.rank, 0) as rank, ladder.low
    from overrides
    left join ladder on ladder.scheme = overrides.scheme and ladder.place = overrides.place
    where ladder.place is not null or overrides.place = 'none'
),
standing as (
    select
        measured.customer_id,
        measured.scheme,
        measured.first_seen_on,
        measured.from_amount,
        measured.to_amount,
        schemes.low_water,
        schemes.minimum_hold_days,
        schemes.grace_days,
        schemes.one_down,
        case when measured.is_new then 'new' else coalesce(opened.place, before.place, 'none') end as from_place,
        -- A newcomer stood nowhere, which is not the same as at the bottom.
        case
            when measured.is_new then cast(null as integer)
            when opened.place is not null then opened.rank
            else coalesce(before.rank, 0)
        end as from_rank,
        coalesce(after.place, 'none') as earned_place,
        coalesce(after.rank, 0) as earned_rank,
        after.low as earned_low,
        held.place as held_place,
        held.rank as held_rank,
        held.low as held_low,
        held.moved_up,
        held.entered_on,
        held.warned_on,
        held.place_below,
        held.rank_below,
        held.low_below
    from scheme_amounts measured
    join schemes on schemes.scheme = measured.scheme
    -- Half-open bands: an amount on an edge belongs to the upper band and to no other.
    left join ladder before
        on before.scheme = measured.scheme and measured.from_amount >= before.low
        and (before.high is null or measured.from_amount < before.high)
    left join ladder after
        on after.scheme = measured.scheme and measured.to_amount >= after.low
        and (after.high is null or measured.to_amount < after.high)
    left join history opened
        on opened.customer_id = measured.customer_id and opened.scheme = measured.scheme
        and opened.entered_on <= schemes.opening and (opened.left_on is null or opened.left_on > schemes.opening)
    left join history held
        on held.customer_id = measured.customer_id and held.scheme = measured.scheme and held.left_on is null
),
kept as (
    select
        standing.*,
        case
            when held_rank is null or earned_rank >= held_rank then cast(null as varchar)
            when to_amount >= held_low * low_water then 'low water'
            when moved_up and date_diff('day', entered_on, $cut) < minimum_hold_days then 'minimum hold'
            when grace_days > 0 and (warned_on is null or date_diff('day', warned_on, $cut) < grace_days) then 'grace'
            when one_down and rank_below > earned_rank then 'one down'
        end as holding
    from standing
),
held as (
    select
        kept.*,
        case
            when holding is null then earned_place when holding = 'one down' then place_below else held_place
        end as place,
        case when holding is null then earned_rank when holding = 'one down' then rank_below else held_rank end as rank,
        case when holding is null then earned_low when holding = 'one down' then low_below else held_low end as low
    from kept
),
-- What a person said of a customer goes before what the amount and the terms of the scheme say.
said as (
    select
        held.*,
        ruled.ends_on,
        ruled.place as ruled_place,
        ruled.rank as ruled_rank,
        ruled.low as ruled_low,
        case
            when ruled.kind = 'lock' then 'lock'
            when ruled.kind = 'floor' and held.rank < ruled.rank then 'floor'
            when ruled.kind = 'ceiling' and held.rank > ruled.rank then 'ceiling'
        end as override
    from held
    left join ruled on ruled.customer_id = held.customer_id and ruled.scheme = held.scheme
),
placed as (
    select
        said.*,
        case when override is null then place else ruled_place end as to_place,
        case when override is null then rank else ruled_rank end as to_rank,
        case when override is null then low else ruled_low end as to_low,
        coalesce(override, holding) as held_by
    from said
)
select
    customer_id,
    scheme,
    from_place,
    to_place,
    from_rank,
    to_rank,
    from_amount,
    to_amount,
    first_seen_on,
    earned_place,
    earned_rank,
    held_by,
    -- To keep the place that is held, else to win back the one that is lost; of an unknown amount it is unknown.
    cast(case
        when earned_rank < to_rank then to_low - to_amount
        when earned_rank < held_rank and to_rank < held_rank then held_low - to_amount
    end as decimal(18, 2)) as missing,
    case held_by
        when 'minimum hold' then cast(entered_on + minimum_hold_days as date)
        when 'grace' then cast(coalesce(warned_on, $cut) + grace_days as date)
        when 'lock' then ends_on
        when 'floor' then ends_on
        when 'ceiling' then ends_on
    end as hold_until,
    case when held_by = 'grace' then coalesce(warned_on, $cut) end as warned_on
from placed
