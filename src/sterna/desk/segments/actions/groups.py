"""Judges customers and changes their groups: proposed by one, approved by another, and until then nothing moves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.customers.models import Customer
from sterna.desk.segments import group_queries as queries
from sterna.desk.segments.actions.announcing import announce, only
from sterna.desk.segments.group_models import GroupChange, GroupJudgement, GroupReason
from sterna.desk.segments.models import Definition, Membership
from sterna.desk.segments.signals import Left
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.segments import groups as engine
from sterna.engine.segments.groups import GROUPS, KINDS, Group, Terms

LONGEST_WHY = 300
State = GroupChange.State
Wanted = Literal["A", "B", "C", "none"]
RANKS = {"A": 3, "B": 2, "C": 1}


@dataclass(frozen=True)
class Asked:
    """A group, and what it asks for; the reason of C is a code and words, as "family: the son of a client in A".

    Out of all groups, which is `none`, takes a reason alone.
    """

    group: str
    reason: str
    expected_on: date | None = None
    next_step: str = ""


@transaction.atomic
def judge(customer: Customer, kind: str, holds: bool, why: str, actor: User) -> GroupJudgement:
    """Write down whether a customer needs, wants or values what we do; the newest of a kind counts.

    The same words of the same person on the same day are one judgement. Where it was the last that A lacked, Sterna
    proposes B to A. Raises Refused without the right, words, or a kind.
    """
    demand(actor, Right.WORK_CONTACTS)
    if kind not in KINDS:
        raise Refused(f"a judgement is of {', '.join(KINDS)}, not of {kind[:20]!r}")
    words = _words(why, "write why you think so")
    held, today = _hold(customer), clock.today()
    said = {"kind": kind, "holds": holds, "why": words, "on": today, "by": actor}
    same = GroupJudgement.objects.filter(customer=held, **said).first()
    if same is not None:
        return same
    made = GroupJudgement.objects.create(customer=held, recorded_at=clock.now(), **said)
    record("judge customer", "customer", str(held.pk), actor, words, {"kind": kind, "holds": holds})
    _propose_all([held.pk])
    return made


@transaction.atomic
def propose(customer: Customer, asked: Asked, actor: User) -> GroupChange:
    """Propose that a customer changes group, with all that the group asks for; somebody else approves it.

    Raises Refused without the right, terms, a change, or while another proposal waits; BadInput for what the group
    asks for and is not there.
    """
    demand(actor, Right.WORK_CONTACTS)
    definition = _terms()
    held = _hold(customer)
    _refuse_second(held)
    here = queries.group_of(held)
    if asked.group == here:
        raise Refused(f"the customer is in {_called(here)} already: a review says that it stays so")
    _words(asked.reason, "write why")
    _check(definition, held, asked)
    change = _made(held, definition, here, asked, actor)
    detail = {"customer": str(held.pk), "from": here, "to": asked.group}
    record("propose group", "group change", str(change.pk), actor, change.reason, detail)
    return change


@transaction.atomic
def approve(change: GroupChange, actor: User, reason: str) -> Membership | None:
    """Move the customer as it was proposed, from today on; returns the new stay, None where it is out of all groups.

    Raises Refused without the right, for whoever proposed it, when it was decided already, or when the customer is no
    longer where it starts; BadInput when the group asks for what is no longer so.
    """
    demand(actor, Right.MANAGE)
    words = _words(reason, "write why it is approved: the audit keeps it")
    held = _open(change)
    if held.proposed_by_id == actor.pk:
        raise Refused("nobody approves what they proposed themselves: ask somebody else who may manage")
    customer = _hold(held.customer)
    if queries.group_of(customer) != held.from_group:
        raise Refused(
            f"the customer is in {_called(queries.group_of(customer))} now, not in {_called(held.from_group)}: "
            "decline this one and propose anew"
        )
    asked = Asked(held.to_group, held.reason, held.expected_on, held.next_step)
    definition = _terms()
    _check(definition, customer, asked)
    _decide(held, State.APPROVED, actor, words)
    return _move(customer, asked, definition, actor)


@transaction.atomic
def decline(change: GroupChange, actor: User, reason: str) -> GroupChange:
    """Let a proposal be, with a reason; who proposed it withdraws it by that. Sterna then rests before the next."""
    words = _words(reason, "write why: the audit keeps it")
    held = _open(change)
    is_own = held.proposed_by_id == actor.pk
    demand(actor, Right.WORK_CONTACTS if is_own else Right.MANAGE)
    return _decide(held, State.WITHDRAWN if is_own else State.DECLINED, actor, words)


@transaction.atomic
def review(customer: Customer, asked: Asked, actor: User) -> GroupReason:
    """Write down that a customer stays in the group after a review, and why; B takes a new day and a next step.

    Raises Refused without the right, for another group than the one that the customer is in, BadInput for what B or C
    asks for and is not there. What A asks for may be missing: who stays in spite of it is for people to say.
    """
    demand(actor, Right.WORK_CONTACTS)
    held = _hold(customer)
    here = queries.group_of(held)
    if here == queries.NONE or asked.group != here:
        raise Refused(f"the customer is in {_called(here)}: what stays is where somebody is")
    words = _words(asked.reason, "write why the customer stays")
    if here != "A":
        _check(_terms(), held, asked)
    made = _because(held, asked, actor, is_review=True)
    record("review group", "customer", str(held.pk), actor, words, {"group": here})
    return made


@transaction.atomic
def propose_groups(run_id: UUID) -> int:
    """After a run: Sterna proposes B to A for whoever lacks nothing; returns how many proposals it made."""
    return len(
        _propose_all(list(queries.open_stays().filter(place="B").values_list("customer", flat=True)), run_id)
    )


def _propose_all(customers: Collection[UUID], run_id: UUID | None = None) -> list[GroupChange]:
    """Propose A for those of `customers` for whom the terms say so: out of B only, with nothing missing, rested."""
    definition = queries.terms_definition()
    if definition is None:
        return []
    here = queries.open_stays().filter(place="B", customer__in=customers).values("customer")
    # Of whom somebody is just writing, the next run may propose: a run does not wait for it, and does not fail.
    held = Customer.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    in_b = {one.pk: one for one in held.filter(pk__in=here).order_by("pk")}
    terms, today = queries.terms_of(definition), clock.today()
    waiting = set(queries.open_changes().filter(root__in=in_b).values_list("root", flat=True))
    # Most of B do not reach the figures, and what staff judged of them need not be read.
    figures = queries.figures_of(terms, in_b, run_id)
    near = [pk for pk in in_b if pk not in waiting and engine.reaches_a(terms, figures[pk])]
    judged, pasts = queries.judgements_of(near), queries.pasts_of(near)
    found = {pk: engine.Standing(figures[pk], judged[pk]) for pk in near}
    return [
        _propose(in_b[pk], definition, terms, found[pk])
        for pk in near
        if engine.proposes(terms, "B", found[pk], pasts[pk], today)
    ]


def _propose(customer: Customer, definition: Definition, terms: Terms, found: engine.Standing) -> GroupChange:
    figures = [f"{one.called} is {found.figures[one.measure]:,f}" for one in terms.thresholds]
    said = "; ".join([*figures, "staff judged that the customer needs, wants and values what we do"])
    change = _made(customer, definition, "B", Asked("A", said[:LONGEST_WHY]), None)
    detail = {"customer": str(customer.pk), "from": "B", "to": "A"}
    record("propose group", "group change", str(change.pk), None, change.reason, detail)
    return change


def _terms() -> Definition:
    definition = queries.terms_definition()
    if definition is None:
        raise Refused("there are no groups yet: load them with `sterna groups load FILE`")
    return definition


def _check(definition: Definition, customer: Customer, asked: Asked) -> None:
    """Raise for what the group asks for and is not there; nobody is asked anything on the way out."""
    if asked.group == queries.NONE:
        return
    if asked.group not in GROUPS:
        raise Refused(f"a group is {', '.join(GROUPS)}, or {queries.NONE}, not {asked.group[:20]!r}")
    group: Group = asked.group
    terms = queries.terms_of(definition)
    found = queries.standings(terms, [customer.pk])[customer.pk]
    engine.check_entry(
        terms, group, found, clock.today(), asked.reason, asked.expected_on, _short(asked.next_step)
    )


def _made(
    customer: Customer, definition: Definition, here: str, asked: Asked, actor: User | None
) -> GroupChange:
    return GroupChange.objects.create(
        customer=customer,
        definition=definition,
        from_group=here,
        to_group=asked.group,
        reason=asked.reason.strip(),
        expected_on=asked.expected_on if asked.group == "B" else None,
        next_step=asked.next_step.strip() if asked.group == "B" else "",
        proposed_by=actor,
        proposed_at=clock.now(),
    )


def _open(change: GroupChange) -> GroupChange:
    held = GroupChange.objects.select_for_update(of=("self",)).select_related("customer").get(pk=change.pk)
    if held.state != State.OPEN:
        raise Refused(f"it was {held.get_state_display().lower()} already")
    return held


def _decide(held: GroupChange, state: str, actor: User, words: str) -> GroupChange:
    held.state, held.decided_by, held.decided_at, held.decided_reason = state, actor, clock.now(), words
    held.save(update_fields=["state", "decided_by", "decided_at", "decided_reason"])
    verb = {State.APPROVED: "approve", State.DECLINED: "decline"}.get(State(state), "withdraw")
    detail = {"customer": str(held.customer_id), "from": held.from_group, "to": held.to_group}
    record(f"{verb} group", "group change", str(held.pk), actor, words, detail)
    return held


def _move(customer: Customer, asked: Asked, definition: Definition, actor: User) -> Membership | None:
    """End the stay in the group before, and begin the new one today; a stay of no day leaves only its proposals."""
    today, before = clock.today(), queries.stay_of(customer)
    if before is not None and before.during.lower > today:
        raise Refused(f"the customer is there from {before.during.lower} on, which is to come")
    if before is not None and before.during.lower == today:
        before.delete()
    elif before is not None:
        Membership.objects.filter(pk=before.pk).update(during=DateRange(before.during.lower, today))
    if asked.group == queries.NONE:
        gone = [Left(customer.pk, before.place, before.rank)] if before else []
        announce(definition, today, "approval", left=gone)
        return None
    _because(customer, asked, actor, is_review=False)
    said = f"Moved from {before.place}" if before else "First placed"
    made = Membership.objects.create(
        id=new_id(),
        customer=customer,
        scheme=definition.name,
        place=asked.group,
        rank=RANKS[asked.group],
        during=DateRange(today, None),
        definition=definition,
        cause=f"{said}: {asked.reason.strip()}"[:200],
    )
    announce(definition, today, "approval", only(made))
    return made


def _because(customer: Customer, asked: Asked, actor: User, is_review: bool) -> GroupReason:
    return GroupReason.objects.create(
        customer=customer,
        group=asked.group,
        is_review=is_review,
        reason=asked.reason.strip(),
        expected_on=asked.expected_on if asked.group == "B" else None,
        next_step=asked.next_step.strip() if asked.group == "B" else "",
        on=clock.today(),
        by=actor,
        recorded_at=clock.now(),
    )


def _hold(customer: Customer) -> Customer:
    """Who the customer is now, locked: neither placed twice at once nor merged meanwhile."""
    locked = Customer.objects.select_for_update(of=("self",), no_key=True)
    held = locked.filter(pk=customer.redirects_to_id or customer.pk).first()
    if held is None:
        raise Refused("there is no such customer any more")
    return held if held.redirects_to_id is None else locked.get(pk=held.redirects_to_id)


def _refuse_second(customer: Customer) -> None:
    if queries.open_changes().filter(root=customer.pk).exists():
        raise Refused("a proposal for this customer waits already: it is approved or declined first")


def _called(group: str) -> str:
    return "no group" if group == queries.NONE else f"group {group}"


def _words(words: str, missing: str) -> str:
    if not words.strip():
        raise Refused(missing)
    return _short(words)


def _short(words: str) -> str:
    if "\0" in words or len(words.strip()) > LONGEST_WHY:
        raise Refused(f"write it in at most {LONGEST_WHY} letters")
    return words.strip()
