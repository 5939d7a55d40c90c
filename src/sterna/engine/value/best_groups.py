"""Several lists of best customers at once: one scale, one treatment for each customer, and what a change would do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sterna.engine.errors import BadInput
from sterna.engine.value.best import Arbitration, Best, Score


@dataclass(frozen=True)
class Standing:
    """A customer who is best in one group or more: all groups with their scores, the one that treats, and why it does.

    `score` is the highest of the groups', `rank` the place of that among all, where equal scores share a rank.
    """

    customer: str
    groups: Mapping[str, Score]
    score: Score
    rank: int
    group: str
    treatment: str
    reason: str


def side_by_side(groups: Sequence[Best], arbitration: Arbitration) -> list[Standing]:
    """Everybody in any of `groups` on their one scale, each with one treatment, by rank and then by name.

    Raises BadInput for groups of different scales or days, two of one name, or one that the arbitration does not name.
    """
    _refuse_apart(groups, arbitration)
    treatments = {group.name: group.treatment for group in groups}
    scores: dict[str, dict[str, Score]] = {}
    for group in groups:
        for member in group.members:
            scores.setdefault(member.customer, {})[group.name] = member.score
    ordered = sorted(scores, key=lambda name: (-max(scores[name].values()), name))
    first: dict[Score, int] = {}
    found = []
    for place, name in enumerate(ordered, start=1):
        highest = max(scores[name].values())
        chosen, reason = _arbitrate(scores[name], arbitration)
        rank = first.setdefault(highest, place)
        found.append(Standing(name, scores[name], highest, rank, chosen, treatments[chosen], reason))
    return found


def _refuse_apart(groups: Sequence[Best], arbitration: Arbitration) -> None:
    names = [group.name for group in groups]
    if len({group.scale for group in groups}) > 1:
        scales = ", ".join(f"{group.name} by {group.scale}" for group in groups)
        raise BadInput(f"groups on different scales cannot be compared: {scales}")
    if len({group.as_of for group in groups}) > 1:
        raise BadInput("groups as of different days cannot be compared")
    if len(set(names)) < len(names):
        raise BadInput(f"two groups have one name: {', '.join(sorted(names))}")
    unnamed = [name for name in names if name not in arbitration.order]
    if unnamed:
        raise BadInput(f"the arbitration says nothing of {unnamed[0]}: name it in its order")


def _arbitrate(scores: Mapping[str, Score], arbitration: Arbitration) -> tuple[str, str]:
    in_order = [name for name in arbitration.order if name in scores]
    if len(in_order) == 1:
        return in_order[0], "is in this group alone"
    if arbitration.arbitration == "order":
        return in_order[0], f"{' before '.join(in_order)}, as declared"
    best = max(
        in_order, key=lambda name: scores[name]
    )  # the first of equal ones, so that the order settles ties
    return best, f"the highest score of {', '.join(in_order)}"


@dataclass(frozen=True)
class Reach:
    """What a plan does for the best customers: how many there are, whom it reaches, and what they should gain by it.

    `expected` sums the expected gains of those reached, None where none of them is known; `unknown` counts those whose
    gain is not. `flag` is set when the plan reaches no best customer.
    """

    best: int
    reached: tuple[str, ...]
    expected: Decimal | None
    unknown: int
    flag: str | None


def reach(best: Best, gains: Mapping[str, Decimal | None] | Collection[str]) -> Reach:
    """What a plan does for `best`: `gains` are the customers it reaches, with the expected gain where there is one."""
    expected = gains if isinstance(gains, Mapping) else dict.fromkeys(gains)
    reached = tuple(sorted(best.customers & set(expected)))
    known = [gain for name in reached if (gain := expected[name]) is not None]
    said = f"reaches none of the {len(best.members)} best customers by {best.name}, version {best.version}"
    return Reach(
        len(best.members),
        reached,
        sum(known, Decimal(0)) if known else None,
        len(reached) - len(known),
        None if reached else said,
    )
