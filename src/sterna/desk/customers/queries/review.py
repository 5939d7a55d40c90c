"""Reads the review queue: pairs that may be one person, with what speaks for it and against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from sterna.desk.customers.models import ReviewPair

PAGE = 25


@dataclass(frozen=True)
class Comparison:
    """One step of the evidence: what both sides say, how alike it is, and the weight in bits (a doubling each)."""

    name: str
    left: Any
    right: Any
    level: str
    weight: float


@dataclass(frozen=True)
class Reviewed:
    """A pair with the weight that every pair starts from and the comparisons, the weightiest first.

    The weights add up to the pair's: the steps of the waterfall.
    """

    pair: ReviewPair
    prior: float
    comparisons: tuple[Comparison, ...]


def review_queue(
    state: str = ReviewPair.State.OPEN, after: tuple[float, UUID] | None = None, size: int = PAGE
) -> list[ReviewPair]:
    """A page of the queue, the most probable first; `after` is (probability, id) of the page before's last pair."""
    found = ReviewPair.objects.filter(state=state).select_related("left", "right", "decided_by")
    if after is not None:
        probability, pk = after
        found = found.filter(Q(probability__lt=probability) | Q(probability=probability, id__gt=pk))
    return list(found.order_by("-probability", "id")[:size])


def review_counts() -> dict[str, int]:
    """How many pairs are in each state, every state named."""
    found = dict(ReviewPair.objects.order_by().values_list("state").annotate(many=Count("id")))
    return {state: found.get(state, 0) for state in ReviewPair.State.values}


def reviewed(pair: ReviewPair) -> Reviewed:
    """The evidence of a pair as the steps of a waterfall."""
    told: Mapping[str, Any] = pair.evidence
    steps = [
        Comparison(name, step.get("left"), step.get("right"), step.get("level", ""), step["weight"])
        for name, step in told.items()
        if name != "prior" and step.get("weight") is not None
    ]
    prior = told.get("prior", {}).get("weight") or 0.0
    return Reviewed(pair, prior, tuple(sorted(steps, key=lambda step: -abs(step.weight))))
