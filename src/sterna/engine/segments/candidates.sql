-- Who could make the move that a goal asks for, by headroom times readiness, with the reasons and what is unknown.
-- makes: candidates
-- params: scheme VARCHAR, currency VARCHAR
with standing as (
    select
        readiness.*,
        goals.from_place,
        goals.to_place,
        -- What the scheme measures, be it spend or a balance.
        places.to_amount as amount,
        -- Whoever bought nothing in the window spent zero: that is known, not missing.
        cast(coalesce(measured.spend, 0) as decimal(18, 2)) as spend,
        measured.headroom,
        measured.headroom_source <> 'peers' as was_said,
        measured.room_category,
        target.low,
        -- What is still missing cannot be less than nothing: a goal may be to keep somebody who is there.
        cast(case when places.to_amount >= target.low then 0 else target.low - places.to_amount end as decimal(18, 2))
            as missing,
        cast(cast(readiness.readiness as decimal(5, 0)) * 0.0001 as decimal(5, 4)) as ready
    from readiness
    join goals on goals.goal = readiness.goal
    join bands target on target.scheme = $scheme and target.place = goals.to_place
    join places on places.scheme = $scheme and places.customer_id = readiness.customer_id
    join "values" measured on measured.customer_id = readiness.customer_id
)
select
    customer_id,
    goal,
    from_place as place,
    spend,
    headroom,
    missing,
    ready as readiness,
    row_number() over (
        partition by goal
        order by headroom is null, headroom * ready desc, ready desc, missing, customer_id
    ) as position,
    case
        when amount is null then 'In ' || from_place || ' with an unknown amount'
        when from_place = to_place and amount >= low then
            'In ' || from_place || ' with ' || cast(amount as varchar) || ' ' || $currency || ', '
            || cast(cast(amount - low as decimal(18, 2)) as varchar) || ' ' || $currency || ' above its low edge'
        -- Something else than the amount keeps them where they are.
        when from_place = to_place then
            'In ' || from_place || ' with ' || cast(amount as varchar) || ' ' || $currency || ', '
            || cast(missing as varchar) || ' ' || $currency || ' below its low edge'
        else
            'In ' || from_place || ' with ' || cast(amount as varchar) || ' ' || $currency || ', '
            || cast(missing as varchar) || ' ' || $currency || ' short of ' || to_place
    end
    || case
        when headroom is null then
            '; how much more there could be is unknown, so they stand behind all whose headroom is known.'
        when was_said then
            '; ' || cast(headroom as varchar) || ' ' || $currency || ' of their wallet is not with us, as somebody said or saw.'
        when room_category is null then
            '; customers like this one buy for ' || cast(headroom as varchar) || ' ' || $currency || ' more.'
        else
            '; customers like this one buy for ' || cast(headroom as varchar) || ' ' || $currency
            || ' more, most of it in ' || room_category || '.'
    end as reason,
    'Readiness ' || cast(cast(ready as decimal(5, 2)) as varchar) || ' of 1: ' || concat_ws(
        ', ',
        'still a customer ' || cast(cast(cast(alive as decimal(5, 0)) * 0.0001 as decimal(5, 2)) as varchar),
        'spend beside the window before '
            || cast(cast(cast(trend as decimal(5, 0)) * 0.0001 as decimal(5, 2)) as varchar),
        'orders as often as ' || to_place || ' '
            || cast(cast(cast(frequency as decimal(5, 0)) * 0.0001 as decimal(5, 2)) as varchar),
        'buys as widely as ' || to_place || ' '
            || cast(cast(cast(breadth as decimal(5, 0)) * 0.0001 as decimal(5, 2)) as varchar),
        'near ' || to_place || ' ' || cast(cast(cast(nearness as decimal(5, 0)) * 0.0001 as decimal(5, 2)) as varchar),
        case when reach = 10000 then 'can be reached 1.00' when reach = 0 then 'can be reached 0.00' end
    ) || '.' as readiness_reason,
    nullif(
        concat_ws(
            ', ',
            case when headroom is null then 'headroom' end,
            case when alive is null then 'alive' end,
            case when trend is null then 'trend' end,
            case when frequency is null then 'frequency' end,
            case when breadth is null then 'breadth' end,
            case when reach is null then 'reach' end,
            classes
        ),
        ''
    ) as unknown
from standing
