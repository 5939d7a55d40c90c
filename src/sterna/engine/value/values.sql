-- Puts every measure of every customer side by side: what is given today, to come, possible, and brought by way of others.
-- makes: values
-- params: opening DATE, forecast_reason VARCHAR, boundary VARCHAR, influence_reason VARCHAR

with memory as (
    -- Where the lake begins at the opening or later, nobody's spend before it is known.
    select min(occurred_on) as begins_on from purchases
),
ordered as (
    select
        customer_id, category, own, low, mid, high,
        row_number() over (partition by customer_id order by own desc, category) as own_position,
        row_number() over (partition by customer_id order by mid - own desc nulls last, category) as room_position
    from category_wallets
),
rooms as (
    select
        customer_id,
        sum(low - own) as low,
        sum(mid - own) as mid,
        sum(high - own) as high,
        max(case when own_position = 1 and own > 0 then category end) as top_category,
        max(case when room_position = 1 and mid > own then category end) as room_category
    from ordered
    group by customer_id
),
joined as (
    select
        current_values.*,
        case when memory.begins_on < $opening then coalesce(customer_sums.spend_before, 0) end as spend_before,
        cell_scores.alive,
        cell_scores.expected_orders,
        cell_scores.expected_error,
        spend_scores.expected_order_value,
        cell_scores.expected_orders * spend_scores.expected_order_value as to_come,
        sqrt(cell_scores.expected_error * cell_scores.expected_error
            + spend_scores.order_value_error * spend_scores.order_value_error) as to_come_error,
        cell_scores.lifetime_orders * spend_scores.expected_order_value as lifetime,
        sqrt(cell_scores.lifetime_error * cell_scores.lifetime_error
            + spend_scores.order_value_error * spend_scores.order_value_error) as lifetime_error,
        wallets.low as wallet_low, wallets.mid as wallet, wallets.high as wallet_high, wallets.share,
        wallets.confidence, wallets.source, wallets.as_of as wallet_on, wallets.reason as wallet_reason,
        wallets.headroom_low, wallets.headroom, wallets.headroom_high, wallets.in_balances,
        case when wallets.in_balances then wallets.own else current_values.spend end as own,
        -- Somebody's word of the wallet goes before what customers alike buy; theirs stands where there is no word.
        -- In balances nobody's word but a word is any, because what customers alike pay is another thing.
        coalesce(wallets.in_balances, false) or coalesce(wallets.source, 'peers') <> 'peers' as told,
        rooms.low as room_low, rooms.mid as room, rooms.high as room_high,
        rooms.top_category, rooms.room_category,
        influences.low as influence_low, influences.high as influence_high,
        influences.referral as brought_referral, influences.influence as brought_influence,
        influences.knowledge as brought_knowledge,
        influences.newcomers, influences.unknown
    from current_values
    cross join memory
    left join customer_sums on customer_sums.customer_id = current_values.customer_id
    left join histories on histories.customer_id = current_values.customer_id
    left join cell_scores
        on cell_scores.frequency = histories.frequency
        and cell_scores.recency_weeks = histories.recency_weeks
        and cell_scores.age_weeks = histories.age_weeks
    left join spend_scores
        on spend_scores.frequency = histories.frequency and spend_scores.repeat_spend = histories.repeat_spend
    left join wallets on wallets.customer_id = current_values.customer_id
    left join rooms on rooms.customer_id = current_values.customer_id
    left join influences on influences.customer_id = current_values.customer_id
)
select
    customer_id,
    cast(spend as decimal(18, 2)) as spend,
    cast(spend_before as decimal(18, 2)) as spend_before,
    revenue, discounts, returns, cost, margin, uncategorized,
    orders, recency_days, tenure_days, categories as breadth,
    contacts_in, contacts_out, order_frequency, category_entropy, contact_frequency,
    alive,
    expected_orders,
    -- 1.96 standard errors of the log on either side hold 95 %.
    expected_orders / exp(1.959963984540054 * expected_error) as expected_orders_low,
    expected_orders * exp(1.959963984540054 * expected_error) as expected_orders_high,
    try_cast(expected_order_value as decimal(18, 2)) as expected_order_value,
    try_cast(to_come as decimal(18, 2)) as expected_spend,
    try_cast(to_come / exp(1.959963984540054 * to_come_error) as decimal(18, 2)) as expected_spend_low,
    try_cast(to_come * exp(1.959963984540054 * to_come_error) as decimal(18, 2)) as expected_spend_high,
    try_cast(lifetime as decimal(18, 2)) as lifetime_value,
    try_cast(lifetime / exp(1.959963984540054 * lifetime_error) as decimal(18, 2)) as lifetime_value_low,
    try_cast(lifetime * exp(1.959963984540054 * lifetime_error) as decimal(18, 2)) as lifetime_value_high,
    wallet_low, wallet, wallet_high,
    share as share_of_wallet,
    confidence as wallet_confidence,
    source as wallet_source,
    wallet_on,
    cast(case when told then headroom_low else room_low end as decimal(18, 2)) as headroom_low,
    cast(case when told then headroom else room end as decimal(18, 2)) as headroom,
    cast(case when told then headroom_high else room_high end as decimal(18, 2)) as headroom_high,
    case when told then source when room is not null then 'peers' end as headroom_source,
    -- Spend on unknown products has no headroom of its own, yet it is part of what the customer is worth.
    cast(own + case when told then headroom else room end as decimal(18, 2)) as potential,
    -- Without any credit on record nothing is known of what customers bring; with some, whoever has none is at zero.
    cast(case when $influence_reason is null then coalesce(influence_low, 0) end as decimal(18, 2)) as influence_low,
    cast(case when $influence_reason is null then coalesce(influence_high, 0) end as decimal(18, 2)) as influence,
    cast(case when $influence_reason is null then coalesce(brought_referral, 0) end as decimal(18, 2)) as by_referral,
    cast(case when $influence_reason is null then coalesce(brought_influence, 0) end as decimal(18, 2)) as by_influence,
    cast(case when $influence_reason is null then coalesce(brought_knowledge, 0) end as decimal(18, 2)) as by_knowledge,
    case when $influence_reason is null then coalesce(newcomers, 0) end as newcomers,
    top_category, room_category,
    discounts_reason, profit_reason, order_reason, breadth_reason, contact_reason,
    case
        when order_reason is not null then order_reason
        when expected_orders is null or to_come is null then $forecast_reason
    end as forecast_reason,
    case
        when alive is not null then null
        when order_reason is not null then order_reason
        when expected_orders is null then $forecast_reason
        else coalesce($boundary, 'one order day does not tell who has left')
    end as alive_reason,
    wallet_reason,
    case
        when told and headroom is null then wallet_reason
        when told then null
        when room is null then 'nothing of a known category bought in the window, or nobody alike to compare with'
        when wallet_reason is not null then 'what customers alike buy more here; what is bought elsewhere is not known'
    end as headroom_reason,
    case
        when $influence_reason is not null then $influence_reason
        when unknown > 0 then 'what some of the newcomers buy is not known, so this is a least figure'
    end as influence_reason
from joined
