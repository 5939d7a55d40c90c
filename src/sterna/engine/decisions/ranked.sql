-- The open options in the order of the walk: goals by priority, customers by worth, each customer's ways by fit.
-- makes: ranked
-- params: experiment VARCHAR, salt VARCHAR, threshold VARCHAR
with open_options as (
    select
        options.customer_id,
        options.unit,
        options.asset,
        options.goal,
        options.medium,
        options.worth,
        options.cost,
        goals.priority,
        routes.capacity,
        row_number() over (
            partition by options.customer_id
            order by
                goals.priority,
                -- What the customer said or lacks fits better than what they buy anyway, and that than any offer.
                case options.fit when 'fact' then 1 when 'room' then 2 when 'top' then 3 else 4 end,
                routes.preference,
                options.cost,
                options.asset,
                options.goal,
                options.medium
        ) as choice
    from options
    join goals on goals.goal = options.goal
    join routes on routes.asset = options.asset and routes.medium = options.medium
    where options.barrier is null
),
walked as (
    select
        customer_id,
        row_number() over (order by priority, worth is null, worth desc, customer_id) as position
    from open_options
    where choice = 1
)
select
    open_options.customer_id,
    open_options.unit,
    open_options.asset,
    open_options.goal,
    open_options.medium,
    walked.position,
    open_options.choice,
    -- An arm once drawn stays; the text compared is the hash's first 32 bits, which every engine writes alike.
    coalesce(
        arms.arm,
        case
            when substr(md5($salt || '|' || open_options.unit), 1, 8) < $threshold then 'held out'
            else 'treated'
        end
    ) as arm,
    open_options.worth,
    open_options.cost,
    open_options.capacity
from open_options
join walked on walked.customer_id = open_options.customer_id
left join arms on arms.experiment = $experiment and arms.unit = open_options.unit
