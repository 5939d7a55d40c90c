"""Runs blind checks: staff judge the same customers, nobody sees another's answer before the check is closed."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer
from sterna.desk.segments.check_queries import drawn, found
from sterna.desk.segments.group_models import AgreementCheck, CheckAnswer, CheckCustomer, CheckJudge
from sterna.desk.users.access import Right, allows, demand
from sterna.desk.users.models import User
from sterna.engine.segments.groups import GROUPS

MOST_CUSTOMERS, LONGEST_TITLE = 200, 80


@transaction.atomic
def start_check(
    title: str, each: int, customers: Collection[UUID], judges: Collection[User], actor: User
) -> AgreementCheck:
    """Ask `judges` for the group of `customers` and of so many drawn by chance from `each` group.

    Raises Refused without the right, a title, two judges who may work with customers, or a customer.
    """
    demand(actor, Right.MANAGE)
    if not title.strip() or len(title.strip()) > LONGEST_TITLE:
        raise Refused(f"give the check a title of at most {LONGEST_TITLE} letters")
    asked = {one.pk: one for one in judges if allows(one, Right.WORK_CONTACTS)}
    if len(asked) < 2:
        raise Refused("choose two of the staff at least: one alone agrees with themselves")
    key = new_id()
    chosen = _people(customers) | set(drawn(key, max(each, 0)))
    if not 1 <= len(chosen) <= MOST_CUSTOMERS:
        raise Refused(f"a check has 1 to {MOST_CUSTOMERS} customers, and this one would have {len(chosen)}")
    made = AgreementCheck.objects.create(id=key, title=title.strip(), opened_by=actor, opened_at=clock.now())
    CheckJudge.objects.bulk_create(CheckJudge(check_of=made, user=one) for one in asked.values())
    CheckCustomer.objects.bulk_create(
        CheckCustomer(check_of=made, customer_id=one) for one in sorted(chosen, key=str)
    )
    detail = {"customers": len(chosen), "staff": len(asked)}
    record("start agreement check", "agreement check", str(made.pk), actor, made.title, detail)
    return made


@transaction.atomic
def answer_check(asked: CheckCustomer, group: str, actor: User) -> CheckAnswer:
    """Say in which group one of the judges sees a customer; given once, and it stays.

    Raises Refused for who is not asked, after the check is closed, or for another group after the first.
    """
    demand(actor, Right.WORK_CONTACTS)
    check = AgreementCheck.objects.select_for_update(no_key=True).get(pk=asked.check_of_id)
    judge = CheckJudge.objects.filter(check_of=check, user=actor).first()
    if judge is None:
        raise Refused("you are not asked in this check")
    if check.closed_at is not None:
        raise Refused("the check is closed: what is said after others were seen is not blind")
    if group not in GROUPS:
        raise Refused("choose A, B or C")
    said = CheckAnswer.objects.filter(asked=asked, judge=judge).first()
    if said is not None and said.group != group:
        raise Refused("you answered already: a first view is what is asked for, so it stays")
    if said is None:
        said = CheckAnswer.objects.create(asked=asked, judge=judge, group=group, answered_at=clock.now())
        # Everybody reads the audit: the answer itself stands there for nobody.
        record("answer agreement check", "agreement check", str(check.pk), actor)
    return said


@transaction.atomic
def close_check(check: AgreementCheck, actor: User) -> AgreementCheck:
    """Close a check, so that its answers and figures are seen; a second time does nothing."""
    demand(actor, Right.MANAGE)
    held = AgreementCheck.objects.select_for_update().get(pk=check.pk)
    if held.closed_at is None:
        held.closed_by, held.closed_at = actor, clock.now()
        told = found(held)
        held.alpha = told.agreement.alpha if told else None
        held.save(update_fields=["closed_by", "closed_at", "alpha"])
        record("close agreement check", "agreement check", str(held.pk), actor)
    return held


def _people(customers: Collection[UUID]) -> set[UUID]:
    known = Customer.objects.filter(pk__in=customers).values_list("pk", "redirects_to")
    roots = {pk: root or pk for pk, root in known}
    if missing := [one for one in customers if one not in roots]:
        raise Refused(f"there is no customer {missing[0]} any more")
    return set(roots.values())
