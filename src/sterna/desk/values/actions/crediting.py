"""Records that somebody came because of a customer, and takes that back; refuses what could not be true together."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.desk.values.models import Credit
from sterna.desk.values.queries.credits import came_because_of, credits_for
from sterna.engine.money import LARGEST, cents

# One credit at a time: two staff who share out one newcomer at once must not pass one whole together.
CREDITING = 5_307_401
LONGEST_WHY = 300
PARTS = Decimal("0.0001")


@dataclass(frozen=True)
class Said:
    """What somebody says of how a newcomer came; `said_on` None is today, `came_anyway` None is nobody can say.

    `share` is in ten-thousandths; `saved` and `cost` are of the newcomer wholly, None where nobody knows.
    """

    why: str
    kind: str = Credit.Kind.REFERRAL
    share: Decimal = Decimal(1)
    came_anyway: bool | None = None
    saved: Decimal | None = None
    cost: Decimal | None = None
    said_on: date | None = None


@transaction.atomic
def record_credit(
    newcomer: Customer, customer: Customer, said: Said, actor: User | None, key: str | None = None
) -> Credit:
    """Write down that `newcomer` came because of `customer`; the same `key` is one credit.

    Raises Refused without the right, and for what could not be: a credit to oneself, in a loop or twice, shares of
    more than one whole, less than no money, nobody, a day that is to come.
    """
    demand(actor, Right.WORK_CONTACTS)
    _require(said)
    _one_at_a_time()
    known = Credit.objects.filter(key=key).first() if key else None
    if known is not None:
        return known
    came, brought = _people(newcomer, customer)
    _require_possible(came, brought, said)
    made = Credit.objects.create(
        newcomer_id=came,
        customer_id=brought,
        kind=said.kind,
        share=said.share,
        came_anyway=said.came_anyway,
        saved=said.saved,
        cost=said.cost,
        said_on=said.said_on or clock.today(),
        why=said.why.strip(),
        recorded_at=clock.now(),
        recorded_by=actor,
        key=key,
    )
    detail = {"newcomer": str(came), "customer": str(brought), "kind": said.kind, "share": str(said.share)}
    record("record credit", "credit", str(made.pk), actor, made.why, detail)
    return made


@transaction.atomic
def withdraw_credit(credit: Credit, reason: str, actor: User | None) -> Credit:
    """Let a credit count no more; the row stays. A second time does nothing.

    Raises Refused without the right or a reason.
    """
    demand(actor, Right.WORK_CONTACTS)
    _require_words(reason, "write why it is withdrawn")
    _one_at_a_time()
    held = Credit.objects.select_for_update().get(pk=credit.pk)
    if held.withdrawn_at is None:
        held.withdrawn_at, held.withdrawn_by, held.withdrawn_reason = clock.now(), actor, reason.strip()
        held.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        record("withdraw credit", "credit", str(held.pk), actor, held.withdrawn_reason)
    return held


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [CREDITING])


def _require(said: Said) -> None:
    """What is wrong with the words, the share, the money or the day, whoever it is about."""
    _require_words(said.why, "write why they came because of this customer")
    if said.kind not in Credit.Kind.values:
        raise Refused(f"a credit is for {', '.join(Credit.Kind.values)}, not for {said.kind[:20]!r}")
    if not said.share.is_finite() or not 0 < said.share <= 1 or said.share != said.share.quantize(PARTS):
        raise Refused("a share is above 0 and at most 1, in ten-thousandths such as 0.5")
    for name, amount in (("what was saved", said.saved), ("what it cost", said.cost)):
        if amount is None:
            continue
        if not amount.is_finite() or not 0 <= amount <= LARGEST or amount != cents(amount):
            raise Refused(f"{name} is no amount of at least zero with at most two decimal places")
    if said.said_on is not None and said.said_on > clock.today():
        raise Refused(f"{said.said_on} is to come: write the day on which it was said")


def _require_words(words: str, missing: str) -> None:
    if not words.strip() or "\0" in words:
        raise Refused(missing)
    if len(words.strip()) > LONGEST_WHY:
        raise Refused(f"write it in at most {LONGEST_WHY} letters")


def _people(newcomer: Customer, customer: Customer) -> tuple[UUID, UUID]:
    """Who the two are now, both locked: neither is erased while the credit is written."""
    named = [newcomer.pk, customer.pk]
    held = Customer.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=named).order_by("pk")
    roots = {one.pk: one.redirects_to_id or one.pk for one in held}
    if missing := [pk for pk in named if pk not in roots]:
        raise Refused(f"there is no customer {missing[0]} any more: look for them again")
    return roots[newcomer.pk], roots[customer.pk]


def _require_possible(newcomer: UUID, customer: UUID, said: Said) -> None:
    """What cannot be beside the credits that stand."""
    if newcomer == customer:
        raise Refused("nobody is credited with having come because of themselves: choose another customer")
    beside = list(credits_for(newcomer))
    if any((one.customer_root, one.kind) == (customer, said.kind) for one in beside):
        raise Refused(f"this credit ({said.kind}) stands already: withdraw it to record it anew")
    whole = sum((one.share for one in beside), said.share)
    if whole > 1:
        raise Refused(
            f"the shares for this newcomer would sum to {whole.normalize():f}, more than one whole: "
            f"{(1 - whole + said.share).normalize():f} is left"
        )
    if came_because_of(customer, newcomer):
        raise Refused(
            "that would be a loop: this customer came because of the newcomer, by way of others perhaps"
        )
