"""The ledger's two writes around a handing over: the mark before the first byte, the outcome after the last."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from sterna.desk.config import clock
from sterna.desk.contacts.actions.claims import LEASE_MINUTES
from sterna.desk.contacts.models import Contact
from sterna.desk.contacts.rendering import Worded

# Minutes to wait after the first, second, ... temporary failure; after the last one the contact has failed.
WAITS = (1, 5, 30, 120)
MOST_ATTEMPTS = len(WAITS) + 1

# Rows go in as one JSON text: quoting thousands of values one by one takes longer than the writing. Only a reserved
# contact has a claim; asked for the state as well, the planner walks all that lately were reserved, dead rows too.
_MARK = """
update contacts_contact as c set handing_at = clock_timestamp(), subject = said.subject, text = said.text,
    used_facts = said.used_facts, lease_until = clock_timestamp() + %s * interval '1 minute'
from jsonb_to_recordset(%s::jsonb) as said(id uuid, subject text, text text, used_facts jsonb)
where c.id = said.id and c.claim = %s
returning c.id
"""
_SETTLE = """
with went as (
    select * from jsonb_to_recordset(%(rows)s::jsonb)
        as went(id uuid, state text, error text, attempts int, minutes int, reference text, detail text)
),
settled as (
    update contacts_contact as c set
        state = went.state, error = went.error, attempts = c.attempts + went.attempts, claim = null,
        lease_until = null,
        handing_at = case when went.state = 'planned' then null else c.handing_at end,
        handed_over_at = case when went.state in ('handed over', 'confirmed') then %(now)s end,
        settled_at = case when went.state in ('confirmed', 'failed', 'withdrawn') then %(now)s end,
        not_before = case when went.state = 'planned' then clock_timestamp() + went.minutes * interval '1 minute' end
    from went where c.id = went.id and c.claim = %(claim)s
    returning c.id
)
insert into contacts_receipt (contact_id, at, state, reference, detail)
select went.id, %(now)s, went.state, left(went.reference, 300), went.detail
from went join settled on settled.id = went.id
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


@transaction.atomic
def turn(outcomes: Sequence[Outcome], worded: Sequence[tuple[UUID, Worded]], claimed: UUID) -> set[UUID]:
    """Settle one slice and mark the next in one commit; returns the contacts of the next that are still ours."""
    settle(outcomes, claimed)
    return mark(worded, claimed)


def mark(worded: Sequence[tuple[UUID, Worded]], claimed: UUID) -> set[UUID]:
    """Write what is about to be said, and that it is about to leave; returns the contacts that are still ours."""
    rows = [
        {
            "id": each,
            "subject": words.rendered.subject,
            "text": words.rendered.text,
            "used_facts": words.used_facts,
        }
        for each, words in worded
    ]
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [LEASE_MINUTES, _as_json(rows), claimed])
        return {row[0] for row in cursor.fetchall()}


def settle(outcomes: Sequence[Outcome], claimed: UUID) -> None:
    """Write what became of contacts that `claimed` holds, each with its receipt, all or none."""
    rows = [
        {
            "id": outcome.contact.pk,
            "state": outcome.state.value,
            "error": _storable(outcome.error),
            "attempts": int(outcome.attempted),
            "minutes": outcome.minutes,
            "reference": _storable(outcome.reference),
            "detail": _storable(outcome.detail),
        }
        for outcome in outcomes
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, {"now": clock.now(), "claim": claimed, "rows": _as_json(rows)})


def _as_json(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(rows, default=str)


def _storable(answer: str) -> str:
    """What the other side said, without the characters that PostgreSQL refuses: a message that has left must settle."""
    return answer.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
