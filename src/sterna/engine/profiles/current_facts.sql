-- Keeps of every customer and class of fact the one that stands as of the cut: by confidence, which fades, then recency.
-- makes: current_facts
-- params: cut DATE

with owners as (
    select source_record, min(customer_id) as customer_id from identity_map group by source_record
),
weighed as (
    select
        owners.customer_id, facts.fact_class, facts.value, facts.source, facts.observed_on, facts.recorded_at,
        facts.confidence,
        -- Half of the confidence is gone on the day it expires; the last day before the cut is the day that counts.
        case
            when facts.expires_on is null or facts.expires_on <= facts.observed_on then facts.confidence
            else facts.confidence * (
                1.0 - cast(date_diff('day', facts.observed_on, $cut) - 1 as double)
                / (2.0 * cast(date_diff('day', facts.observed_on, facts.expires_on) as double))
            )
        end as weight
    from facts
    join owners on owners.source_record = facts.source_record
    where facts.observed_on < $cut
        and (facts.expires_on is null or facts.expires_on >= $cut)
        and owners.customer_id is not null
),
standing as (
    select
        customer_id, fact_class, value, source, observed_on, confidence,
        -- What is left of a tie goes by source, value and confidence.
        row_number() over (
            partition by customer_id, fact_class
            order by weight desc nulls last, observed_on desc, recorded_at desc nulls last, source nulls last,
                value nulls last, confidence desc nulls last
        ) as place
    from weighed
)
select customer_id, fact_class, value, source, observed_on, confidence from standing where place = 1
