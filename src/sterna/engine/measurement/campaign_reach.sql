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
)
select
    campaigns.source,
    campaigns.campaign_id,
    campaigns.kind,
    campaigns.starts_on,
    campaigns.ends_on,
    coalesce(reached.targeted, 0) as targeted,
    everybody.customers - coalesce(reached.targeted, 0) as others,
    coalesce(reached.redeemed, 0) as redeemed,
    'targeted, not randomized' as design
from campaigns
cross join everybody
left join reached on reached.campaign_id = campaigns.campaign_id
where campaigns.starts_on < $cut
