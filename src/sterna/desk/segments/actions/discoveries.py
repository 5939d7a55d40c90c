"""Writes about searches for groupings: asked for by a person, taken up by a worker, ended with what was found."""

from datetime import date
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.segments.profile_models import Discovery
from sterna.desk.segments.searches import Found, Inputs, checked
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

ATTEMPTS = 3  # times that a search is taken up again after it was stopped from outside
LARGEST_SEED = 2**31 - 1
_AT_ONCE = "a search is on already, and one runs at a time: wait until it has ended"


@transaction.atomic
def ask_discovery(run: UUID, until: date, inputs: Inputs, seed: int, actor: User | None) -> Discovery:
    """Have groupings looked for in what a run as of `until` left. Raises Refused while another search is on."""
    demand(actor, Right.MANAGE)
    if not 0 <= seed <= LARGEST_SEED:
        raise Refused(f"the seed is a whole number from 0 to {LARGEST_SEED}")
    stored = msgspec.to_builtins(checked(inputs))
    try:
        with transaction.atomic():
            found = Discovery.objects.create(
                run_id=run, until=until, inputs=stored, seed=seed, asked_by=actor, asked_at=clock.now()
            )
    except IntegrityError as error:
        raise Refused(_AT_ONCE) from error
    record("search for groupings", "discovery", str(found.pk), actor, detail={**stored, "run": str(run)})
    return found


@transaction.atomic
def take_up_discovery() -> Discovery | None:
    """The search that waits, or that a killed worker left; one that was left too often has failed."""
    found = Discovery.objects.select_for_update().filter(is_open=True).first()
    if found is None:
        return None
    if found.attempts >= ATTEMPTS:
        _end(found, Discovery.State.FAILED, error=f"it was stopped {ATTEMPTS} times before its end")
        return None
    found.state, found.done, found.of = Discovery.State.RUNNING, 0, None
    found.attempts += 1
    found.save(update_fields=["state", "attempts", "done", "of"])
    return found


def tell_discovery(found: Discovery, done: int, of: int) -> None:
    """Write down how far a search is: how many counts of groupings were tried, of how many."""
    Discovery.objects.filter(pk=found.pk).update(done=done, of=of)


@transaction.atomic
def end_discovery(found: Discovery, told: Found) -> None:
    """Keep what a search found."""
    kept = msgspec.to_builtins(told)
    _end(
        found,
        Discovery.State.DONE,
        customers=told.customers,
        tried=kept["tried"],
        groupings=kept["groupings"],
        cannot_tell=told.cannot_tell,
    )


@transaction.atomic
def fail_discovery(found: Discovery, error: str) -> None:
    """Write down what stopped a search."""
    _end(found, Discovery.State.FAILED, error=error)


def _end(found: Discovery, state: str, **told: object) -> None:
    fields = {"state": state, "is_open": False, "ended_at": clock.now(), **told}
    # Of two workers that would end it one does, and there is one line of it.
    if Discovery.objects.filter(pk=found.pk, is_open=True).update(**fields):
        why = str(told.get("error", ""))[:500]
        record("end search for groupings", "discovery", str(found.pk), reason=why, detail={"state": state})
