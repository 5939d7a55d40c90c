"""What staff writes down of a contact: stored as an event by the one way in, read for facts that a person confirms."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from django.db import transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.customers import shipped
from sterna.desk.customers.actions.facts import Said, retract_all, say_facts
from sterna.desk.customers.actions.occasions import from_fact
from sterna.desk.customers.actions.projecting import lock_identification, project
from sterna.desk.customers.actions.taxonomy import in_force
from sterna.desk.customers.graph import OBSERVED, Node
from sterna.desk.customers.models import ContactNote, Customer, Fact, FactProposal, SourceRecord
from sterna.desk.customers.queries.graphs import graph_of_customers
from sterna.desk.customers.queries.identity import customer_of
from sterna.desk.customers.rules import DESK
from sterna.desk.sources.actions import ensure_source, receive
from sterna.desk.sources.mapping import SourceNamed
from sterna.desk.sources.models import Source
from sterna.desk.sources.received import Envelope
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from sterna.engine.taxonomy import canonical
from sterna.engine.taxonomy.document import Purpose

NOTED = "Contact noted"
DIRECTIONS = ("inbound", "outbound")
PURPOSES: tuple[str, ...] = get_args(Purpose)
# How long the words are that say where, by what and of which kind something was.
LONGEST = {"touchpoint": 60, "medium": 20, "kind": 40}
SOURCE = SourceNamed(name="desk", title="Noted at the desk", history="live", identifier_kind=DESK)


@dataclass(frozen=True)
class Contacted:
    """Where and how a contact happened."""

    touchpoint: str
    medium: str
    direction: str
    purpose: str
    at: datetime | None = None


@transaction.atomic
def desk_record(customer: Customer) -> SourceRecord:
    """The source record that what the desk hears of a customer is filed under, made at its first use.

    It stands apart from those of other sources, so that a split can take what was heard to either side.
    """
    lock_identification()
    root = customer_of(customer.pk)
    if root is None:
        raise Refused("this customer is not there any more")
    found = SourceRecord.objects.filter(customer=root, source=SOURCE.name).order_by("sequence").first()
    if found is not None:
        return found
    graph = graph_of_customers({root.pk})
    oldest = next((cluster.oldest for cluster in graph.clusters()), None)
    if oldest is None:
        raise Refused(
            "a customer without any identifier cannot be spoken of: an import or an event names one"
        )
    node = graph.add(Node(str(new_id()), (SOURCE.name, DESK, f"desk:{root.pk}"), str(new_id()), 1 << 62))
    graph.link(oldest, node, OBSERVED, evidence={"desk": "somebody wrote down what they heard"})
    project(graph, clock.now())
    return SourceRecord.objects.get(pk=node.id)


@transaction.atomic
def add_note(
    customer: Customer, text: str, contact: Contacted, actor: User | None, key: str | None = None
) -> ContactNote:
    """Keep what somebody wrote of a contact with a customer, as a note and as an event; the same `key` is one note.

    The note is read at once: what it seems to hold waits as proposals. Raises Refused without the right, for an empty
    or over-long text, an unknown direction or purpose, and a contact that is still to come.
    """
    demand(actor, Right.WORK_CONTACTS)
    words, at = text.strip(), contact.at or clock.now()
    _require(words, contact, at)
    # Whoever sends the same form at the same moment waits here, and finds the note there.
    filed = desk_record(customer)
    known = ContactNote.objects.filter(message_id=key).first() if key else None
    if known is not None:
        return known
    pk = new_id()
    note = ContactNote.objects.create(
        id=pk,
        source_record=filed,
        touchpoint=contact.touchpoint,
        medium=contact.medium,
        direction=contact.direction,
        purpose=contact.purpose,
        text=words,
        occurred_at=at,
        recorded_at=clock.now(),
        author=actor,
        message_id=key or str(pk),
    )
    _send(note, filed.value)
    _propose(note)
    record("note contact", "customer", str(filed.customer_id), actor, detail={"note": str(note.pk)})
    return note


def _require(words: str, contact: Contacted, at: datetime) -> None:
    if not words or "\0" in words:
        raise Refused("write what was said")
    if contact.direction not in DIRECTIONS:
        raise Refused(f"the direction is {' or '.join(DIRECTIONS)}, not {contact.direction!r}")
    if contact.purpose not in PURPOSES:
        raise Refused(f"the purpose is {', '.join(PURPOSES)}, not {contact.purpose[:40]!r}")
    require_short(touchpoint=contact.touchpoint, medium=contact.medium)
    if at > clock.now():
        raise Refused("the contact is still to come: note it when it was")


def require_short(**words: str) -> None:
    """Raise Refused for a word that is missing, or longer than the records hold."""
    for name, word in words.items():
        if not 0 < len(word.strip()) <= LONGEST[name] or "\0" in word:
            raise Refused(f"write the {name} in 1 to {LONGEST[name]} letters")


def _send(note: ContactNote, user: str) -> None:
    """Give the note to the inbox like an event of any source: the timeline and the lake know no other way."""
    source = desk_source()
    event = {
        "type": "track",
        "event": NOTED,
        "userId": user,
        "messageId": note.message_id,
        "timestamp": note.occurred_at.isoformat(),
        "properties": {
            "touchpoint": note.touchpoint,
            "medium": note.medium,
            "direction": note.direction,
            "purpose": note.purpose,
            "text": note.text,
        },
    }
    receipt = receive(source, [event], Envelope(note.recorded_at, None, {}, {}))
    if receipt.refused:
        raise Refused(f"the note is no event: {receipt.refused[0]}")


def desk_source() -> Source:
    """The source of what staff writes."""
    return ensure_source(SOURCE)


def _propose(note: ContactNote) -> None:
    tree = in_force().classes
    reader = shipped.reader(tree.taxonomy.name)
    if reader is None:
        return
    on = note.occurred_at.astimezone(options.zone()).date()
    try:
        found = reader.read(note.text, tree, on)
    except BadInput as error:
        raise Refused(str(error)) from error
    FactProposal.objects.bulk_create(
        FactProposal(
            note=note,
            fact_class=one.fact_class,
            value=one.value,
            denied=one.denied,
            confidence=one.confidence,
            quote=one.quote,
            start=one.start,
            end=one.end,
            reason=one.reason,
            observed_on=min(one.observed_on or on, on),
        )
        for one in found
    )


@transaction.atomic
def confirm(proposal: FactProposal, actor: User | None, value: str | None = None, purpose: str = "") -> Fact:
    """Keep what a note was read to say as a fact, or what the person writes as its `value` instead.

    A date or month becomes an occasion as well. A no is kept as "no" where the class can hold it. Without a `purpose`
    it is the first of the class. A second confirmation answers with the same fact. Raises Refused without the right,
    for one that was refused, without a value, and when the class, value or purpose is not allowed.
    """
    held = _decide(proposal, actor)
    if held.state == FactProposal.State.CONFIRMED and held.fact is not None:
        return held.fact
    if held.state == FactProposal.State.REFUSED:
        raise Refused("somebody said that the note does not mean this: write it as a note of its own")
    said = value or ("no" if held.denied else held.value)
    if not said:
        raise Refused("the note does not say the value: write it")
    note = held.note
    purposes = in_force().classes.purposes(held.fact_class)
    kept = say_facts(
        [
            Said(
                record=note.source_record_id,
                fact_class=held.fact_class,
                value=said,
                source=SOURCE.name,
                purpose=purpose or next(iter(purposes), ""),
                observed_on=held.observed_on,
                recorded_at=clock.now(),
                confidence=held.confidence if value is None else None,
                way="noted",
                touchpoint=note.touchpoint,
                heard_by=note.author_id,
                note=note.pk,
            )
        ]
    )
    fact = _kept(held, said, kept.facts, kept.refused)
    from_fact(fact, actor)
    _settle(held, FactProposal.State.CONFIRMED, actor, fact)
    return fact


def _decide(proposal: FactProposal, actor: User | None) -> FactProposal:
    demand(actor, Right.WORK_CONTACTS)
    held = (
        FactProposal.objects.select_for_update(of=("self",))
        .select_related("note", "fact")
        .get(pk=proposal.pk)
    )
    if held.note.retracted_at is not None:
        raise Refused("the note was taken back")
    return held


def _kept(held: FactProposal, said: str, facts: tuple[int, ...], refused: object) -> Fact:
    if refused:
        raise Refused(
            f"{held.fact_class} may not be kept as {said!r}: the taxonomy says what it holds and what for"
        )
    if facts:
        return Fact.objects.get(pk=facts[0])
    same = Fact.objects.filter(
        source_record=held.note.source_record_id,
        fact_class=held.fact_class,
        value=canonical(in_force().classes.at(held.fact_class), said),
        observed_on=held.observed_on,
        source=SOURCE.name,
        retracted_at=None,
    )
    return same.latest("pk")


def _settle(held: FactProposal, state: FactProposal.State, actor: User | None, fact: Fact | None) -> None:
    held.state, held.decided_by, held.decided_at, held.fact = state, actor, clock.now(), fact
    held.save(update_fields=["state", "decided_by", "decided_at", "fact"])
    detail = {"class": held.fact_class, "fact": fact.pk if fact else None}
    record(f"{state} proposal", "note", str(held.note_id), actor, detail=detail)


@transaction.atomic
def refuse(proposal: FactProposal, actor: User | None) -> FactProposal:
    """Say that the note does not mean this; a second time does nothing. Raises Refused for one that was confirmed."""
    held = _decide(proposal, actor)
    if held.state == FactProposal.State.CONFIRMED:
        raise Refused("this was confirmed: retract the fact, with the reason")
    if held.state == FactProposal.State.OPEN:
        _settle(held, FactProposal.State.REFUSED, actor, None)
    return held


@transaction.atomic
def retract_note(note: ContactNote, reason: str, actor: User | None) -> int:
    """Take a note back with every fact that was heard in it and all that was inferred from those; how many facts.

    A second time does nothing. Raises Refused without the right or a reason.
    """
    demand(actor, Right.WORK_CONTACTS)
    if not reason.strip():
        raise Refused("write why the note is wrong: it stays and shows it")
    held = ContactNote.objects.select_for_update().get(pk=note.pk)
    if held.retracted_at is not None:
        return 0
    held.retracted_at, held.retracted_by, held.retracted_reason = clock.now(), actor, reason
    held.save(update_fields=["retracted_at", "retracted_by", "retracted_reason"])
    record("retract note", "note", str(held.pk), actor, reason)
    return retract_all(list(held.facts.values_list("pk", flat=True)), reason, actor)
