-- Adds the wallets of a household up over the members whose wallet is known, and counts those whose is not.
-- makes: household_wallets

with members as (
    select
        customers.unit, wallets.own, wallets.low, wallets.mid, wallets.high,
        wallets.source is not null as known
    from wallets
    join customers on customers.customer_id = wallets.customer_id
    where customers.unit is not null
),
sums as (
    select
        unit,
        count(*) as members,
        count(case when not known then 1 end) as unknown,
        sum(own) as own,
        sum(case when known then own end) as own_known,
        -- One open end leaves the sum open: without it the sum would be a bound that nobody named.
        case when count(low) = count(case when known then 1 end) then sum(low) end as low,
        case when count(mid) = count(case when known then 1 end) then sum(mid) end as mid,
        case when count(high) = count(case when known then 1 end) then sum(high) end as high
    from members
    group by unit
)
select
    unit, members, unknown,
    cast(own as decimal(18, 2)) as own,
    cast(own_known as decimal(18, 2)) as own_known,
    cast(low as decimal(18, 2)) as low,
    cast(mid as decimal(18, 2)) as mid,
    cast(high as decimal(18, 2)) as high,
    cast(mid - own_known as decimal(18, 2)) as headroom,
    case when own_known >= 0 and mid > 0 then cast(own_known as double) / cast(mid as double) end as share,
    case
        when unknown = members then 'the wallet of no member is known'
        when unknown > 0 then 'the wallets of some members are not known and not in the sums'
    end as reason
from sums
