"""Groups A, B and C for the pages: one of each, one in no group who waits for approval, and an open blind check."""

from collections.abc import Mapping
from dataclasses import dataclass

from sterna.desk.customers.models import Customer
from sterna.desk.segments.actions import answer_check, propose, start_check
from sterna.desk.segments.group_models import AgreementCheck, GroupChange
from tests.desk.segments import grouped
from tests.desk.segments.grouped import asked, into, user

# Whom `log_in` makes of each role: they are the ones who are asked, and who propose.
STAFF = ("staff", "manager", "administrator")


@dataclass(frozen=True)
class Clients:
    """Who is in which group, who waits for C as somebody else proposed, and a check that is open."""

    ideal: Customer
    coming: Customer
    exception: Customer
    waits: Customer
    change: GroupChange
    check: AgreementCheck


def build(customers: Mapping[str, Customer]) -> Clients:
    """The groups of some customers of the shop."""
    grouped.terms(grouped.TERMS.replace("least: 9000", "least: 50"))
    ideal, coming, exception, waits = (customers[number] for number in ("010", "011", "012", "013"))
    into(ideal, "A"), into(coming, "B"), into(exception, "C")
    change = propose(waits, asked("C"), user("ann"))
    judges = [user(name, name) for name in STAFF]
    check = start_check("spring", 0, [ideal.pk, coming.pk, waits.pk], judges, user("max", "manager"))
    answer_check(check.customers.get(customer=ideal), "A", user("administrator"))
    return Clients(ideal, coming, exception, waits, change, check)
