-- Exact sums of what each arm spent since its assignment and as long before, over all and for every goal.
-- makes: arm_sums
-- params: cut DATE
with assigned as (
    select
        experiment,
        customer_id,
        arm,
        goal,
        assigned_on,
        -- The window before is as long as the one after, so that both show the same behavior.
        assigned_on - cast(date_diff('day', assigned_on, $cut) as integer) as before_on,
        coalesce(exposed_on < $cut, false) as exposed
    from assignments
    where assigned_on < $cut
),
spent as (
    select
        assigned.experiment,
        assigned.customer_id,
        assigned.arm,
        assigned.goal,
        assigned.exposed,
        -- No purchase in a window is a spend of zero: everybody assigned counts, whatever they did.
        -- One digit more than an amount has: their product then is computed wide, and not only up to 9 million squared.
        cast(coalesce(sum(case when purchases.occurred_on >= assigned.assigned_on then purchases.amount end), 0)
            as decimal(19, 2)) as y,
        cast(coalesce(sum(case when purchases.occurred_on < assigned.assigned_on then purchases.amount end), 0)
            as decimal(19, 2)) as x
    from assigned
    left join purchases
        on purchases.customer_id = assigned.customer_id
        and purchases.occurred_on >= assigned.before_on
        and purchases.occurred_on < $cut
    group by assigned.experiment, assigned.customer_id, assigned.arm, assigned.goal, assigned.exposed
),
compared as (
    select experiment, 'primary' as comparison, arm, exposed, x, y from spent
    union all
    select experiment, 'goal:' || goal as comparison, arm, exposed, x, y from spent where goal is not null
)
select
    experiment,
    comparison,
    arm,
    count(*) as customers,
    cast(sum(y) as decimal(38, 4)) as sum_y,
    cast(sum(y * y) as decimal(38, 4)) as sum_yy,
    cast(sum(x) as decimal(38, 4)) as sum_x,
    cast(sum(x * x) as decimal(38, 4)) as sum_xx,
    cast(sum(x * y) as decimal(38, 4)) as sum_xy,
    sum(case when exposed then 1 else 0 end) as exposed
from compared
group by experiment, comparison, arm
