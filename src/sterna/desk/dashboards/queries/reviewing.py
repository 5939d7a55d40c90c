"""The review queue as pages walk it: what stands before and behind a pair, and who the two are."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from sterna.desk.customers import queries
from sterna.desk.customers.models import Fact, HouseholdMember, ReviewPair, SourceRecord
from sterna.desk.dashboards.queries import people

SHOWN = 12


def before(pair: ReviewPair) -> ReviewPair | None:
    """The open pair right before `pair` in the queue, None at its top."""
    found = ReviewPair.objects.filter(state=ReviewPair.State.OPEN).filter(
        Q(probability__gt=pair.probability) | Q(probability=pair.probability, id__lt=pair.pk)
    )
    return found.order_by("probability", "-id").first()


def behind(pair: ReviewPair) -> ReviewPair | None:
    """The open pair right behind `pair` in the queue, None at its end."""
    return next(iter(queries.review_queue(after=(pair.probability, pair.pk), size=1)), None)


def titled(pairs: Iterable[ReviewPair]) -> dict[UUID, str]:
    """What the customers of both sides of each pair are called."""
    return people.titles({side.customer_id for pair in pairs for side in (pair.left, pair.right)})


def told(record: SourceRecord) -> dict[str, str]:
    """What a person who decides looks at first of one side: identifiers, sources, since when, household, facts."""
    records = list(SourceRecord.objects.filter(customer=record.customer_id).order_by("sequence"))
    facts = dict(
        Fact.objects.filter(source_record__customer=record.customer_id, retracted_at=None)
        .order_by("observed_on", "recorded_at", "id")
        .values_list("fact_class", "value")
    )
    home = HouseholdMember.objects.filter(customer=record.customer_id, until=None).first()
    names = [people.called(each) for each in records]
    more = len(names) - SHOWN
    return {
        "Identifiers": ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else ""),
        "Sources": ", ".join(sorted({each.source for each in records})),
        "Known since": f"{min(each.created_at for each in records):%Y-%m-%d}" if records else "",
        "Household": _with_whom(home, record.customer_id),
        "Known of them": f"{len(facts)} facts" if len(facts) != 1 else "1 fact",
    }


def _with_whom(home: HouseholdMember | None, customer: UUID) -> str:
    if home is None:
        return "none known"
    others = HouseholdMember.objects.filter(household=home.household_id, until=None).exclude(
        customer=customer
    )
    named = people.titles(others.values_list("customer", flat=True)).values()
    return f"with {', '.join(sorted(named))}" if named else "alone in it"
