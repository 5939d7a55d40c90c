-- Puts everybody of a segment into one cell of value by potential, with the level of treatment of the cell.
-- makes: treatments
with asked as (
    select distinct scheme, axis, measure, is_known from grid_bands
),
measured_by as (
    select
        segment_places.customer_id,
        segment_places.scheme,
        segment_places.to_place as segment,
        asked.axis,
        asked.is_known,
        case asked.measure
            when 'spend' then cast(measured.spend as decimal(28, 12))
            when 'spend_before' then cast(measured.spend_before as decimal(28, 12))
            when 'revenue' then cast(measured.revenue as decimal(28, 12))
            when 'discounts' then cast(measured.discounts as decimal(28, 12))
            when 'returns' then cast(measured.returns as decimal(28, 12))
            when 'cost' then cast(measured.cost as decimal(28, 12))
            when 'margin' then cast(measured.margin as decimal(28, 12))
            when 'uncategorized' then cast(measured.uncategorized as decimal(28, 12))
            when 'orders' then cast(measured.orders as decimal(28, 12))
            when 'recency_days' then cast(measured.recency_days as decimal(28, 12))
            when 'tenure_days' then cast(measured.tenure_days as decimal(28, 12))
            when 'breadth' then cast(measured.breadth as decimal(28, 12))
            when 'contacts_in' then cast(measured.contacts_in as decimal(28, 12))
            when 'contacts_out' then cast(measured.contacts_out as decimal(28, 12))
            when 'order_frequency' then cast(measured.order_frequency as decimal(28, 12))
            when 'category_entropy' then cast(measured.category_entropy as decimal(28, 12))
            when 'contact_frequency' then cast(measured.contact_frequency as decimal(28, 12))
            when 'alive' then cast(measured.alive as decimal(28, 12))
            when 'expected_orders' then cast(measured.expected_orders as decimal(28, 12))
            when 'expected_orders_low' then cast(measured.expected_orders_low as decimal(28, 12))
            when 'expected_orders_high' then cast(measured.expected_orders_high as decimal(28, 12))
            when 'expected_order_value' then cast(measured.expected_order_value as decimal(28, 12))
            when 'expected_spend' then cast(measured.expected_spend as decimal(28, 12))
            when 'expected_spend_low' then cast(measured.expected_spend_low as decimal(28, 12))
            when 'expected_spend_high' then cast(measured.expected_spend_high as decimal(28, 12))
            when 'lifetime_value' then cast(measured.lifetime_value as decimal(28, 12))
            when 'lifetime_value_low' then cast(measured.lifetime_value_low as decimal(28, 12))
            when 'lifetime_value_high' then cast(measured.lifetime_value_high as decimal(28, 12))
            when 'wallet_low' then cast(measured.wallet_low as decimal(28, 12))
            when 'wallet' then cast(measured.wallet as decimal(28, 12))
            when 'wallet_high' then cast(measured.wallet_high as decimal(28, 12))
            when 'share_of_wallet' then cast(measured.share_of_wallet as decimal(28, 12))
            when 'wallet_confidence' then cast(measured.wallet_confidence as decimal(28, 12))
            when 'headroom_low' then cast(measured.headroom_low as decimal(28, 12))
            when 'headroom' then cast(measured.headroom as decimal(28, 12))
            when 'headroom_high' then cast(measured.headroom_high as decimal(28, 12))
            when 'potential' then cast(measured.potential as decimal(28, 12))
            when 'influence_low' then cast(measured.influence_low as decimal(28, 12))
            when 'influence' then cast(measured.influence as decimal(28, 12))
            when 'by_referral' then cast(measured.by_referral as decimal(28, 12))
            when 'by_influence' then cast(measured.by_influence as decimal(28, 12))
            when 'by_knowledge' then cast(measured.by_knowledge as decimal(28, 12))
            when 'newcomers' then cast(measured.newcomers as decimal(28, 12))
        end as found
    from segment_places
    join asked on asked.scheme = segment_places.scheme
    left join "values" measured on measured.customer_id = segment_places.customer_id
),
figures as (
    select
        customer_id, scheme, segment, axis,
        -- A measure that is known of everybody has no row only of who did nothing: that is zero, and not unknown.
        case when is_known then coalesce(found, cast(0 as decimal(28, 12))) else found end as figure
    from measured_by
),
banded as (
    select
        figures.customer_id, figures.scheme, figures.segment, figures.axis, figures.figure,
        coalesce(grid_bands.band, 'unknown') as band
    from figures
    left join grid_bands
        on grid_bands.scheme = figures.scheme
        and grid_bands.axis = figures.axis
        and (grid_bands.low is null or figures.figure >= grid_bands.low)
        and (grid_bands.high is null or figures.figure < grid_bands.high)
        and figures.figure is not null
)
select
    worth.customer_id,
    worth.scheme,
    worth.segment,
    worth.band as value_band,
    room.band as potential_band,
    cast(worth.figure as decimal(28, 12)) as value_figure,
    cast(room.figure as decimal(28, 12)) as potential_figure,
    levels.personalization,
    levels.contacts,
    levels.days,
    levels.retention
from banded worth
join banded room
    on room.customer_id = worth.customer_id and room.scheme = worth.scheme and room.axis = 'potential'
join levels
    on levels.scheme = worth.scheme
    and levels.segment = worth.segment
    and levels.value_band = worth.band
    and levels.potential_band = room.band
where worth.axis = 'value'
