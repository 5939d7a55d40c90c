"""Groups A, B and C by thresholds and the judgement of staff: who may be in which, and when a change is proposed.

A group is a decision of people and never a score: A takes the thresholds and three judgements that somebody wrote down
(the customer needs, wants and values what we do), B a reason to expect A with a date and a next step, C a reason why we
keep somebody who is not expected to become A. Nothing changes by itself. The one thing that is ever proposed is B to A.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple, get_args

import msgspec

from sterna.engine.errors import BadInput

Group = Literal["A", "B", "C"]
Kind = Literal["need", "want", "value"]
GROUPS: tuple[Group, ...] = get_args(Group)
KINDS: tuple[Kind, ...] = get_args(Kind)
TITLES: Mapping[Group, str] = {"A": "ideal", "B": "pre-ideal", "C": "exception"}
ASKED: Mapping[Kind, str] = {
    "need": "needs what we do",
    "want": "wants what we do",
    "value": "values what we do",
}


class Threshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What group A asks of one measure: at least so much, in the unit of the measure; `title` is how people call it."""

    measure: str
    least: Decimal
    title: str = ""

    @property
    def called(self) -> str:
        """Its title, or where it has none the name of the measure."""
        return self.title or self.measure


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version of what the groups ask for: every threshold for A; none where staff judge without any figure.

    `reasons` are the codes of C with their words. A declined proposal is not made again for `rest_days`. Each customer
    is reviewed after `review_months`.
    """

    groups: str
    version: int
    thresholds: tuple[Threshold, ...] = ()
    reasons: dict[str, str]
    rest_days: int = 365
    review_months: int = 12


class Judgement(NamedTuple):
    """What somebody of the staff found of a customer: whether it holds, who, when and why."""

    kind: Kind
    holds: bool
    by: str
    on: date
    why: str


class Standing(NamedTuple):
    """What is known of one customer: figures by measure (None where unknown) and judgements."""

    figures: Mapping[str, Decimal | None]
    judgements: Sequence[Judgement] = ()


class Past(NamedTuple):
    """A proposal from B to A that was made: when, and whether it is still open."""

    on: date
    is_open: bool


def check_terms(terms: Terms) -> None:
    """Raise BadInput naming what keeps `terms` from being used."""
    measures = [threshold.measure for threshold in terms.thresholds]
    problems = {
        "it names no reason for group C": not terms.reasons,
        "a reason for group C has no code or no words": not all(
            code.strip() and words.strip() for code, words in terms.reasons.items()
        ),
        "two thresholds are of one measure": len(set(measures)) < len(measures),
        "a threshold is no finite amount": not all(each.least.is_finite() for each in terms.thresholds),
        "a proposal rests for no day at all": terms.rest_days < 1,
        "a review comes after no month at all": terms.review_months < 1,
    }
    for said, is_so in problems.items():
        if is_so:
            raise BadInput(f"groups {terms.groups}: {said}")


def missing_for_a(terms: Terms, standing: Standing) -> list[str]:
    """Why a customer may not be in A, one sentence each; empty when they may."""
    return [*_below(terms, standing.figures), *_unjudged(standing.judgements)]


def reaches_a(terms: Terms, figures: Mapping[str, Decimal | None]) -> bool:
    """Whether every threshold for A is reached, whatever staff judged."""
    return not any(_below(terms, figures))


def _below(terms: Terms, figures: Mapping[str, Decimal | None]) -> Iterable[str]:
    for threshold in terms.thresholds:
        figure = figures.get(threshold.measure)
        if figure is None:
            yield f"{threshold.called} is unknown, and A asks for {threshold.least:,f}"
        elif figure < threshold.least:
            yield f"{threshold.called} is {figure:,f}, and A asks for {threshold.least:,f}"


def _unjudged(judgements: Sequence[Judgement]) -> Iterable[str]:
    newest = in_force(judgements)
    for kind in KINDS:
        found = newest.get(kind)
        if found is None:
            yield f"nobody has judged whether the customer {ASKED[kind]}"
        elif not found.holds:
            yield f"{found.by} found on {found.on} that it does not hold that the customer {ASKED[kind]}: {found.why}"


def in_force(judgements: Iterable[Judgement]) -> dict[Kind, Judgement]:
    """The newest judgement of each kind; of one day the one that was given last."""
    newest: dict[Kind, Judgement] = {}
    for each in sorted(judgements, key=lambda judgement: judgement.on):
        newest[each.kind] = each
    return newest


def check_entry(
    terms: Terms,
    group: Group,
    standing: Standing,
    on: date,
    reason: str,
    expected_on: date | None = None,
    next_step: str = "",
) -> None:
    """Raise BadInput that says all that keeps a customer from entering `group` on a day.

    A asks for what missing_for_a lists, B for words of a reason, a day to come and a next step, C for a code of `terms`
    and words after a colon, such as "family: the daughter of a client in A".
    """
    problems = []
    if group == "A":
        problems = missing_for_a(terms, standing)
    elif group == "B":
        problems += [] if reason.strip() else ["it gives no reason to expect group A"]
        if expected_on is None:
            problems.append("it names no day by which group A is expected")
        elif expected_on <= on:
            problems.append(f"group A is expected by {expected_on}, which is not to come")
        problems += [] if next_step.strip() else ["it names no next step"]
    else:
        code, _, words = reason.partition(":")
        if code.strip() not in terms.reasons:
            problems.append(
                f"{code.strip() or 'nothing'!r} is no reason for group C: {', '.join(terms.reasons)}"
            )
        elif not words.strip():
            problems.append(f"the reason {code.strip()} stands without words of its own")
    if problems:
        raise BadInput(f"group {group} ({TITLES[group]}): {'; '.join(problems)}")


def proposes(terms: Terms, group: Group, standing: Standing, past: Collection[Past], on: date) -> bool:
    """Whether to propose on a day that a customer of `group` goes to A.

    Only out of B, only with nothing missing, not while a proposal is open, and not within the rest after one.
    """
    if group != "B" or missing_for_a(terms, standing):
        return False
    return not any(each.is_open or (on - each.on).days < terms.rest_days for each in past)


def is_overdue(group: Group, expected_on: date | None, on: date) -> bool:
    """Whether a customer of B should have become A before a day."""
    return group == "B" and expected_on is not None and expected_on < on


def stability(stays: Iterable[tuple[date, date | None]], opening: date, closing: date) -> float | None:
    """Of the customers who were in some group at the opening the share whose group did not change until the closing.

    `stays` are the first day in a group and the day of leaving it (None: still there). None where there was nobody.
    """
    there = [left for entered, left in stays if entered <= opening and (left is None or left > opening)]
    return sum(left is None or left > closing for left in there) / len(there) if there else None
