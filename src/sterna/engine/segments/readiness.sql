-- How ready each customer is for the move that a goal asks for: the chance that they still buy here, times the mean of
-- what else is known of five parts from 0 to 1.
-- makes: readiness
-- params: scheme VARCHAR

-- Parts are whole ten-thousandths, so that both engines round alike. The five weigh the same: R. M. Dawes, "The robust
-- beauty of improper linear models", American Psychologist 34(7), 1979. The chance is that of the model of purchases.
-- Where it tells nothing, who is silent for up to twice their own usual gap, or 30 days, is there, and who is so for
-- longer the less: the hiatus of M. Wuebben, F. v. Wangenheim, "Instant Customer Base Analysis", Journal of Marketing
-- 72(3), 2008, by own pace. A gap that nobody knows counts as 30 days.
with standing as (
    select
        places.customer_id,
        goals.goal,
        goals.to_place,
        target.low,
        -- In what the scheme measures, be it spend or a balance; an unknown amount is near nothing and far from nothing.
        places.to_amount as amount,
        places.from_place = 'new' as is_new,
        coalesce(measured.spend, 0) as spend,
        measured.spend_before,
        measured.alive,
        measured.recency_days,
        case when measured.tenure_days >= 30 then measured.order_frequency end as order_frequency,
        -- Who bought only unknown products has an unknown breadth, who bought nothing one of zero.
        case when measured.breadth > 0 or coalesce(measured.spend, 0) = 0 then measured.breadth end as breadth
    from goals
    join bands target on target.scheme = $scheme and target.place = goals.to_place
    join places on places.scheme = $scheme and places.to_place = goals.from_place
    join "values" measured on measured.customer_id = places.customer_id
    -- Group C is kept for good reasons of another kind and is not asked to move.
    left join excepted on excepted.customer_id = places.customer_id
    where excepted.customer_id is null
),
-- What customers of the target tier do; as decimals, for sums of floats differ by the order of the rows.
theirs as (
    select
        places.to_place,
        cast(sum(cast(measured.order_frequency as decimal(18, 6))) as double)
            / nullif(count(measured.order_frequency), 0) as order_frequency,
        cast(sum(measured.breadth) as double) / nullif(count(measured.breadth), 0) as breadth
    from places
    join "values" measured on measured.customer_id = places.customer_id
    where places.scheme = $scheme
    group by places.to_place
),
ways as (
    select
        standing.customer_id,
        standing.goal,
        count(consents.granted) as answers,
        count(case when consents.granted and addresses.address is not null then 1 end) as open_ways
    from standing
    join assets on assets.goal = standing.goal
    join routes on routes.asset = assets.asset
    left join consents
        on consents.customer_id = standing.customer_id
        and consents.medium = routes.medium
        and consents.purpose = assets.purpose
    left join addresses on addresses.customer_id = standing.customer_id and addresses.medium = routes.medium
    group by standing.customer_id, standing.goal
),
lacking as (
    select distinct standing.customer_id, standing.goal, assets.wants_class
    from standing
    join assets on assets.goal = standing.goal and assets.wants_class is not null
    join "values" measured on measured.customer_id = standing.customer_id
    left join current_facts
        on current_facts.customer_id = standing.customer_id and current_facts.fact_class = assets.wants_class
    where current_facts.value is null and not (
        assets.wants_class = 'shopping.category' and coalesce(measured.room_category, measured.top_category) is not null
    )
),
gaps as (
    select customer_id, goal, array_to_string(list_sort(array_agg(distinct wants_class)), ', ') as classes
    from lacking
    group by customer_id, goal
),
shares as (
    select
        standing.*,
        gaps.classes,
        case
            when standing.alive is not null then standing.alive
            when standing.recency_days > 0 then
                greatest(60.0 / coalesce(nullif(standing.order_frequency, 0), 1.0), 30.0) / standing.recency_days
        end as alive_share,
        case
            -- greatest() passes over what is unknown, which would make it zero.
            when spend_before is not null and not is_new and greatest(spend, 0) + greatest(spend_before, 0) > 0 then
                cast(greatest(spend, 0) as double) / cast(greatest(spend, 0) + greatest(spend_before, 0) as double)
        end as trend_share,
        standing.order_frequency / nullif(theirs.order_frequency, 0) as frequency_share,
        cast(standing.breadth as double) / nullif(theirs.breadth, 0) as breadth_share,
        case when low > 0 then cast(amount as double) / cast(low as double) else 1.0 end as nearness_share,
        case when ways.open_ways > 0 then 1.0 when ways.answers > 0 then 0.0 end as reach_share
    from standing
    left join theirs on theirs.to_place = standing.to_place
    left join ways on ways.customer_id = standing.customer_id and ways.goal = standing.goal
    left join gaps on gaps.customer_id = standing.customer_id and gaps.goal = standing.goal
),
parts as (
    select
        customer_id,
        goal,
        cast(floor(case when alive_share > 1 then 1 else alive_share end * 10000 + 0.5) as bigint) as alive,
        cast(floor(trend_share * 10000 + 0.5) as bigint) as trend,
        cast(floor(case when frequency_share > 1 then 1 else frequency_share end * 10000 + 0.5) as bigint) as frequency,
        cast(floor(case when breadth_share > 1 then 1 else breadth_share end * 10000 + 0.5) as bigint) as breadth,
        cast(
            floor(
                case when nearness_share > 1 then 1 when nearness_share < 0 then 0 else nearness_share end * 10000 + 0.5
            ) as bigint
        ) as nearness,
        cast(floor(reach_share * 10000 + 0.5) as bigint) as reach,
        classes
    from shares
),
counted as (
    select
        parts.*,
        coalesce(trend, 0) + coalesce(frequency, 0) + coalesce(breadth, 0)
            + coalesce(nearness, 0) + coalesce(reach, 0) as total,
        case when nearness is null then 0 else 1 end + case when trend is null then 0 else 1 end
            + case when frequency is null then 0 else 1 end + case when breadth is null then 0 else 1 end
            + case when reach is null then 0 else 1 end as known
    from parts
)
select
    customer_id,
    goal,
    -- Of one whose chance is not known the rest counts alone: what is unknown lowers nothing.
    cast(floor(coalesce(cast(alive as double) / 10000, 1) * coalesce(cast(total as double) / nullif(known, 0), 0) + 0.5) as bigint)
        as readiness,
    known, alive, trend, frequency, breadth, nearness, reach, classes
from counted
