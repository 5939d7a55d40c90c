"""Customers' requests from asked over promised to done, and the questions that staff asks them."""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.config.refused import Refused
from sterna.desk.customers.actions.facts import Said, say_facts
from sterna.desk.customers.actions.noting import SOURCE, desk_record, require_short
from sterna.desk.customers.actions.occasions import from_fact
from sterna.desk.customers.actions.taxonomy import in_force
from sterna.desk.customers.door import Barred, examine
from sterna.desk.customers.models import Customer, CustomerRequest, Fact, Question
from sterna.desk.customers.queries.discovery import is_quiet
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

OPEN = (CustomerRequest.State.ASKED, CustomerRequest.State.PROMISED)


@transaction.atomic
def take_request(
    customer: Customer,
    kind: str,
    words: str,
    touchpoint: str,
    actor: User | None,
    due_on: date | None = None,
    key: str | None = None,
) -> CustomerRequest:
    """Write down what a customer asks for; the same `key` is one request. Raises Refused without the right or words.

    `kind` is what follow-up questions are asked by, such as tickets.
    """
    demand(actor, Right.WORK_CONTACTS)
    if not words.strip() or "\0" in words:
        raise Refused("write what was asked for")
    require_short(kind=kind, touchpoint=touchpoint)
    # Whoever sends the same form at the same moment waits here, and finds the request there.
    filed = desk_record(customer)
    known = CustomerRequest.objects.filter(key=key).first() if key else None
    if known is not None:
        return known
    taken = CustomerRequest.objects.create(
        source_record=filed,
        kind=kind.strip().lower(),
        words=words.strip(),
        touchpoint=touchpoint,
        asked_at=clock.now(),
        asked_of=actor,
        due_on=due_on,
        key=key,
    )
    _record("take request", taken, actor)
    return taken


@transaction.atomic
def promise(request: CustomerRequest, what: str, due_on: date, actor: User | None) -> CustomerRequest:
    """Say what will be done by which day.

    Raises Refused without the right or words, for a day that is past, and when it is settled.
    """
    held = _held(request, actor)
    if held.state not in OPEN:
        raise Refused(f"the request is {held.get_state_display().lower()} already")
    if not what.strip():
        raise Refused("write what is promised")
    if due_on < clock.today():
        raise Refused(f"{due_on} is past: promise a day that is to come")
    held.state, held.promise, held.due_on = CustomerRequest.State.PROMISED, what.strip(), due_on
    held.promised_at, held.promised_by = clock.now(), actor
    held.save(update_fields=["state", "promise", "due_on", "promised_at", "promised_by"])
    _record("promise request", held, actor, {"due_on": due_on.isoformat()})
    return held


def complete(request: CustomerRequest, outcome: str, actor: User | None) -> CustomerRequest:
    """Say that it was done, and how; a second time does nothing. Raises Refused without words, and when declined."""
    return _settle(request, CustomerRequest.State.DONE, outcome, actor)


def decline(request: CustomerRequest, why: str, actor: User | None) -> CustomerRequest:
    """Say that it will not be done, and what the customer was told. Raises Refused without words, and when done."""
    return _settle(request, CustomerRequest.State.DECLINED, why, actor)


@transaction.atomic
def _settle(
    request: CustomerRequest, state: CustomerRequest.State, words: str, actor: User | None
) -> CustomerRequest:
    held = _held(request, actor)
    if held.state == state:
        return held
    if held.state not in OPEN:
        raise Refused(f"the request is {held.get_state_display().lower()} already")
    if not words.strip():
        raise Refused("write what became of it: the customer may ask")
    held.state, held.outcome = state, words.strip()
    held.settled_at, held.settled_by = clock.now(), actor
    held.save(update_fields=["state", "outcome", "settled_at", "settled_by"])
    _record(f"{state} request", held, actor)
    return held


def _held(request: CustomerRequest, actor: User | None) -> CustomerRequest:
    demand(actor, Right.WORK_CONTACTS)
    return (
        CustomerRequest.objects.select_for_update(of=("self",))
        .select_related("source_record")
        .get(pk=request.pk)
    )


def _record(
    action: str, request: CustomerRequest, actor: User | None, detail: dict[str, str] | None = None
) -> None:
    told = {"request": str(request.pk), "kind": request.kind, **(detail or {})}
    record(action, "customer", str(request.source_record.customer_id), actor, detail=told)


@transaction.atomic
def ask(
    customer: Customer,
    fact_class: str,
    touchpoint: str,
    actor: User | None,
    request: CustomerRequest | None = None,
    words: str = "",
) -> Question:
    """Write down that a customer was asked for a fact; without `words` in those of the taxonomy.

    Raises Refused without the right, for a class that may not be kept, inside its cool-off, and without any words.
    """
    demand(actor, Right.WORK_CONTACTS)
    require_short(touchpoint=touchpoint)
    tree = in_force().classes
    if fact_class not in tree or not tree.may_keep(fact_class):
        raise Refused(f"{fact_class} is not asked for: no fact of it may be kept")
    filed = desk_record(customer)
    quiet = is_quiet(filed.customer_id, fact_class, clock.today())
    if quiet is not None:
        raise Refused(f"{tree.at(fact_class).title} was asked before: not again before {quiet}")
    follow_ups = dict(tree.follow_ups(request.kind)) if request else {}
    said = words.strip() or follow_ups.get(fact_class) or tree.question(fact_class, touchpoint) or ""
    if not said:
        raise Refused(f"the taxonomy has no words to ask for {fact_class} at {touchpoint}: write them")
    asked = Question.objects.create(
        source_record=filed,
        fact_class=fact_class,
        words=said,
        touchpoint=touchpoint,
        asked_at=clock.now(),
        asked_by=actor,
        request=request,
        quiet_until=_quiet_until(),
    )
    detail = {"question": str(asked.pk), "class": fact_class}
    record("ask customer", "customer", str(filed.customer_id), actor, detail=detail)
    return asked


def _quiet_until() -> date:
    return clock.today() + timedelta(days=options.number("STERNA_QUESTION_DAYS"))


@transaction.atomic
def answer(question: Question, value: str, actor: User | None, purpose: str = "") -> Question:
    """Keep what the customer answered as a fact; a no is an answer and a fact as well, a date an occasion.

    Raises Refused without the right, for a question that has its answer, and for a value that the class cannot hold.
    """
    held = _asked(question, actor)
    tree = in_force().classes
    chosen = purpose or next(iter(tree.purposes(held.fact_class)), "") if held.fact_class in tree else ""
    barred = examine(tree, held.fact_class, value, chosen)
    if isinstance(barred, Barred):
        raise Refused(barred.reason)
    kept = say_facts([_said(held, value, chosen, actor)])
    held.state, held.answer, held.settled_at = Question.State.ANSWERED, barred.value, clock.now()
    held.fact = Fact.objects.get(pk=kept.facts[0]) if kept.facts else _same(held, barred.value)
    held.save(update_fields=["state", "answer", "settled_at", "fact"])
    if held.fact is not None:
        from_fact(held.fact, actor)
    return _settled(held, actor)


def _said(held: Question, value: str, purpose: str, actor: User | None) -> Said:
    return Said(
        record=held.source_record_id,
        fact_class=held.fact_class,
        value=value,
        source=SOURCE.name,
        purpose=purpose,
        observed_on=clock.today(),
        recorded_at=clock.now(),
        way="stated",
        touchpoint=held.touchpoint,
        heard_by=_pk(actor),
    )


def _pk(actor: User | None) -> UUID | None:
    return actor.pk if actor else None


def _same(held: Question, value: str) -> Fact | None:
    found = Fact.objects.filter(
        source_record=held.source_record_id, fact_class=held.fact_class, value=value, retracted_at=None
    )
    return found.order_by("-id").first()


@transaction.atomic
def would_rather_not(question: Question, actor: User | None) -> Question:
    """Write down that the customer would rather not say: no fact, and not asked again inside the cool-off."""
    held = _asked(question, actor)
    held.state, held.settled_at = Question.State.DECLINED, clock.now()
    held.save(update_fields=["state", "settled_at"])
    return _settled(held, actor)


def _asked(question: Question, actor: User | None) -> Question:
    demand(actor, Right.WORK_CONTACTS)
    held = (
        Question.objects.select_for_update(of=("self",)).select_related("source_record").get(pk=question.pk)
    )
    if held.state != Question.State.OPEN:
        raise Refused("this question has its answer: ask anew when it is time")
    return held


def _settled(held: Question, actor: User | None) -> Question:
    held.quiet_until = max(held.quiet_until, _quiet_until())
    held.save(update_fields=["quiet_until"])
    detail = {"question": str(held.pk), "class": held.fact_class, "answer": held.state}
    record("answer question", "customer", str(held.source_record.customer_id), actor, detail=detail)
    return held
