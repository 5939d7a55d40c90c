-- Counts what was read and what became of it, so that rows and amounts add up to the cent.
-- makes: event_counts
-- params: cut DATE

-- read = copies + undated + after the cut + kept, for lines and for events. Copies of a line that fall on or after
-- the cut count as after the cut, so that one look at the rows is enough. An event carries no amount: NULL, not zero.
with read_lines as (
    select
        count(*) as all_rows,
        count(case when occurred_on is null then 1 end) as undated,
        count(case when occurred_on >= $cut then 1 end) as after,
        sum(amount) as amount,
        sum(case when occurred_on is null then amount end) as undated_amount,
        sum(case when occurred_on >= $cut then amount end) as after_amount
    from lines
),
kept_lines as (
    select count(*) as all_rows, count(case when amount = 0 then 1 end) as zero, sum(amount) as amount
    from clean_lines
),
read_events as (
    select
        count(*) as all_rows,
        count(case when occurred_on is null then 1 end) as undated,
        count(case when occurred_on >= $cut then 1 end) as after
    from events
),
kept_events as (
    select count(*) as all_rows from clean_events
),
counts as (
    select 'lines read' as what, all_rows as row_count, coalesce(amount, 0) as amount from read_lines
    union all
    select 'lines undated' as what, undated as row_count, coalesce(undated_amount, 0) as amount from read_lines
    union all
    select 'lines after the cut' as what, after as row_count, coalesce(after_amount, 0) as amount from read_lines
    union all
    select
        'lines copied' as what,
        read_lines.all_rows - read_lines.undated - read_lines.after - kept_lines.all_rows as row_count,
        coalesce(read_lines.amount, 0) - coalesce(read_lines.undated_amount, 0)
            - coalesce(read_lines.after_amount, 0) - coalesce(kept_lines.amount, 0) as amount
    from read_lines
    cross join kept_lines
    union all
    select 'lines kept' as what, all_rows as row_count, coalesce(amount, 0) as amount from kept_lines
    union all
    select 'lines kept of zero amount' as what, zero as row_count, 0 as amount from kept_lines
    union all
    select 'events read' as what, all_rows as row_count, null as amount from read_events
    union all
    select 'events undated' as what, undated as row_count, null as amount from read_events
    union all
    select 'events after the cut' as what, after as row_count, null as amount from read_events
    union all
    select
        'events copied' as what,
        read_events.all_rows - read_events.undated - read_events.after - kept_events.all_rows as row_count,
        null as amount
    from read_events
    cross join kept_events
    union all
    select 'events kept' as what, all_rows as row_count, null as amount from kept_events
    union all
    -- One line a currency: amounts of two currencies must not be added, and the verb refuses them by this count.
    -- Those of the days from the cut on are not of this run: a later currency must not stop an earlier day.
    select
        concat('lines before the cut in ', currency) as what,
        count(*) as row_count,
        coalesce(sum(amount), 0) as amount
    from lines
    where currency is not null and occurred_on < $cut
    group by currency
)
select what, row_count, cast(amount as decimal(18, 2)) as amount from counts
