"""Sends what is due: claims, words, marks, hands over, settles, so that a kill at any moment doubles nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sterna.channels.base import ContentError, Message, Transport, TransportError
from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.contacts import footer
from sterna.desk.contacts.actions import ledger
from sterna.desk.contacts.actions.calls import open_task
from sterna.desk.contacts.actions.claims import Claim, barriers, claim, recover
from sterna.desk.contacts.actions.ledger import Outcome
from sterna.desk.contacts.models import Contact
from sterna.desk.contacts.rendering import Person, Worded, people, word
from sterna.desk.customers import links
from sterna.desk.delivery.queries import Outlet, outlets
from sterna.desk.plans.models import Plan
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

BATCH = 200
# Marked together and settled together: the most that a kill can leave in doubt, and how many share one commit.
SLICE = 10
# After so many temporary failures or doubts in a row the other side is down: the rest waits, its attempts not used up.
PATIENCE = 3


_USED_UP = (Contact.State.HANDED_OVER, Contact.State.CONFIRMED, Contact.State.FAILED, Contact.State.WITHDRAWN)


@dataclass
class Sent:
    """What one call did: contacts by the state they ended in."""

    states: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return (
            ", ".join(f"{number} {state}" for state, number in sorted(self.states.items()))
            or "nothing was due"
        )

    @property
    def goes_on(self) -> bool:
        """Whether another call may do more: contacts were used up, and were not all put back to wait."""
        return any(self.states[state] for state in _USED_UP)


@dataclass
class _Sender:
    """The transports of one call, opened when first needed, and the media that answered too badly to go on."""

    on: Mapping[str, Outlet]
    stack: ExitStack
    open: dict[str, Transport] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)

    def transport(self, medium: str) -> Transport:
        if medium not in self.open:
            outlet = self.on[medium]
            self.open[medium] = self.stack.enter_context(outlet.channel.transport(outlet.settings))
        return self.open[medium]

    def tired(self, medium: str) -> bool:
        return self.failures[medium] >= PATIENCE

    def alive(self) -> list[str]:
        return sorted(medium for medium in self.on if not self.tired(medium))


def send_due(limit: int = 1_000, on: Mapping[str, Outlet] | None = None, actor: User | None = None) -> Sent:
    """Send up to `limit` contacts that are due, by the channels that are `on` (None: those that the settings turn on).

    Several senders may run at once. Not to be called inside a transaction: what has left cannot be rolled back.
    """
    demand(actor, Right.WORK_CONTACTS)
    channels = outlets(open_task) if on is None else on
    sent = Sent()
    again, doubtful = recover(sorted(medium for medium, outlet in channels.items() if outlet.repeatable))
    sent.states.update({"planned again": again, "unknown": doubtful})
    with ExitStack() as stack:
        sender = _Sender(channels, stack)
        while limit > 0 and sender.alive():
            taken = claim(sender.alive(), min(limit, BATCH))
            sent.states["withdrawn"] += taken.withdrawn
            if not taken.contacts and not taken.withdrawn:
                break
            sent.states.update(outcome.state for outcome in _send(taken, sender))
            limit -= len(taken.contacts) + taken.withdrawn
    sent.states = +sent.states
    if sent.states:
        record("send contacts", "contacts", clock.today().isoformat(), actor, detail=dict(sent.states))
    return sent


def _send(taken: Claim, sender: _Sender) -> Iterator[Outcome]:
    contacts = Contact.objects.in_bulk(taken.contacts)
    ordered = [contacts[each] for each in taken.contacts]
    known, documents = _known(ordered), _documents(ordered)
    ended: list[Outcome] = []
    try:
        for start in range(0, len(ordered), SLICE):
            worded, failed = _word_slice(ordered[start : start + SLICE], documents, known, sender)
            # From here on a kill leaves these in doubt; a lease that was lost meanwhile takes them out of our hands.
            ours = ledger.turn(
                [*ended, *failed], [(contact.pk, words) for contact, words in worded], taken.id
            )
            yield from failed
            ended = []
            for contact, words in worded:
                if contact.pk in ours:
                    ended.append(_hand_over(contact, words, sender))
            yield from ended
    finally:
        # Also after an error nobody foresaw: whose answer is known must not be left in doubt.
        ledger.settle(ended, taken.id)


def _word_slice(
    contacts: Sequence[Contact],
    documents: Mapping[UUID, Mapping[str, Any]],
    known: Mapping[UUID, Person],
    sender: _Sender,
) -> tuple[list[tuple[Contact, Worded]], list[Outcome]]:
    """What each is told, and the outcome of those who cannot or must not be told anything: each alone."""
    worded, failed = [], []
    # A batch is taken long before its last contact leaves: what a customer said meanwhile binds.
    barred = barriers([contact.pk for contact in contacts])
    for contact in contacts:
        if contact.pk in barred:
            failed.append(Outcome(contact, Contact.State.WITHDRAWN, "", barred[contact.pk]))
            continue
        document, channel = documents[contact.plan_id], sender.on[contact.medium].channel
        person = known[contact.pk]
        try:
            words = word(document, contact.asset, channel, person, contact.address, contact.due_on)
            worded.append((contact, words))
        except (ContentError, Refused) as error:
            failed.append(Outcome(contact, Contact.State.FAILED, "", f"it could not be worded: {error}"))
    return worded, failed


def _documents(contacts: Iterable[Contact]) -> dict[UUID, Mapping[str, Any]]:
    """The plans' documents by plan: read once a batch, because joined to each contact they are most of what is read."""
    plans = Plan.objects.select_related("definition").in_bulk({contact.plan_id for contact in contacts})
    return {key: plan.definition.body for key, plan in plans.items()}


def _known(contacts: Iterable[Contact]) -> dict[UUID, Person]:
    """Whom each contact speaks to, by contact: as known on the day it was decided for, however late it leaves."""
    every = list(contacts)
    groups = {(each.due_on, each.run_id): set[UUID]() for each in every}
    for each in every:
        groups[each.due_on, each.run_id].add(each.customer_id)
    found = {(on, run_id): people(ids, on, run_id) for (on, run_id), ids in groups.items()}
    return {each.pk: found[each.due_on, each.run_id][each.customer_id] for each in every}


def _hand_over(contact: Contact, worded: Worded, sender: _Sender) -> Outcome:
    if sender.tired(contact.medium):
        return Outcome(contact, Contact.State.PLANNED, "", "the other side does not answer; it waits")
    try:
        receipt = sender.transport(contact.medium).send(_message(contact, worded, sender))
    except TransportError as error:
        return _failed(contact, error, sender)
    sender.failures[contact.medium] = 0
    return Outcome(contact, Contact.State(receipt.state), receipt.reference, receipt.detail)


def _failed(contact: Contact, error: TransportError, sender: _Sender) -> Outcome:
    if not error.permanent:
        sender.failures[contact.medium] += 1
    if error.outcome_unknown and not sender.on[contact.medium].repeatable:
        return Outcome(contact, Contact.State.UNKNOWN, "", error.detail)
    if error.permanent or contact.attempts + 1 >= ledger.MOST_ATTEMPTS:
        return Outcome(contact, Contact.State.FAILED, "", error.detail, attempted=True)
    return Outcome(contact, Contact.State.PLANNED, "", error.detail, attempted=True)


def _message(contact: Contact, worded: Worded, sender: _Sender) -> Message:
    written_by = sender.on[contact.medium].sender
    return Message(
        key=contact.natural_key,
        medium=contact.medium,
        to=contact.address,
        sender=written_by,
        rendered=footer.added(worded.rendered, links.page(contact.customer_id, contact.due_on)),
        headers=footer.headers(contact, written_by) if contact.medium == "email" else {},
    )
