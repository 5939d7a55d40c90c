-- Says of every customer what the wallet holds, who says so and how much of it is ours; unknown stays unknown.
-- makes: wallets
-- params: cut DATE, telling VARCHAR, untold VARCHAR, partly VARCHAR

-- telling: the categories whose own structure identifies anything, each between two unit separators; untold: why the
-- others are not believed; partly: what is said where only some categories tell, NULL where all do. What is bought
-- elsewhere of those that do not is unknown: the wallet is a least one then, and its high end open. Shares and headroom
-- follow from the wallet: its low end makes their high end.
with owned as (
    select customer_id, sum(amount) as own from category_spend group by customer_id
),
rooms as (
    select
        customer_id,
        sum(low - own) as low,
        sum(mid - own) as mid,
        sum(high - own) as high
    from category_wallets
    where mid is not null and strpos($telling, concat(chr(31), category, chr(31))) > 0
    group by customer_id
),
said as (
    select
        customers.customer_id,
        -- A balance is not what was paid in a window: one of which nobody knows how much is here has no share.
        case when coalesce(wallet_facts.in_balances, false) then wallet_facts.own else coalesce(owned.own, 0) end as own,
        coalesce(wallet_facts.in_balances, false) as in_balances,
        wallet_facts.low, wallet_facts.mid, wallet_facts.high,
        wallet_facts.source, wallet_facts.confidence, wallet_facts.observed_on,
        wallet_facts.customer_id is not null
            and coalesce(wallet_facts.low, wallet_facts.mid, wallet_facts.high) is not null as told,
        rooms.low as room_low, rooms.mid as room_mid, rooms.high as room_high,
        owned.customer_id is not null as bought
    from customers
    left join owned on owned.customer_id = customers.customer_id
    left join wallet_facts
        on wallet_facts.customer_id = customers.customer_id
        -- A fact of no date is told without one; only what is dated from the cut on is not known yet.
        and (wallet_facts.observed_on is null or wallet_facts.observed_on < $cut)
    -- What customers alike pay tells nothing of a balance.
    left join rooms on rooms.customer_id = customers.customer_id and not coalesce(wallet_facts.in_balances, false)
),
estimated as (
    select
        customer_id, own, in_balances,
        case when told then source when room_mid is not null then 'peers' end as source,
        case when told then confidence end as confidence,
        case when told then observed_on when room_mid is not null then cast($cut - interval 1 day as date) end as as_of,
        -- Nobody's wallet is smaller than what we were paid out of it.
        case when told then case when low is not null then greatest(low, own) end else own + room_low end as low,
        case when told then case when mid is not null then greatest(mid, own) end else own + room_mid end as mid,
        case when told then case when high is not null then greatest(high, own) end when $partly is null then own + room_high end as high,
        case
            when told and in_balances and own > coalesce(high, mid, own) then 'said to be less than what is held here; raised to that'
            when told and own > coalesce(high, mid, own) then 'said to be less than what was bought; raised to that'
            when told and own is null then 'what of it is held here is not known, so there is no share'
            when told then null
            when in_balances then 'nobody said what is held elsewhere'
            when room_mid is not null then $partly
            when not bought then 'nothing bought in the window, so nobody is alike'
            else $untold
        end as reason
    from said
)
select
    customer_id,
    cast(own as decimal(18, 2)) as own,
    cast(low as decimal(18, 2)) as low,
    cast(mid as decimal(18, 2)) as mid,
    cast(high as decimal(18, 2)) as high,
    cast(low - own as decimal(18, 2)) as headroom_low,
    cast(mid - own as decimal(18, 2)) as headroom,
    cast(high - own as decimal(18, 2)) as headroom_high,
    case when own >= 0 and high > 0 then cast(own as double) / cast(high as double) end as share_low,
    case when own >= 0 and mid > 0 then cast(own as double) / cast(mid as double) end as share,
    case when own >= 0 and low > 0 then cast(own as double) / cast(low as double) end as share_high,
    confidence,
    source,
    as_of,
    case
        when reason is not null then reason
        when own < 0 then 'more was paid back than bought, so there is no share'
        when mid is null then 'open at the top, so only the low end is known'
        when mid = 0 then 'nothing in it, so there is no share'
    end as reason,
    in_balances
from estimated
