-- Keeps of every customer and class of fact the newest one observed before the cut.
-- makes: current_facts
-- params: cut DATE

with owners as (
    select source_record, min(customer_id) as customer_id from identity_map group by source_record
),
newest as (
    select
        owners.customer_id, facts.fact_class, facts.value, facts.source, facts.observed_on, facts.confidence,
        -- Newest observed, then newest recorded; what is left of a tie goes by source, value and confidence.
        row_number() over (
            partition by owners.customer_id, facts.fact_class
            order by facts.observed_on desc, facts.recorded_at desc nulls last, facts.source nulls last,
                facts.value nulls last, facts.confidence desc nulls last
        ) as age
    from facts
    join owners on owners.source_record = facts.source_record
    where facts.observed_on < $cut and owners.customer_id is not null
)
select customer_id, fact_class, value, source, observed_on, confidence from newest where age = 1
