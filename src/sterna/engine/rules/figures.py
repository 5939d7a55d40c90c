"""Counts what customers did in the days before and after a day of their own, as one SELECT of exact sums."""

from sterna.engine.errors import BadInput
from sterna.engine.rules.person import is_bought
from sterna.engine.rules.sql import SHELVES, Compiled
from sterna.engine.rules.tree import Behavior

# Of these everybody has a figure, be it zero, so that a mean is one over everybody.
AVERAGED = ("times", "days", "categories", "touchpoints", "amount")
_WINDOWS = {"x": ("w.before_on", "w.on_day"), "y": ("w.on_day", "w.after_on")}


def compile_sums(counted: Behavior, shelves: str = SHELVES) -> Compiled:
    """The sums of a figure of behavior over `watched`, a row for each of its arms, as columns of `SUMS`.

    It reads `watched` (customer_id, arm, before_on, on_day, after_on), one row per customer and arm, and `purchases`,
    `happenings` or the shelves as rules do. x is the figure in the days from `before_on` to the one before `on_day`, y
    that from `on_day` to the one before `after_on`; the bounds and days of `counted` are left out of account. Raises
    BadInput for a figure that not everybody has, as the days since a last time.
    """
    if counted.of not in AVERAGED:
        raise BadInput(
            f"{counted.of} of {counted.kind} is nothing that everybody has: no mean is taken of it"
        )
    if counted.household:
        raise BadInput("what a household does is no figure of each of its members")
    parameters: dict[str, object] = {}
    bought = is_bought(counted)
    shelved = counted.category is not None or counted.of == "categories"
    source = "happenings" if not bought else shelves if shelved else "purchases"
    joined = ["s.customer_id = w.customer_id", "s.occurred_on >= w.before_on", "s.occurred_on < w.after_on"]
    asked = {"category": counted.category, "touchpoint": counted.touchpoint} | (
        {} if bought else {"kind": counted.kind}
    )
    for column, text in asked.items():
        if text is not None:
            parameters[column] = text
            joined.append(f"s.{column} = ${column}")
    figures = ", ".join(f"{_figure(counted, *window)} as {name}" for name, window in _WINDOWS.items())
    told = (
        f"select w.customer_id, w.arm, {figures} from watched as w "
        f"left join {source} as s on {' and '.join(joined)} group by w.customer_id, w.arm"
    )
    sums = ", ".join(f"sum({product}) as sum_{name}" for name, product in _SUMMED.items())
    return Compiled(
        f"select arm, count(*) as customers, {sums} from ({told}) as told group by arm", parameters
    )


_SUMMED = {"x": "x", "xx": "x * x", "y": "y", "yy": "y * y", "xy": "x * y"}
SUMS = ("arm", "customers", *(f"sum_{name}" for name in _SUMMED))


def _figure(counted: Behavior, opens: str, ends: str) -> str:
    """The figure over the rows of a customer inside a window, as a double: sums of counts and of money stay exact."""
    inside = [f"s.occurred_on >= {opens}", f"s.occurred_on < {ends}"]
    if counted.of == "amount":
        return f"cast(coalesce(sum(case when {' and '.join(inside)} then s.amount end), 0) as double)"
    if is_bought(counted):
        inside.append("s.amount > 0")
    if counted.of == "categories":
        inside.append("s.category <> 'unknown'")
    of = {"days": "s.occurred_on", "categories": "s.category", "touchpoints": "s.touchpoint"}.get(counted.of)
    what = f"distinct case when {' and '.join(inside)} then {of} end"
    if of is None:
        what = f"case when {' and '.join(inside)} then 1 end"
    return f"cast(count({what}) as double)"
