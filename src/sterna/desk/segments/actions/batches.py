"""Carries out what a run says of a scheme's places, or holds it back; a person applies, discards and undoes it."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.ids import new_id
from sterna.desk.config.refused import Refused
from sterna.desk.segments.actions.announcing import announce, opened_by
from sterna.desk.segments.actions.places import record_places, take_back
from sterna.desk.segments.models import Batch, Definition, Membership, Move
from sterna.desk.segments.tier_queries import moving
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

# What `record_places` reads, out of what a run published of each customer.
_STAGED = """
create temporary table staged_places on commit drop as
select m.scheme, m.customer_id::text as customer_id, m.to_place, m.to_rank, m.to_amount, m.earned_place, m.earned_rank,
    nullif(m.held_by, '') as held_by, m.missing, m.hold_until, m.warned_on, named.row_id
from segments_move as m join named on named.customer_id = m.customer_id
where m.run_id = %s and m.scheme = %s
"""
_VERBS: dict[str, str] = {
    Batch.State.APPLIED: "apply",
    Batch.State.DISCARDED: "discard",
    Batch.State.UNDONE: "undo",
}
LONGEST_REASON = 300


class _TooMany(Exception):
    """The moves pass the limit: what was taken back to count them is put back."""


def carry(run_id: UUID, cut: date, definition: Definition) -> dict[str, int]:
    """Carry a scheme's memberships forward, unless more move than its limit lets; returns what was done, by name.

    Counted are moves up and down of who was placed by the same version, against who stood in a tier. First placings
    and new versions are let through: whoever published the version has seen what it does.
    """
    said = definition.body.get("change_limit")
    limit = None if said is None else Decimal(str(said))
    try:
        with transaction.atomic():
            take_back(definition.name, cut)
            moved, members = moving(definition)
            if limit is not None and moved > limit * members:
                raise _TooMany
            closed, opened = record_places(run_id, cut, definition)
    except _TooMany:
        _supersede(definition.name, Batch.State.WAITING)
        _enter(run_id, cut, definition, Batch.State.WAITING, moved, members)
        return {"held back": moved}
    _supersede(definition.name, Batch.State.WAITING)
    _supersede(definition.name, Batch.State.CARRIED, Batch.State.APPLIED, cut=cut)
    _enter(run_id, cut, definition, Batch.State.CARRIED, moved, members)
    return {"memberships closed": closed, "memberships opened": opened}


def _supersede(scheme: str, *states: str, cut: date | None = None) -> None:
    """A newer run took the place of what waits, or was done on the day `cut` or later."""
    found = Batch.objects.filter(scheme=scheme, state__in=states)
    (found.filter(cut__gte=cut) if cut else found).update(state=Batch.State.SUPERSEDED)


def _enter(run_id: UUID, cut: date, definition: Definition, state: str, moved: int, members: int) -> None:
    given = {"definition": definition, "cut": cut, "state": state, "moved": moved, "members": members}
    Batch.objects.update_or_create(run_id=run_id, scheme=definition.name, defaults=given)


@transaction.atomic
def apply_batch(pk: UUID, actor: User | None, reason: str) -> Batch:
    """Carry out what a run held back, as of the day it was for; nothing of the scheme has moved since."""
    batch = _decided(pk, actor, reason, Batch.State.WAITING)
    if not Move.objects.filter(run_id=batch.run_id, scheme=batch.scheme).exists():
        raise Refused(
            "the rows of each customer of this run are not kept any more: start a run, it finds them anew"
        )
    _stage(batch)
    closed, opened = record_places(batch.run_id, batch.cut, batch.definition)
    return _settle(batch, Batch.State.APPLIED, actor, reason, {"closed": closed, "opened": opened})


def _stage(batch: Batch) -> None:
    """Lay a run's moves of the scheme out as its publisher did."""
    found = Move.objects.filter(run_id=batch.run_id, scheme=batch.scheme)
    # Read before the connection is busy taking them in again.
    customers = list(found.order_by("customer").values_list("customer", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("create temporary table named (customer_id uuid, row_id text) on commit drop")
        with cursor.copy("copy named from stdin") as copy:
            for customer in customers:
                copy.write_row([customer, str(new_id())])
        cursor.execute(_STAGED, [batch.run_id, batch.scheme])


@transaction.atomic
def discard_batch(pk: UUID, actor: User | None, reason: str) -> Batch:
    """Leave everybody where they are, whatever the run found; the next run judges anew."""
    return _settle(_decided(pk, actor, reason, Batch.State.WAITING), Batch.State.DISCARDED, actor, reason, {})


@transaction.atomic
def undo_batch(pk: UUID, actor: User | None, reason: str) -> Batch:
    """Put whom a run moved back as of today, who is still where it put them; who moved since is left and counted.

    Who was placed for the first time has nowhere to go back to and stays. Once undone, it cannot be undone again.
    """
    batch = _decided(pk, actor, reason, Batch.State.CARRIED, Batch.State.APPLIED)
    moved = {
        stay.customer_id: stay
        for stay in Membership.objects.filter(
            run_id=batch.run_id, scheme=batch.scheme, during__startswith=batch.cut
        )
    }
    before = {
        stay.customer_id: stay
        for stay in Membership.objects.filter(scheme=batch.scheme, during__endswith=batch.cut)
        if stay.customer_id in moved and stay.place != moved[stay.customer_id].place
    }
    back = [(moved[who], stay) for who, stay in before.items() if moved[who].during.upper is None]
    day = max(clock.today(), batch.cut)
    _put_back(back, day, reason)
    announce(batch.definition, day, "undo", opened_by(batch.run_id, day, batch.scheme))
    batch.left = len(before) - len(back)
    return _settle(batch, Batch.State.UNDONE, actor, reason, {"put back": len(back), "left": batch.left})


def _put_back(back: list[tuple[Membership, Membership]], day: date, reason: str) -> None:
    """End the stays on `day`, none of which is left where they began on it, and open those of before."""
    ended = [stay.pk for stay, _ in back]
    if all(stay.during.lower == day for stay, _ in back):
        Membership.objects.filter(pk__in=ended).delete()
    else:
        began = back[0][0].during.lower
        Membership.objects.filter(pk__in=ended).update(during=DateRange(began, day))
    Membership.objects.bulk_create(
        [
            Membership(
                customer_id=stay.customer_id, scheme=stay.scheme, place=before.place, rank=before.rank,
                during=DateRange(day, None), amount=stay.amount, definition_id=stay.definition_id,
                cause=f"Undone: {reason.strip()}", run_id=stay.run_id,
            )
            for stay, before in back
        ],
        batch_size=5_000,
    )  # fmt: skip


def _decided(pk: UUID, actor: User | None, reason: str, *states: str) -> Batch:
    """The batch, held until the end of the transaction. Raises Refused unless it is in one of `states`."""
    demand(actor, Right.MANAGE)
    said = reason.strip()
    if not said:
        raise Refused("write why: the audit keeps it")
    if len(said) > LONGEST_REASON:
        raise Refused(f"the reason has {len(said)} letters: say it in {LONGEST_REASON}")
    batch = Batch.objects.select_for_update(of=("self",)).select_related("definition").filter(pk=pk).first()
    if batch is None:
        raise Refused("there are no such moves")
    if batch.state not in states:
        raise Refused(f"it is too late for that: {batch.get_state_display().lower()}")
    return batch


def _settle(batch: Batch, state: str, actor: User | None, reason: str, detail: dict[str, int]) -> Batch:
    batch.state, batch.reason, batch.decided_by, batch.decided_at = state, reason.strip(), actor, clock.now()
    batch.save()
    told = {"scheme": batch.scheme, "cut": str(batch.cut), **detail}
    record(f"{_VERBS[state]} tier moves", "batch", str(batch.pk), actor, reason, told)
    return batch
