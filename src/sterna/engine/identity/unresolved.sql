-- Counts the clean rows that belong to no customer, and the source records that two customers claim.
-- makes: unresolved

with owners as (
    select source_record, min(customer_id) as customer_id, max(customer_id) as other_id
    from identity_map
    group by source_record
),
resolved_lines as (
    select coalesce(sum(lines), 0) as all_rows, coalesce(sum(amount), 0) as amount from purchases
),
read_lines as (
    select count(*) as all_rows, coalesce(sum(amount), 0) as amount from clean_lines
),
counts as (
    select
        'lines' as what,
        read_lines.all_rows - resolved_lines.all_rows as row_count,
        read_lines.amount - resolved_lines.amount as amount
    from read_lines
    cross join resolved_lines
    union all
    select 'events' as what, count(*) as row_count, null as amount
    from clean_events
    left join owners on owners.source_record = clean_events.source_record
    where owners.customer_id is null
    union all
    select 'facts' as what, count(*) as row_count, null as amount
    from facts
    left join owners on owners.source_record = facts.source_record
    where owners.customer_id is null
    union all
    select 'source records of two customers' as what, count(*) as row_count, null as amount
    from owners
    where customer_id <> other_id
)
select what, cast(row_count as bigint) as row_count, cast(amount as decimal(18, 2)) as amount from counts
