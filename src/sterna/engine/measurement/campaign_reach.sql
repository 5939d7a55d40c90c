-- Whom each campaign reached that somebody else targeted: heads only, for its customers were not drawn by lot.
-- makes: campaign_reach
-- params: cut DATE
with everybody as (
    select count(*) as customers from customers
),
reached as (
    select
        subject as campaign_id,
        count(distinct case when kind = 'campaign contact' then customer_id end) as targeted,
        count(distinct case when kind = 'redemption' then customer_id end) as redeemed
    from happenings
    where occurred_on < $cut and kind in ('campaign contact', 'redemption')
    group by subject
),
-- A campaign that was recorded again is one campaign: its newest record counts, ties broken by what it says.
versions as (
    select
        *,
        row_number() over (
            partition by source, campaign_id
            order by recorded_at desc nulls last, starts_on, ends_on, kind
        ) as version
    from campaigns
)
select
    versions.source,
    versions.campaign_id,
    versions.kind,
    versions.starts_on,
    versions.ends_on,
    coalesce(reached.targeted, 0) as targeted,
    everybody.customers - coalesce(reached.targeted, 0) as others,
    coalesce(reached.redeemed, 0) as redeemed,
    'targeted, not randomized' as design
from versions
cross join everybody
left join reached on reached.campaign_id = versions.campaign_id
where versions.version = 1 and versions.starts_on < $cut
