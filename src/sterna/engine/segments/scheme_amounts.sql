-- What each scheme measures of every customer, at the opening of its window and at the close; NULL is unknown.
-- makes: scheme_amounts
select
    customers.customer_id,
    schemes.scheme,
    customers.first_seen_on,
    customers.first_seen_on >= schemes.opening as is_new,
    -- Whoever bought nothing in the window spent zero: that is known, not missing. What other measures were at the
    -- opening was not measured then, and nobody knows it now.
    cast(case
        when customers.first_seen_on >= schemes.opening then null
        when schemes.measure = 'fact' then said.from_amount
        when schemes.measure = 'spend' and schemes.own_window then coalesce(spent.spend_before, 0)
        when schemes.measure = 'spend' then coalesce(measured.spend_before, 0)
    end as decimal(18, 2)) as from_amount,
    case schemes.measure
        when 'fact' then said.to_amount
        when 'spend' then cast(
            case when schemes.own_window then coalesce(spent.spend, 0) else coalesce(measured.spend, 0) end
            as decimal(18, 2)
        )
        when 'spend_before' then cast(measured.spend_before as decimal(18, 2))
        when 'revenue' then cast(measured.revenue as decimal(18, 2))
        when 'discounts' then cast(measured.discounts as decimal(18, 2))
        when 'returns' then cast(measured.returns as decimal(18, 2))
        when 'cost' then cast(measured.cost as decimal(18, 2))
        when 'margin' then cast(measured.margin as decimal(18, 2))
        when 'uncategorized' then cast(measured.uncategorized as decimal(18, 2))
        when 'orders' then cast(measured.orders as decimal(18, 2))
        when 'order_frequency' then cast(measured.order_frequency as decimal(18, 2))
        when 'recency_days' then cast(measured.recency_days as decimal(18, 2))
        when 'tenure_days' then cast(measured.tenure_days as decimal(18, 2))
        when 'breadth' then cast(measured.breadth as decimal(18, 2))
        when 'category_entropy' then cast(measured.category_entropy as decimal(18, 2))
        when 'contacts_in' then cast(measured.contacts_in as decimal(18, 2))
        when 'contacts_out' then cast(measured.contacts_out as decimal(18, 2))
        when 'contact_frequency' then cast(measured.contact_frequency as decimal(18, 2))
        when 'alive' then cast(measured.alive as decimal(18, 2))
        when 'expected_orders' then cast(measured.expected_orders as decimal(18, 2))
        when 'expected_order_value' then cast(measured.expected_order_value as decimal(18, 2))
        when 'expected_spend' then cast(measured.expected_spend as decimal(18, 2))
        when 'lifetime_value' then cast(measured.lifetime_value as decimal(18, 2))
        when 'wallet' then cast(measured.wallet as decimal(18, 2))
        when 'share_of_wallet' then cast(measured.share_of_wallet as decimal(18, 2))
        when 'headroom' then cast(measured.headroom as decimal(18, 2))
        when 'potential' then cast(measured.potential as decimal(18, 2))
        when 'influence' then cast(measured.influence as decimal(18, 2))
        when 'newcomers' then cast(measured.newcomers as decimal(18, 2))
    end as to_amount
from customers
cross join schemes
left join "values" measured on measured.customer_id = customers.customer_id
left join scheme_spends spent on spent.customer_id = customers.customer_id and spent.scheme = schemes.scheme
left join scheme_facts said on said.customer_id = customers.customer_id and said.scheme = schemes.scheme
