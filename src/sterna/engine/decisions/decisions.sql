-- One decision for every customer: contact, held out, or left out with the reason in words.
-- makes: decisions
-- params: cut DATE, currency VARCHAR, experiment VARCHAR, budget DECIMAL, frontier BIGINT, spent DECIMAL
with told as (
    select
        options.customer_id,
        options.unit,
        options.asset,
        options.goal,
        options.medium,
        options.purpose,
        options.worth,
        options.cost,
        options.fit,
        options.barrier,
        options.detail,
        row_number() over (
            partition by options.customer_id
            order by
                -- The option taken; else the one that came furthest, which is the barrier nearest to being lifted.
                case when allocations.asset is not null then 0 else 1 end,
                case options.barrier
                    when 'in peace' then 0 when 'blackout' then 1 when 'prerequisite' then 2 when 'season' then 3
                    when 'household' then 4 when 'cap' then 5 when 'frequency' then 5 when 'rest' then 6
                    when 'headroom' then 7 when 'interest' then 8 when 'stage' then 9 when 'address' then 10
                    when 'consent' then 11 when 'asset' then 12 else 13
                end,
                routes.preference is null,
                routes.preference,
                options.asset,
                options.goal,
                options.medium
        ) as nearness
    from options
    left join allocations
        on allocations.customer_id = options.customer_id
        and allocations.asset = options.asset
        and allocations.goal = options.goal
        and allocations.medium = options.medium
    left join routes on routes.asset = options.asset and routes.medium = options.medium
),
joined as (
    select
        told.*,
        allocations.arm,
        allocations.position,
        allocations.spent,
        coalesce(allocations.outcome, 'left out') as outcome,
        allocations.barrier as walk_barrier,
        candidates.reason as standing,
        routes.capacity,
        addresses.address
    from told
    left join allocations on allocations.customer_id = told.customer_id
    left join candidates on candidates.customer_id = told.customer_id and candidates.goal = told.goal
    left join routes on routes.asset = told.asset and routes.medium = told.medium
    left join addresses on addresses.customer_id = told.customer_id and addresses.medium = told.medium
    where told.nearness = 1
)
select
    customer_id,
    unit,
    goal,
    asset,
    medium,
    purpose,
    case when outcome = 'left out' then cast(null as varchar) else cast($experiment as varchar) end as experiment,
    case when outcome = 'left out' then cast(null as varchar) else arm end as arm,
    outcome,
    case when outcome = 'left out' then coalesce(walk_barrier, barrier) end as reason_code,
    case
        when outcome = 'contact' then
            standing
            || case fit
                when 'fact' then ' What they told us fits ' || asset || '.'
                when 'room' then ' ' || asset || ' is for the category they have most room in.'
                when 'top' then ' ' || asset || ' is for the category they buy most.'
                else ' ' || asset || ' suits everybody who stands there.'
            end
            || ' By ' || medium || ' for ' || cast(cost as varchar) || ' ' || $currency || '.'
        when outcome = 'held out' then
            standing || ' Drawn into the hold-out, so that what ' || asset || ' by ' || medium
            || ' does to others can be told from chance.'
        when walk_barrier = 'budget' then
            'Rank ' || cast(position as varchar) || '; the budget of ' || cast($budget as varchar) || ' ' || $currency
            || ' reached as far as rank ' || cast($frontier as varchar) || ' (' || cast($spent as varchar) || ' '
            || $currency || ' spent), and ' || asset || ' by ' || medium || ' costs ' || cast(cost as varchar) || ' '
            || $currency || '.'
        when walk_barrier = 'household' then
            'Rank ' || cast(position as varchar) || '; somebody of the household ranks higher for ' || asset
            || ', and one household gets it once.'
        when walk_barrier = 'capacity' then
            'Rank ' || cast(position as varchar) || '; the ' || cast(capacity as varchar) || ' places for ' || asset
            || ' by ' || medium || ' went to higher ranks, and no other way was open.'
        else detail
    end as reason,
    worth,
    case when outcome = 'contact' then cost when outcome = 'held out' then cast(0 as decimal(18, 2)) end as cost,
    case when outcome = 'left out' then cast(null as date) else $cut end as due_on,
    case when outcome = 'contact' then address end as address
from joined
