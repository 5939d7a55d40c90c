"""What would follow from a merge or a split, told before it is done."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sterna.desk.contacts.models import Contact
from sterna.desk.customers import queries
from sterna.desk.customers.models import Address, Consent, Customer, Fact, HouseholdMember, SourceRecord


@dataclass(frozen=True)
class Allowed:
    """What contact by one medium for one purpose would be: of the one, of the other, of both together."""

    medium: str
    purpose: str
    one: bool | None
    other: bool | None

    @property
    def together(self) -> bool:
        """A no of either side stands until the customer says yes again."""
        return False not in (self.one, self.other)


@dataclass(frozen=True)
class Side:
    """What hangs on some source records: how many of each."""

    records: Sequence[SourceRecord]
    facts: int
    words: int
    addresses: int


@dataclass(frozen=True)
class Together:
    """Two customers as one: who stays, who leads there, what is allowed, where they live, what waits for them."""

    kept: Customer
    gone: Customer
    allowed: Sequence[Allowed]
    home: HouseholdMember | None
    lost_home: bool
    waiting: int


def merged(one: Customer, other: Customer) -> Together | None:
    """What one customer of the two would be; None when one of them has no record."""
    first = {customer.pk: _oldest(customer) for customer in (one, other)}
    if None in first.values():
        return None
    kept, gone = sorted((one, other), key=lambda customer: first[customer.pk] or 0)
    homes = {
        stay.customer_id: stay
        for stay in HouseholdMember.objects.filter(customer__in=[one.pk, other.pk], until=None)
    }
    home = homes.get(kept.pk) or homes.get(gone.pk)
    lost = len({stay.household_id for stay in homes.values()}) > 1
    waiting = Contact.objects.filter(customer__in=[one.pk, other.pk], state=Contact.State.PLANNED).count()
    return Together(kept, gone, _allowed(one, other), home, lost, waiting)


def _oldest(customer: Customer) -> int | None:
    return customer.source_records.order_by("sequence").values_list("sequence", flat=True).first()


def _allowed(one: Customer, other: Customer) -> list[Allowed]:
    here, there = (
        {(each.medium, each.purpose): each.granted for each in queries.standings(customer)}
        for customer in (one, other)
    )
    return [Allowed(*key, here.get(key), there.get(key)) for key in sorted({*here, *there})]


def sides(customer: Customer, chosen: Collection[UUID]) -> tuple[Side, Side]:
    """The records that were chosen and the rest, with what hangs on each."""
    records = list(SourceRecord.objects.filter(customer=customer).order_by("sequence"))
    return (
        _side([record for record in records if record.pk in chosen]),
        _side([record for record in records if record.pk not in chosen]),
    )


def _side(records: Sequence[SourceRecord]) -> Side:
    ids = [record.pk for record in records]
    return Side(
        records,
        Fact.objects.filter(source_record__in=ids, retracted_at=None).count(),
        Consent.objects.filter(source_record__in=ids).count(),
        Address.objects.filter(source_record__in=ids).count(),
    )


def chosen_ids(texts: Iterable[str]) -> set[UUID]:
    """The ids among what an address holds; what is none is left out."""
    found = set()
    for text in texts:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found
