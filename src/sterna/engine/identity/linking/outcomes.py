"""What becomes of a scored pair: one person, a question for a person, a household, or two persons for sure."""

import duckdb

MERGE_FROM = 0.95

# Another birth date, and not by a slip of two signs or a swapped day and month.
_SLIP = (
    "(damerau_levenshtein({l}, {r}) <= 2 "
    "or substr({l}, 1, 4) || substr({l}, 7, 2) || substr({l}, 5, 2) = {r})"
).format(l="l.birth_date", r="r.birth_date")
# Another first name: neither alike nor one the start of the other, nor a part in common, nor swapped with the surname.
_OTHER_NAME = (
    "(jaro_winkler_similarity(l.given_name, r.given_name) < 0.7 "
    "and not starts_with(l.given_name, r.given_name) and not starts_with(r.given_name, l.given_name) "
    "and not list_has_any(string_split(l.given_name, ' '), string_split(r.given_name, ' ')) "
    "and coalesce(l.given_name <> r.surname, true) and coalesce(r.given_name <> l.surname, true))"
)
# The same surname at the same address, each but for a slip: three of the four parts of an address agree.
_SAME_HOME = (
    "(jaro_winkler_similarity(l.surname, r.surname) >= 0.9 and "
    "if(l.street_number = r.street_number, 1, 0) + if(damerau_levenshtein(l.postcode, r.postcode) <= 1, 1, 0) "
    "+ if(jaro_winkler_similarity(l.address, r.address) >= 0.9, 1, 0) "
    "+ if(jaro_winkler_similarity(l.suburb, r.suburb) >= 0.9, 1, 0) >= 3)"
)

_FLAGS = f"""
create table flagged as
select
    s.* exclude (one, two),
    coalesce(s.one, d.one) as one,
    coalesce(s.two, d.two) as two,
    d.same as said,
    coalesce(not {_SLIP}, false) as far,
    coalesce({_SLIP}, false) as near,
    coalesce({_OTHER_NAME}, false) as renamed,
    coalesce(not {_OTHER_NAME}, false) or coalesce(l.email = r.email, false) as personal,
    coalesce(jaro_winkler_similarity(l.surname, r.surname) < 0.7, false) as other_surname,
    coalesce(l.email = r.email, false) as same_email,
    coalesce(l.national_id = r.national_id, false) as same_id,
    coalesce(l.user_id = r.user_id, false) as same_user,
    coalesce(l.user_id <> r.user_id, false) as two_users,
    coalesce(l.by_household = r.by_household, false) or coalesce(l.phone = r.phone, false)
        or coalesce({_SAME_HOME}, false) as related
from scored as s
full join said as d on d.one = s.one and d.two = s.two
join prepared as l on l.record = coalesce(s.one, d.one)
join prepared as r on r.record = coalesce(s.two, d.two)
"""

# The hardest first: a reason names why no machine may merge the two.
_VETOES = """
create table vetoed as
select
    *,
    case
        when said then null
        when not said then 'said to be two persons'
        when two_users then 'two user ids'
        when far and renamed then 'other first name and birth date'
        when renamed and not near and not same_id then 'other first name, no birth date or id in common'
        when not (personal or near or same_id or same_user) then 'nothing personal in common'
    end as veto
from flagged
"""

# A pair that differs in first name or birth date, where one of the two has a better partner who does not: the
# namesake or the twin beside the person.
_RIVALS = f"""
create table rivaled as
with sound as (
    select one, two, weight from vetoed
    where veto is null and not far and not renamed and (probability >= {MERGE_FROM} or same_user)
),
best as (
    select record, max(weight) as weight
    from (select one as record, weight from sound union all select two, weight from sound)
    group by record
)
select
    v.* exclude (veto),
    coalesce(v.veto, case
        when (v.far or v.renamed) and not v.same_user and v.said is null and greatest(o.weight, t.weight) > v.weight
        then 'another record fits better'
    end) as veto
from vetoed as v
left join best as o on o.record = v.one
left join best as t on t.record = v.two
"""

_OUTCOMES = f"""
create table judged as
select
    one, two, probability, weight, veto, coalesce(evidence, '{{}}') as evidence,
    veto is not null as apart,
    case
        when said then 'merge'
        when not said then if(related, 'household', null)
        when veto is null and (probability >= {MERGE_FROM} or same_user) then 'merge'
        when related and (renamed or far and probability < {MERGE_FROM}) then 'household'
        -- Two families at one address: to ask whether they are one person would be to ask of every house.
        when renamed and other_surname and not (near or same_id or same_user or same_email or related) then null
        when probability >= $least or same_user then 'review'
        when related then 'household'
    end as outcome
from rivaled
order by one, two
"""


def judge(connection: duckdb.DuckDBPyConnection, least: float) -> None:
    """Make the table `judged` of the tables `scored`, `prepared` and `said` (one, two, same).

    one, two, probability, weight, evidence as scored (null, null and {} for a pair that was only said to be one);
    veto (null: none), apart (vetoed: no cluster may hold both), outcome: merge, review (from the probability `least`),
    household, or null for a pair that is none of them.
    """
    for statement in (_FLAGS, _VETOES, _RIVALS):
        connection.execute(statement)
    connection.execute(_OUTCOMES, {"least": least})
    for table in ("scored", "flagged", "vetoed", "rivaled"):
        connection.execute(f"drop table {table}")
