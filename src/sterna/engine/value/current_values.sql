-- Puts what each customer gives today beside each other: money, orders, breadth and contacts of the window.
-- makes: current_values
-- params: opening DATE, cut DATE

-- spend = revenue - discounts - returns, and margin = spend - cost, all from rows: never a rate on revenue.
with owners as (
    select source_record, min(customer_id) as customer_id from identity_map group by source_record
),
copies as (
    select
        costs.*,
        row_number() over (
            partition by entry_id order by recorded_at, occurred_on, source_record, kind, amount, currency
        ) as copy
    from costs
),
served as (
    select
        owners.customer_id,
        sum(copies.amount) as cost,
        count(case when copies.amount is null then 1 end) as unwritten
    from copies
    join owners on owners.source_record = copies.source_record
    where copies.copy = 1 and copies.occurred_on >= $opening and copies.occurred_on < $cut
    group by owners.customer_id
),
contacted as (
    select
        customer_id,
        count(case when direction = 'inbound' then 1 end) as contacts_in,
        count(case when direction = 'outbound' then 1 end) as contacts_out,
        count(case when direction is null or direction not in ('inbound', 'outbound') then 1 end)
            as contacts_undirected
    from happenings
    where occurred_on >= $opening and occurred_on < $cut
    group by customer_id
),
recorded as (
    -- Where no contact of anybody is recorded, that a customer has none says nothing.
    select count(*) as contacts from happenings where occurred_on >= $opening and occurred_on < $cut
),
listed as (
    select customer_id, category, amount, sum(case when amount > 0 then amount else 0 end) over (
        partition by customer_id
    ) as listed
    from category_spend
    where category <> 'unknown'
),
breadth as (
    select
        customer_id,
        count(case when amount > 0 then 1 end) as categories,
        -- Each term as a decimal: a sum of floats would differ by the order in which threads deliver them.
        sum(cast(case when amount > 0 then -(cast(amount as double) / cast(listed as double))
            * ln(cast(amount as double) / cast(listed as double)) else 0 end as decimal(18, 12))) as entropy
    from listed
    group by customer_id
),
strange as (
    select customer_id, sum(amount) as amount from category_spend where category = 'unknown' group by customer_id
),
spans as (
    select
        customers.customer_id,
        bought.orders, bought.undiscounted, bought.spend, bought.discounts, bought.returns,
        date_diff('day', bought.last_order_on, $cut) as recency_days,
        date_diff('day', bought.first_order_on, $cut) as tenure_days,
        -- Not greatest(): it passes over a missing day, and would give a pace to whoever never ordered.
        date_diff('day', case when bought.first_order_on < $opening then $opening else bought.first_order_on end, $cut)
            as ordering_days,
        date_diff('day', case when customers.first_seen_on < $opening then $opening else customers.first_seen_on end,
            $cut) as known_days
    from customers
    left join customer_sums as bought on bought.customer_id = customers.customer_id
)
select
    spans.customer_id,
    cast($cut - interval 1 day as date) as as_of,
    cast(coalesce(spans.spend, 0) as decimal(18, 2)) as spend,
    cast(
        case when spans.undiscounted > 0 then null else coalesce(spans.spend + spans.discounts + spans.returns, 0) end
        as decimal(18, 2)
    ) as revenue,
    cast(case when spans.undiscounted > 0 then null else coalesce(spans.discounts, 0) end as decimal(18, 2))
        as discounts,
    cast(coalesce(spans.returns, 0) as decimal(18, 2)) as returns,
    cast(case when served.unwritten = 0 then served.cost end as decimal(18, 2)) as cost,
    cast(case when served.unwritten = 0 then coalesce(spans.spend, 0) - served.cost end as decimal(18, 2)) as margin,
    cast(coalesce(strange.amount, 0) as decimal(18, 2)) as uncategorized,
    coalesce(spans.orders, 0) as orders,
    spans.recency_days,
    spans.tenure_days,
    coalesce(breadth.categories, 0) as categories,
    case when recorded.contacts > 0 then coalesce(contacted.contacts_in, 0) end as contacts_in,
    case when recorded.contacts > 0 then coalesce(contacted.contacts_out, 0) end as contacts_out,
    case when recorded.contacts > 0 then coalesce(contacted.contacts_undirected, 0) end as contacts_undirected,
    cast(coalesce(spans.orders, 0) as double) * 30 / spans.ordering_days as order_frequency,
    case when breadth.categories > 0 then cast(breadth.entropy as double) end as category_entropy,
    case when recorded.contacts > 0 then
        cast(coalesce(contacted.contacts_in, 0) + coalesce(contacted.contacts_out, 0) as double) * 30
            / spans.known_days
    end as contact_frequency,
    case when spans.undiscounted > 0 then 'of some lines it is not recorded whether there was a discount' end
        as discounts_reason,
    case
        when served.customer_id is null then 'no cost to serve is recorded'
        when served.unwritten > 0 then 'some costs to serve are recorded without their amount'
    end as profit_reason,
    case when spans.recency_days is null then 'has not ordered yet' end as order_reason,
    case when coalesce(breadth.categories, 0) = 0 then 'bought nothing of a known category in the window' end
        as breadth_reason,
    case
        when recorded.contacts = 0 then 'no contact of anybody is recorded in the window'
        when contacted.contacts_undirected > 0 then 'contacts whose direction is not recorded are left out'
    end as contact_reason
from spans
cross join recorded
left join served on served.customer_id = spans.customer_id
left join contacted on contacted.customer_id = spans.customer_id
left join breadth on breadth.customer_id = spans.customer_id
left join strange on strange.customer_id = spans.customer_id
