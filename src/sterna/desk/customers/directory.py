"""Who is who among the identifiers of a batch of events: the rule of identification, on values in memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sterna.desk.sources.lake_rows import ANONYMOUS

Identifier = tuple[str, str, str]  # source, kind, value


@dataclass(frozen=True)
class RefusedMerge:
    """Two identifiers came together that belong to two customers; they are left apart."""

    user: Identifier
    device: Identifier
    user_customer: UUID
    device_customer: UUID


@dataclass
class Directory:
    """What is known of the identifiers of a batch, and what the batch adds.

    `records`: customer by identifier. `by_value`: customer by (kind, value), whatever the source. `named`: customers
    that have an identifier other than a device's.
    """

    new_customer: Callable[[], UUID]
    records: dict[Identifier, UUID] = field(default_factory=dict)
    by_value: dict[tuple[str, str], UUID] = field(default_factory=dict)
    named: set[UUID] = field(default_factory=set)
    new_customers: list[UUID] = field(default_factory=list)
    new_records: list[Identifier] = field(default_factory=list)
    refused: list[RefusedMerge] = field(default_factory=list)

    def know(self, known: Iterable[tuple[Identifier, UUID]]) -> None:
        """Take in records that exist, the oldest first."""
        for identifier, customer in known:
            self.records[identifier] = customer
            self.by_value.setdefault(identifier[1:], customer)
            if identifier[1] != ANONYMOUS:
                self.named.add(customer)

    def resolve(self, user: Identifier | None, device: Identifier | None) -> Identifier:
        """The identifier that an event is filed under, with a record for each that it names.

        A device that comes with a user joins the user's customer if it is new, and a new user joins the device's
        customer if nobody else is known there. Two customers are never made one here.
        """
        if user is None:
            assert device is not None
            self._keep(device, self._whose(device) or self._add())
            return device
        mine = self._whose(user)
        theirs = self._whose(device) if device else None
        if mine is None and theirs is not None and theirs not in self.named:
            mine = theirs
        mine = mine or self._add()
        self._keep(user, mine)
        if device and (theirs is None or theirs == mine):
            self._keep(device, mine)
        elif device and theirs is not None:
            self.refused.append(RefusedMerge(user, device, mine, theirs))
        return user

    def _whose(self, identifier: Identifier) -> UUID | None:
        return self.records.get(identifier) or self.by_value.get(identifier[1:])

    def _add(self) -> UUID:
        customer = self.new_customer()
        self.new_customers.append(customer)
        return customer

    def _keep(self, identifier: Identifier, customer: UUID) -> None:
        if identifier not in self.records:
            self.new_records.append(identifier)
            self.know([(identifier, customer)])
