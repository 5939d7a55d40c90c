"""Links profiles: sure pairs become one customer, doubtful ones wait for a steward, relatives live together."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions.households import unite
from sterna.desk.customers.actions.projecting import By, lock_identification, project
from sterna.desk.customers.graph import CANNOT_LINK, MATCHED, MUST_LINK
from sterna.desk.customers.models import (
    HouseholdMember,
    IdentityEdge,
    LinkModel,
    ReviewPair,
    SourceRecord,
)
from sterna.desk.customers.profiling import REGISTER, profiles
from sterna.desk.customers.queries.graphs import graph_of_customers
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.identity import linking

MERGE, REVIEW, HOUSEHOLD = "merge", "review", "household"
_KEPT_APART = "the identifiers of the two do not fit one customer"
# What a pair that is found again takes over.
_FOUND = "probability weight evidence veto model found_at state decided_at reason".split()  # noqa: SIM905
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Matched:
    """What linking did: profiles compared, customers merged, pairs put up for review, households formed or joined."""

    profiles: int
    merged: int
    to_review: int
    households: int
    model: str
    notes: tuple[str, ...]


def match_profiles(train: bool = False, actor: User | None = None) -> Matched:
    """Compare all customers with one another and do what follows from it, in one transaction at the end.

    The newest stored model scores, unless there is none or `train` asks for a new one. Raises Refused without the
    right.
    """
    demand(actor, Right.STEWARD)
    rows = profiles()
    if rows.num_rows < 2:
        return Matched(rows.num_rows, 0, 0, 0, "", ())
    stored = None if train else LinkModel.objects.order_by("-version").first()
    found = linking.link(
        rows,
        cannot=_apart(),
        model=linking.read_model(stored.body) if stored else None,
    )
    return _apply(rows.num_rows, found, actor)


def _apart() -> list[tuple[str, str]]:
    """Pairs of profiles of which somebody said that they are two persons, by the oldest records of the customers."""
    live = IdentityEdge.objects.filter(kind=CANNOT_LINK, undone_at=None)
    sides = list(live.values_list("left__customer", "right__customer"))
    first = _first_records({customer for pair in sides for customer in pair})
    return sorted({(first[left], first[right]) for left, right in sides if left != right})


def _first_records(customers: Iterable[UUID]) -> dict[UUID, str]:
    rows = SourceRecord.objects.filter(customer__in=set(customers)).order_by("customer", "sequence")
    found: dict[UUID, str] = {}
    for customer, pk in rows.values_list("customer", "pk"):
        found.setdefault(customer, str(pk))
    return found


@transaction.atomic
def _apply(compared: int, found: linking.Linked, actor: User | None) -> Matched:
    lock_identification()
    model = _keep_model(found.model)
    pairs = found.pairs.to_pylist()
    sure = [row for row in pairs if row["outcome"] == MERGE]
    doubtful = [row for row in pairs if row["outcome"] == REVIEW]
    automatic = options.flag("STERNA_AUTOMATIC_MERGES")
    merged, refused = _merge(sure, model) if automatic else (0, sure)
    waiting = _put_up([*doubtful, *refused], model)
    homes = sum(_live_together(row) for row in pairs if row["outcome"] == HOUSEHOLD)
    done = Matched(compared, merged, waiting, homes, model.sha256, found.notes)
    record(
        "match profiles",
        "customers",
        model.sha256,
        actor,
        detail={
            "profiles": compared,
            "merged": merged,
            "to review": waiting,
            "households": homes,
            "automatic merges": automatic,
        },
    )
    return done


def _keep_model(model: linking.Model) -> LinkModel:
    known = LinkModel.objects.filter(sha256=model.sha256).first()
    if known is not None:
        return known
    newest = LinkModel.objects.aggregate(newest=Max("version"))["newest"] or 0
    return LinkModel.objects.create(
        id=new_id(), version=newest + 1, sha256=model.sha256, body=model.text(), trained_at=clock.now()
    )


def _merge(sure: list[Row], model: LinkModel) -> tuple[int, list[Row]]:
    """Join sure pairs, the surest first, as far as limits and what people said let; returns how many, and the rest."""
    owners = dict(
        SourceRecord.objects.filter(
            pk__in={row[side] for row in sure for side in ("left_record", "right_record")}
        ).values_list("pk", "customer_id")
    )
    graph = graph_of_customers(set(owners.values()))
    left_over: list[Row] = []
    for row in sorted(
        sure, key=lambda each: (-(each["weight"] or 0.0), each["left_record"], each["right_record"])
    ):
        one, two = (graph.nodes.get(row[side]) for side in ("left_record", "right_record"))
        # Since the profiles were read, somebody may have merged or erased one of them.
        if one is None or two is None or one.cluster is two.cluster:
            continue
        # Two cards of one till may well be one person: that is what linking is for. Two ids of the register are two.
        if graph.barrier(one, two, kinds=(REGISTER,)) is not None:
            left_over.append({**row, "veto": row["veto"] or _KEPT_APART})
            continue
        told = {"model": model.sha256, "weight": row["weight"], "comparisons": json.loads(row["evidence"])}
        graph.link(one, two, MATCHED, probability=row["probability"], evidence=told)
    changed = project(graph, clock.now())
    return len(changed.merged), left_over


def _put_up(doubtful: list[Row], model: LinkModel) -> int:
    """Put pairs before a steward; one that was answered is left alone, one that is found no more is settled."""
    ReviewPair.objects.filter(state=ReviewPair.State.OPEN, left__customer=F("right__customer")).update(
        state=ReviewPair.State.SETTLED, decided_at=clock.now(), reason="they are one customer by now"
    )
    ids = {row[side] for row in doubtful for side in ("left_record", "right_record")}
    owners = dict(SourceRecord.objects.filter(pk__in=ids).values_list("pk", "customer_id"))
    rows = [_as_pair(row, model) for row in doubtful if _apart_still(row, owners)]
    kept = {(pair.left_id, pair.right_id) for pair in rows}
    for pair in ReviewPair.objects.filter(state=ReviewPair.State.OPEN).only("left_id", "right_id"):
        if (pair.left_id, pair.right_id) not in kept:
            ReviewPair.objects.filter(pk=pair.pk).update(
                state=ReviewPair.State.SETTLED,
                decided_at=clock.now(),
                reason="what is known by now no longer speaks for it",
            )
    answered = set(
        ReviewPair.objects.exclude(state__in=[ReviewPair.State.OPEN, ReviewPair.State.SETTLED]).values_list(
            "left_id", "right_id"
        )
    )
    new = [pair for pair in rows if (pair.left_id, pair.right_id) not in answered]
    ReviewPair.objects.bulk_create(
        new,
        update_conflicts=True,
        unique_fields=["left", "right"],
        update_fields=_FOUND,
    )
    return len(new)


def _apart_still(row: Row, owners: Mapping[UUID, UUID]) -> bool:
    left, right = (owners.get(UUID(row[side])) for side in ("left_record", "right_record"))
    return left is not None and right is not None and left != right


def _as_pair(row: Row, model: LinkModel) -> ReviewPair:
    left, right = UUID(row["left_record"]), UUID(row["right_record"])
    return ReviewPair(
        id=new_id(),
        left_id=left,
        right_id=right,
        probability=row["probability"] or 0.0,
        weight=row["weight"],
        evidence=json.loads(row["evidence"]),
        veto=(row["veto"] or "")[:200],
        model=model,
        found_at=clock.now(),
        state=ReviewPair.State.OPEN,
        decided_at=None,
        reason="",
    )


def _live_together(row: Row) -> int:
    """Put a pair of relatives into one household, unless each has another one; returns 1 when something changed."""
    records = [UUID(row[side]) for side in ("left_record", "right_record")]
    customers = set(SourceRecord.objects.filter(pk__in=records).values_list("customer_id", flat=True))
    homes = list(
        HouseholdMember.objects.filter(customer__in=customers, until=None).values_list(
            "household_id", flat=True
        )
    )
    if len(customers) < 2 or len(homes) == 2:
        return 0
    unite(sorted(customers), HouseholdMember.How.MATCHED, "related by what is known of both")
    return 1


@transaction.atomic
def answer_pair(pair: ReviewPair, answer: str, reason: str, actor: User | None) -> ReviewPair:
    """A steward's answer: `same`, `different` or `household`. It holds for ever, as an edge of the identity graph.

    The same answer again changes nothing. Raises Refused without the right or a reason, for another answer than was
    given, and where the two were joined or kept apart meanwhile.
    """
    demand(actor, Right.STEWARD)
    if answer not in (ReviewPair.State.SAME, ReviewPair.State.DIFFERENT, ReviewPair.State.HOUSEHOLD):
        raise Refused(f"an answer is same, different or household, not {answer!r}")
    if not reason.strip():
        raise Refused("write why: whoever looks at these two next year will want to know")
    lock_identification()
    held = ReviewPair.objects.select_for_update(of=("self",)).select_related("left", "right").get(pk=pair.pk)
    if held.state == answer:
        return held
    if held.state not in (ReviewPair.State.OPEN, ReviewPair.State.SETTLED):
        raise Refused(f"somebody answered already: {held.get_state_display().lower()}")
    _say(held, answer, reason, actor)
    held.state, held.decided_by, held.decided_at, held.reason = answer, actor, clock.now(), reason
    held.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    record("answer pair", "review pair", str(held.pk), actor, reason, {"answer": answer})
    return held


def _say(pair: ReviewPair, answer: str, reason: str, actor: User | None) -> None:
    graph = graph_of_customers({pair.left.customer_id, pair.right.customer_id})
    one, two = graph.nodes[str(pair.left_id)], graph.nodes[str(pair.right_id)]
    together = one.cluster is two.cluster
    if answer == ReviewPair.State.SAME:
        if graph.barred(one.cluster, two.cluster):
            raise Refused(
                "somebody decided that they are two persons: merge them on the customer's page instead"
            )
        graph.link(one, two, MUST_LINK, evidence={"reason": reason, "review": str(pair.pk)})
    elif together:
        raise Refused("they are one customer by now: split them on the customer's page instead")
    else:
        graph.link(one, two, CANNOT_LINK, evidence={"reason": reason, "review": str(pair.pk)})
    project(graph, clock.now(), By(actor.pk if actor else None))
    if answer == ReviewPair.State.HOUSEHOLD:
        unite([pair.left.customer_id, pair.right.customer_id], HouseholdMember.How.STEWARD, reason, actor)
