-- What customers spent in the windows of schemes whose window is not the one that values are measured over.
-- makes: scheme_spends
-- params: cut DATE
select
    purchases.customer_id,
    schemes.scheme,
    cast(sum(case when purchases.occurred_on >= schemes.opening then purchases.amount end) as decimal(18, 2)) as spend,
    cast(
        sum(case when purchases.occurred_on < schemes.opening then purchases.amount end) as decimal(18, 2)
    ) as spend_before
from purchases
join schemes on schemes.own_window and purchases.occurred_on >= schemes.before
where purchases.occurred_on < $cut and purchases.customer_id is not null
group by schemes.scheme, purchases.customer_id
