"""Reads blind checks: whom they ask about, how far each has come, and, once closed, how far staff agree."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet, Value
from django.db.models.fields import TextField
from django.db.models.functions import MD5, Cast, Concat

from sterna.desk.segments.group_models import AgreementCheck, CheckAnswer, CheckCustomer, CheckJudge
from sterna.desk.segments.group_queries import open_stays
from sterna.desk.users.models import User
from sterna.engine.segments.agreement import Agreement, agree
from sterna.engine.segments.groups import GROUPS


@dataclass(frozen=True)
class Differed:
    """A customer on whom staff differ: how many see each group, and who sees which."""

    customer: UUID
    votes: Mapping[str, int]
    by: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """What a closed check tells: how far staff agree, and on whom they differ, the most divided first."""

    agreement: Agreement
    differed: Sequence[Differed]


def drawn(key: UUID, each: int) -> list[UUID]:
    """So many customers of each group, by chance; the same key draws the same."""
    salted = MD5(Concat(Value(str(key)), Cast(F("customer"), TextField())))
    return [
        one
        for group in GROUPS
        for one in open_stays().filter(place=group).order_by(salted).values_list("customer", flat=True)[:each]
    ]


def checks() -> "QuerySet[Any]":
    """Every check, the newest first, with `asked` customers and `staff`."""
    return AgreementCheck.objects.annotate(
        asked=Count("customers", distinct=True), staff=Count("judges", distinct=True)
    ).order_by("-opened_at", "-pk")


def unanswered(check: AgreementCheck, user: User) -> list[CheckCustomer]:
    """The customers of an open check whom one of its judges has not judged yet; nobody for who is not asked."""
    if check.closed_at is not None or not check.judges.filter(user=user).exists():
        return []
    return list(check.customers.exclude(answers__judge__user=user).order_by("pk"))


def progress(check: AgreementCheck) -> list[tuple[str, int]]:
    """How many answers each of the staff has given, and never which."""
    judges = CheckJudge.objects.filter(check_of=check).select_related("user").annotate(given=Count("answers"))
    return [(one.user.name, one.given) for one in judges.order_by("user__username")]


def found(check: AgreementCheck) -> Found | None:
    """What a check tells; None before it is closed, whoever asks."""
    if check.closed_at is None:
        return None
    said: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    rows = CheckAnswer.objects.filter(asked__check_of=check).select_related("asked", "judge__user")
    for row in rows.order_by("asked_id", "judge__user__username"):
        said[row.asked.customer_id].append((row.judge.user.name, row.group))
    votes = {one: Counter(group for _, group in given) for one, given in said.items()}
    differed = [Differed(one, votes[one], said[one]) for one in said if len(votes[one]) > 1]
    # The fewer see what most see, the more divided.
    differed.sort(key=lambda one: (max(one.votes.values()) / sum(one.votes.values()), str(one.customer)))
    return Found(agree([group for _, group in given] for given in said.values()), differed)
