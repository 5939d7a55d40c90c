-- Keeps each bought line once, the copy recorded first, of the days before the cut.
-- makes: clean_lines
-- params: cut DATE

-- Only lines of an event that holds some line twice are put in order: ordering every line costs five times as much.
with doubtful as (
    select event_id from lines group by event_id having count(*) > count(distinct line_id)
),
copies as (
    select
        lines.*,
        -- Everything that is kept decides a tie, so that the order in which files are read never does.
        row_number() over (
            partition by lines.event_id, lines.line_id
            order by lines.recorded_at, lines.occurred_on, lines.occurred_at, lines.source_record, lines.touchpoint,
                lines.product_id, lines.quantity, lines.amount, lines.discount
        ) as copy
    from lines
    join doubtful on doubtful.event_id = lines.event_id
)
select event_id, line_id, source_record, occurred_at, occurred_on, touchpoint, product_id, quantity, amount, discount
from lines
where occurred_on < $cut and not exists (select 1 from doubtful where doubtful.event_id = lines.event_id)
union all
select event_id, line_id, source_record, occurred_at, occurred_on, touchpoint, product_id, quantity, amount, discount
from copies
where copy = 1 and occurred_on < $cut
