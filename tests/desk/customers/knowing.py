"""A bank's clients, staff and notes for the tests of what is known."""

from datetime import UTC, date, datetime

from sterna.desk.config import clock
from sterna.desk.customers import shipped
from sterna.desk.customers.actions import Contacted, Said, identify, publish_taxonomy, say_facts
from sterna.desk.customers.models import Customer, Fact, SourceRecord
from sterna.desk.users.models import User

NOON = datetime(2017, 7, 1, 12, tzinfo=UTC)
TODAY = date(2017, 7, 1)
JET, GOLF, WEALTH = "wealth.aircraft.jet", "interests.sport.golf", "wealth.total"
PHONE = Contacted("adviser line", "phone", "inbound", "service", NOON)


def example(name: str) -> str:
    """A shipped file."""
    return shipped.text(name)


def bank() -> None:
    """Put the private bank's taxonomy in force, with its rules."""
    publish_taxonomy(example("private-banking.yaml"), "we are a bank", None)


def client(name: str = "1") -> Customer:
    """A client whom the bank's register knows."""
    identify("bank", "client", [name], clock.now())
    return record(name).customer


def record(name: str = "1") -> SourceRecord:
    """The client's record in the register."""
    return SourceRecord.objects.get(key=f"bank/client:{name}")


def said(fact_class: str, value: str = "yes", name: str = "1", day: date = TODAY, **more: object) -> Said:
    """Something that the register says of a client."""
    purposes = {"wealth": "sales", "interests": "recognition", "leisure": "recognition", "needs": "sales"}
    given = {"source": "bank", "purpose": purposes.get(fact_class.partition(".")[0], "service")} | more
    return Said(record(name).pk, fact_class, value, observed_on=day, recorded_at=clock.now(), **given)  # type: ignore[arg-type]


def say(fact_class: str, value: str = "yes", name: str = "1", day: date = TODAY, **more: object) -> Fact:
    """Say it and return the fact."""
    kept = say_facts([said(fact_class, value, name, day, **more)])
    assert not kept.refused, kept.refused
    return Fact.objects.get(pk=kept.facts[0])


def live(name: str = "1", inferred: bool | None = None) -> set[tuple[str, str]]:
    """(class, value) of what is held of a client."""
    found = Fact.objects.filter(source_record__customer=record(name).customer, retracted_at=None)
    if inferred is not None:
        found = found.exclude(rule="") if inferred else found.filter(rule="")
    return set(found.values_list("fact_class", "value"))


def person(role: str = "staff") -> User:
    """Somebody with a role."""
    return User.objects.create(username=role, first_name=role.capitalize(), role=role)
