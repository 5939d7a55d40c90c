-- Counts the costs that were read and whom they reached, so that they add up to the cent.
-- makes: cost_counts
-- params: opening DATE, cut DATE

-- read = copied + undated + outside the window + of no customer + of customers.
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
placed as (
    select
        copies.amount,
        case
            when copies.copy > 1 then 'costs copied'
            when copies.occurred_on is null then 'costs undated'
            when copies.occurred_on < $opening or copies.occurred_on >= $cut then 'costs outside the window'
            when owners.customer_id is null then 'costs of no customer'
            else 'costs of customers'
        end as what
    from copies
    left join owners on owners.source_record = copies.source_record
),
counts as (
    select what, count(*) as row_count, sum(amount) as amount from placed group by what
    union all
    select 'costs read' as what, count(*) as row_count, sum(amount) as amount from costs
    union all
    -- One line a currency, as of the lines: amounts of two must not be added, and the verb refuses them by this.
    select concat('costs in ', currency) as what, count(*) as row_count, sum(amount) as amount
    from costs
    where currency is not null and occurred_on >= $opening and occurred_on < $cut
    group by currency
)
select what, row_count, cast(coalesce(amount, 0) as decimal(18, 2)) as amount from counts
