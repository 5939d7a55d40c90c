-- Who could make the move that a goal asks for, those with the most headroom first, with the reason in words.
-- makes: candidates
-- params: scheme VARCHAR, currency VARCHAR
with standing as (
    select
        places.customer_id,
        goals.goal,
        goals.from_place,
        goals.to_place,
        -- Whoever bought nothing in the window spent zero: that is known, not missing.
        coalesce(measured.spend, 0) as spend,
        measured.headroom,
        measured.room_category,
        target.low,
        -- What is still missing cannot be less than nothing: a goal may be to keep somebody who is there.
        cast(greatest(target.low - coalesce(measured.spend, 0), 0) as decimal(18, 2)) as missing
    from goals
    join bands target on target.scheme = $scheme and target.place = goals.to_place
    join places on places.to_place = goals.from_place
    join "values" measured on measured.customer_id = places.customer_id
)
select
    customer_id,
    goal,
    from_place as place,
    spend,
    headroom,
    missing,
    row_number() over (
        partition by goal order by headroom is null, headroom desc, missing, customer_id
    ) as position,
    case
        when from_place = to_place then
            'In ' || from_place || ' with ' || cast(cast(spend as decimal(18, 2)) as varchar) || ' ' || $currency || ', '
            || cast(cast(spend - low as decimal(18, 2)) as varchar) || ' ' || $currency || ' above its low edge'
        else
            'In ' || from_place || ' with ' || cast(cast(spend as decimal(18, 2)) as varchar) || ' ' || $currency || ', '
            || cast(missing as varchar) || ' ' || $currency || ' short of ' || to_place
    end
    || case
        when headroom is null then
            '; how much more they could buy is unknown, so they stand behind all whose headroom is known.'
        when room_category is null then
            '; customers like this one buy for ' || cast(headroom as varchar) || ' ' || $currency || ' more.'
        else
            '; customers like this one buy for ' || cast(headroom as varchar) || ' ' || $currency
            || ' more, most of it in ' || room_category || '.'
    end as reason
from standing
