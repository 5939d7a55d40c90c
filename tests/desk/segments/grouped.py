"""Groups for the tests: terms, staff, and customers brought into a group by the doors that people use."""

from datetime import date, timedelta
from decimal import Decimal

from sterna.desk.config import clock
from sterna.desk.customers.models import Customer
from sterna.desk.segments.actions import Asked, approve, judge, propose, publish_terms
from sterna.desk.segments.group_models import GroupChange
from sterna.desk.segments.models import Definition
from sterna.desk.users.models import User
from sterna.desk.values.models import Worth
from sterna.engine.segments.groups import KINDS
from tests.desk.segments import best
from tests.desk.segments.staging import people

TERMS = """groups: clients
version: {version}
thresholds:
  - {{measure: revenue, least: 9000, title: revenue}}
reasons:
  family: family of a client in A
  introducer: brings others to us
rest_days: 365
review_months: 12
"""
# Nothing that anybody counts: staff judge.
PLAIN = "groups: clients\nversion: {version}\nreasons:\n  family: family of a client in A\n"


def terms(text: str = TERMS, version: int = 1) -> Definition:
    """The terms in force."""
    return publish_terms(text.format(version=version), None, "for the test")


def user(name: str, role: str = "staff") -> User:
    """Somebody of the staff."""
    return User.objects.get_or_create(username=name, defaults={"role": role})[0]


def customers(number: int) -> list[Customer]:
    """So many new customers."""
    return list(Customer.objects.filter(pk__in=people(number)).order_by("pk"))


def worth(*revenues: str | None, until: date = best.UNTIL) -> list[Customer]:
    """New customers with a published run that measured this revenue of each; None where it is unknown."""
    _, called = best.planted({f"c{index}": {"revenue": each} for index, each in enumerate(revenues)}, until)
    return [Customer.objects.get(pk=pk) for pk in called.values()]


def earn(customer: Customer, revenue: str) -> None:
    """Every run now says that the customer brings so much."""
    Worth.objects.filter(customer=customer).update(revenue=Decimal(revenue))


def asked(group: str, **given: object) -> Asked:
    """What a group asks for, all of it there."""
    said = {
        "A": {"reason": "an ideal client"},
        "B": {
            "reason": "inherits next year",
            "expected_on": clock.today() + timedelta(180),
            "next_step": "meet the notary",
        },
        "C": {"reason": "family: the daughter of a client in A"},
        "none": {"reason": "closed the account"},
    }
    return Asked(group, **{**said[group], **given})  # type: ignore[arg-type]


def judged(customer: Customer, **holds: bool) -> None:
    """All three judgements by Ann, which hold unless it is said."""
    for kind in KINDS:
        judge(customer, kind, holds.get(kind, True), "as we spoke", user("ann"))


def into(customer: Customer, group: str, **given: object) -> GroupChange:
    """The customer is proposed by Ann, or by Sterna where it was faster, and approved by Max."""
    if group == "A":
        judged(customer)
    waiting = GroupChange.objects.filter(customer=customer, state="open", to_group=group).first()
    change = waiting or propose(customer, asked(group, **given), user("ann"))
    approve(change, user("max", "manager"), "agreed")
    change.refresh_from_db()
    return change
