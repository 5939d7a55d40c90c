"""The ledger's two writes around a handing over: the mark before the first byte, the outcome after the last."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.config import clock
from sterna.desk.contacts.models import Contact, Receipt
from sterna.desk.contacts.rendering import Worded

# Minutes to wait after the first, second, ... temporary failure; after the last one the contact has failed.
WAITS = (1, 5, 30, 120)
MOST_ATTEMPTS = len(WAITS) + 1

_MARK = """
update contacts_contact as c set handing_at = clock_timestamp(), subject = said.subject, text = said.text,
    used_facts = said.used_facts::jsonb, lease_until = clock_timestamp() + interval '10 minutes'
from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) as said(id, subject, text, used_facts)
where c.id = said.id and c.state = 'reserved' and c.claim = %s
returning c.id
"""
_SETTLE = """
update contacts_contact as c set
    state = went.state, error = went.error, attempts = c.attempts + went.attempts, claim = null, lease_until = null,
    handing_at = case when went.state = 'planned' then null else c.handing_at end,
    handed_over_at = case when went.state in ('handed over', 'confirmed') then %(now)s end,
    settled_at = case when went.state in ('confirmed', 'failed') then %(now)s end,
    not_before = case when went.state = 'planned' then clock_timestamp() + went.minutes * interval '1 minute' end
from unnest(%(ids)s::uuid[], %(states)s::text[], %(errors)s::text[], %(attempts)s::int[], %(minutes)s::int[])
    as went(id, state, error, attempts, minutes)
where c.id = went.id and c.state = 'reserved' and c.claim = %(claim)s
returning c.id
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one contact; `attempted` says whether the try counts towards its last one."""

    contact: Contact
    state: Contact.State
    reference: str
    detail: str
    attempted: bool = False

    @property
    def error(self) -> str:
        """What the ledger shows beside the state: nothing when all went well."""
        return "" if self.state in (Contact.State.HANDED_OVER, Contact.State.CONFIRMED) else self.detail

    @property
    def minutes(self) -> int:
        """How long a contact that is planned again waits."""
        return WAITS[min(self.contact.attempts, len(WAITS) - 1)] if self.attempted else WAITS[0]


def mark(worded: Sequence[tuple[UUID, Worded]], claimed: UUID) -> set[UUID]:
    """Write what is about to be said, and that it is about to leave; returns the contacts that are still ours."""
    ids = [each for each, _ in worded]
    subjects = [words.rendered.subject for _, words in worded]
    texts = [words.rendered.text for _, words in worded]
    used = [json.dumps(words.used_facts, default=str) for _, words in worded]
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [ids, subjects, texts, used, claimed])
        return {row[0] for row in cursor.fetchall()}


@transaction.atomic
def settle(outcomes: Sequence[Outcome], claimed: UUID) -> None:
    """Write what became of contacts that `claimed` holds, each with its receipt."""
    values: dict[str, Any] = {
        "now": clock.now(),
        "claim": claimed,
        "ids": [outcome.contact.pk for outcome in outcomes],
        "states": [outcome.state.value for outcome in outcomes],
        "errors": [outcome.error for outcome in outcomes],
        "attempts": [int(outcome.attempted) for outcome in outcomes],
        "minutes": [outcome.minutes for outcome in outcomes],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, values)
        settled = {row[0] for row in cursor.fetchall()}
    Receipt.objects.bulk_create(
        Receipt(
            contact=outcome.contact,
            at=values["now"],
            state=outcome.state,
            reference=outcome.reference,
            detail=outcome.detail,
        )
        for outcome in outcomes
        if outcome.contact.pk in settled
    )
