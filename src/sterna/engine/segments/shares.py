"""Asks for the share of spend in each category, to the last digit as the rule language counts it."""

from collections.abc import Sequence
from datetime import date

from sterna.engine.rules import SHELVES, Compiled
from sterna.engine.rules.person import day_before

_LARGEST = """
select s.category from {shelves} as s
where s.occurred_on >= $first and s.occurred_on < $cut and s.category <> 'unknown'
group by s.category having sum(s.amount) > 0 order by sum(s.amount) desc, s.category limit {most}
"""
_SHARES = """
with whole as (
    select customer_id, sum(amount) as amount from purchases
    where occurred_on >= $first and occurred_on < $cut group by customer_id
),
parted as (
    select s.customer_id, {sums} from {shelves} as s
    where s.occurred_on >= $first and s.occurred_on < $cut group by s.customer_id
)
select customers.customer_id, {shares}
from customers
left join whole on whole.customer_id = customers.customer_id
left join parted on parted.customer_id = customers.customer_id
"""


def compile_largest(cut: date, within_days: int, most: int, shelves: str = SHELVES) -> Compiled:
    """The `most` categories of the largest spend in the days before `cut`, as one SELECT of their names."""
    return Compiled(_LARGEST.format(shelves=shelves, most=int(most)), _window(cut, within_days))


def compile_shares(
    categories: Sequence[str], cut: date, within_days: int, shelves: str = SHELVES
) -> Compiled:
    """A row for every customer: the id, then the share of spend in each category, NULL where nothing was spent.

    Reads customers, purchases and what each purchase holds of each category, as `compile_rules` does.
    """
    named = {f"c{place}": category for place, category in enumerate(categories)}
    sums = ", ".join(f"sum(case when s.category = ${name} then s.amount end) as {name}" for name in named)
    shares = ", ".join(
        f"case when whole.amount > 0 then "
        f"cast(coalesce(parted.{name}, 0) as double) / cast(whole.amount as double) end as {name}"
        for name in named
    )
    sql = _SHARES.format(sums=sums, shares=shares, shelves=shelves)
    return Compiled(sql, {**_window(cut, within_days), **named})


def _window(cut: date, within_days: int) -> dict[str, date]:
    return {"first": day_before(cut, within_days), "cut": cut}
