-- The number that a customer's fact of a scheme's class says, at the opening and now; NULL where it is no number.
-- makes: scheme_facts
with owners as (
    select source_record, min(customer_id) as customer_id from identity_map group by source_record
),
weighed as (
    select
        schemes.scheme, owners.customer_id, facts.value, facts.source, facts.observed_on, facts.recorded_at,
        facts.confidence,
        -- The rule of current_facts, as of the opening: confidence fades by half until the day it expires.
        case
            when facts.expires_on is null or facts.expires_on <= facts.observed_on then facts.confidence
            else facts.confidence * (
                1.0 - cast(date_diff('day', facts.observed_on, schemes.opening) - 1 as double)
                / (2.0 * cast(date_diff('day', facts.observed_on, facts.expires_on) as double))
            )
        end as weight
    from facts
    join schemes on schemes.fact_class = facts.fact_class
    join owners on owners.source_record = facts.source_record
    where facts.observed_on < schemes.opening
        and (facts.expires_on is null or facts.expires_on >= schemes.opening)
        and owners.customer_id is not null
),
standing as (
    select
        scheme, customer_id, value,
        row_number() over (
            partition by scheme, customer_id
            order by weight desc nulls last, observed_on desc, recorded_at desc nulls last, source nulls last,
                value nulls last, confidence desc nulls last
        ) as position
    from weighed
),
said as (
    select scheme, customer_id, value as from_value, cast(null as varchar) as to_value from standing where position = 1
    union all
    select schemes.scheme, current_facts.customer_id, cast(null as varchar) as from_value, current_facts.value as to_value
    from current_facts
    join schemes on schemes.fact_class = current_facts.fact_class
)
select
    customer_id,
    scheme,
    -- A word such as "about a million" is no amount, and no amount is not zero. Its letters are looked at one by one as
    -- well, because "$" stands before a last line break on one of the engines.
    max(case
        when translate(from_value, '0123456789.-', '') = '' and regexp_matches(from_value, '^-?[0-9]{1,15}([.][0-9]+)?$')
            then cast(from_value as decimal(18, 2))
    end) as from_amount,
    max(case
        when translate(to_value, '0123456789.-', '') = '' and regexp_matches(to_value, '^-?[0-9]{1,15}([.][0-9]+)?$')
            then cast(to_value as decimal(18, 2))
    end) as to_amount
from said
group by scheme, customer_id
