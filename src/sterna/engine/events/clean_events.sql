-- Keeps each other event once, the copy recorded first, of the days before the cut.
-- makes: clean_events
-- params: cut DATE

with doubtful as (
    select event_id from events group by event_id having count(*) > 1
),
copies as (
    select
        events.*,
        row_number() over (
            partition by events.event_id
            order by events.recorded_at, events.occurred_on, events.occurred_at, events.source_record, events.kind,
                events.touchpoint, events.direction, events.subject
        ) as copy
    from events
    join doubtful on doubtful.event_id = events.event_id
)
select event_id, source_record, kind, occurred_at, occurred_on, touchpoint, direction, subject
from events
where occurred_on < $cut and not exists (select 1 from doubtful where doubtful.event_id = events.event_id)
union all
select event_id, source_record, kind, occurred_at, occurred_on, touchpoint, direction, subject
from copies
where copy = 1 and occurred_on < $cut
