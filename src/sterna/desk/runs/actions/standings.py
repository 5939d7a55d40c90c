"""Where customers stand before a run and what was said of their places, as the run of any day must see it."""

# A run of a day that was run before must read what the first run of that day read: stays that begin on the cut are left
# out, ends on the cut or later are taken back, and so are warnings. Stays of one place that follow each other without a
# gap, under versions of a scheme, are one: whoever moved up is held from that day, not from a new version's.
STAYS = """
    with opening as (
        select item ->> 'scheme' as scheme, (item ->> 'opening')::date as opening
        from jsonb_array_elements(%(openings)s::jsonb) as listed (item)
    ),
    said as (
        select m.customer_id, m.scheme, o.opening, m.place, m.rank, lower(m.during) as entered,
            case when upper(m.during) < %(cut)s then upper(m.during) end as ended,
            case when m.warned_on < %(cut)s and coalesce(m.unwarned_on >= %(cut)s, true) then m.warned_on end as warned
        from segments_membership as m
        join opening as o on o.scheme = m.scheme
        join customers_customer as c on c.id = m.customer_id and c.redirects_to_id is null
        where lower(m.during) < %(cut)s
    ),
    followed as (
        select said.*, lag(place) over stays as place_before, lag(rank) over stays as rank_before,
            lag(ended) over stays = entered as follows
        from said window stays as (partition by customer_id, scheme order by entered)
    ),
    counted as (
        select followed.*, sum(case when follows and place_before = place then 0 else 1 end)
            over (partition by customer_id, scheme order by entered) as spell
        from followed
    )
    select customer_id::text, scheme, place, (array_agg(rank order by entered desc))[1], min(entered),
        case when bool_and(ended is not null) then max(ended) end,
        (array_agg(case when follows then rank_before end order by entered))[1],
        (array_agg(warned order by entered desc))[1]
    from counted
    group by customer_id, scheme, place, spell, opening
    having bool_or(ended is null) or max(ended) > opening
    order by customer_id::text collate "C", scheme collate "C", min(entered)
"""
# What was said of either side of a merge counts for the one that is left; of two, what was said last.
OVERRIDES = """
    select distinct on (root.at::text collate "C", o.scheme collate "C")
        root.at::text, o.scheme, o.kind, o.place, o.ends_on, o.reason
    from segments_override as o
    join root on root.id = o.customer_id
    where o.begins_on <= %(cut)s and o.ends_on > %(cut)s
        and o.scheme in (select item ->> 'scheme' from jsonb_array_elements(%(openings)s::jsonb) as listed (item))
    order by root.at::text collate "C", o.scheme collate "C", o.set_at desc, o.id desc
"""
