"""Erases a person everywhere: closes the door first, then step by step, so that a kill only delays the rest."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.config.personal import Erased, Keeper, Subject, keepers
from sterna.desk.config.refused import Refused
from sterna.desk.customers import queries
from sterna.desk.customers.actions.acting import act_on_inbox
from sterna.desk.customers.actions.projecting import lock_identification
from sterna.desk.customers.models import Address, Customer, Erasure, Fact, SharedValue, SourceRecord
from sterna.desk.sources import suppression
from sterna.desk.sources.actions.suppressing import close_the_door, suppress
from sterna.desk.sources.models import Suppressed
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User

# Held for a whole erasure, and by a backup: one at a time, and none while files are copied.
ERASING = 5_307_106
# Facts of these classes tell who somebody is in a sentence.
NAMING = ("name.", "contact.")
REACHED = (suppression.EMAIL, suppression.PHONE)


def erase(customer: Customer, reason: str, actor: User | None) -> Erasure:
    """Erase the person whose customer this is, with every id that leads there; returns what was done.

    From the first commit on nothing more of them is taken in. What is left after a kill is done by
    `finish_erasures`. Raises Refused without the right or a reason, and for somebody who is not there.
    """
    demand(actor, Right.ADMINISTER)
    if not reason.strip():
        raise Refused("write why: the audit keeps it")
    with erasing():
        # So that a device that waits in the inbox is known as theirs, and is not taken in again.
        act_on_inbox()
        begun = begin(customer, reason, actor)
        return _finish(begun)


@contextmanager
def erasing(wait: bool = True) -> Iterator[bool]:
    """Be the only one who erases; without `wait` it yields False when somebody else is."""
    with connection.cursor() as cursor:
        cursor.execute(f"select pg_{'' if wait else 'try_'}advisory_lock(%s)", [ERASING])
        row = cursor.fetchone()
        held = wait or bool(row and row[0])
        try:
            yield held
        finally:
            if held:
                cursor.execute("select pg_advisory_unlock(%s)", [ERASING])


def finish_erasures() -> int:
    """Finish what a kill left; returns how many were finished. Does nothing while somebody erases."""
    if not Erasure.objects.filter(state=Erasure.State.RUNNING).exists():
        return 0
    with erasing(wait=False) as alone:
        left = list(Erasure.objects.filter(state=Erasure.State.RUNNING)) if alone else []
        for erasure in left:
            _finish(erasure)
        return len(left)


@transaction.atomic
def begin(customer: Customer, reason: str, actor: User | None) -> Erasure:
    """Close the door behind a person, and write down who has to be erased; the rest can be done after a kill."""
    close_the_door()
    lock_identification()
    subject = subject_of(customer)
    others = tuple(found for keeper in keepers() for found in keeper.collect(subject))
    subject = msgspec.structs.replace(subject, others=others)
    mine, shared = _own_values(subject)
    erasure = Erasure.objects.create(
        id=UUID(subject.id),
        requested_at=clock.now(),
        requested_by=actor,
        subject=msgspec.to_builtins(subject),
        suppressed=suppress(mine, UUID(subject.id)),
        shared=len(shared),
    )
    found = [each for keeper in keepers() for each in keeper.at_once(subject)]
    _note(erasure, "door", found)
    record("begin erasure", "erasure", str(erasure.pk), actor, reason)
    return erasure


def subject_of(customer: Customer) -> Subject:
    """The whole cluster of a customer as an erasure or an export needs it. Raises Refused for nobody."""
    root = Customer.objects.filter(pk=customer.redirects_to_id or customer.pk).first()
    if root is None:
        raise Refused("this customer is not there; who was erased is not erased again")
    records = list(SourceRecord.objects.filter(customer=root).order_by("sequence"))
    naming = Fact.objects.filter(source_record__in=records).values_list("fact_class", "value")
    told = [(each, value) for each, value in naming if each.startswith(NAMING)]
    reached = {(each.medium, each.address) for each in queries.addresses(root)}
    reached |= {(each.rpartition(".")[2], value) for each, value in told if each.endswith(REACHED)}
    return Subject(
        id=str(new_id()),
        customers=tuple(queries.cluster_ids(root)),
        records=tuple(each.pk for each in records),
        keys=tuple(each.key for each in records),
        identifiers=tuple((each.source, each.kind, each.value) for each in records),
        reached=tuple(sorted(reached)),
        words=tuple(sorted({value for _, value in told})),
    )


def _own_values(subject: Subject) -> tuple[list[suppression.Named], list[suppression.Named]]:
    """The identifiers that are this person's alone, and those that stand for somebody else too.

    Somebody with whom they share an e-mail address or a tablet must not lose it.
    """
    named = {(kind, value) for _, kind, value in subject.identifiers}
    named |= {(medium, address) for medium, address in subject.reached if medium in REACHED}
    shared = [pair for pair in sorted(named) if _is_another_s(*pair, subject)]
    return sorted(named.difference(shared)), shared


def _is_another_s(kind: str, value: str, subject: Subject) -> bool:
    if SharedValue.objects.filter(kind=kind, value=value).exists():
        return True
    if SourceRecord.objects.filter(kind=kind, value=value).exclude(pk__in=subject.records).exists():
        return True
    others = Address.objects.filter(medium=kind, address=value).exclude(source_record__in=subject.records)
    return others.exclude(customer__in=subject.customers).exists()


def _finish(erasure: Erasure) -> Erasure:
    subject = msgspec.convert(erasure.subject, Subject)
    with ExitStack() as stack:
        for keeper in keepers():
            stack.enter_context(keeper.hold())
        for keeper in keepers():
            step(erasure, keeper, subject)
    return _end(erasure, subject)


@transaction.atomic
def step(erasure: Erasure, keeper: Keeper, subject: Subject) -> None:
    """Do one step and write down that it is done, all or nothing; one that is done stays as it is."""
    held = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if not any(each["step"] == keeper.name for each in held.steps):
        _note(held, keeper.name, keeper.erase(subject))
    erasure.steps = held.steps


def _note(erasure: Erasure, name: str, found: Sequence[Erased]) -> None:
    done = [[each.where, each.how, each.number] for each in found]
    erasure.steps = [*erasure.steps, {"step": name, "done_at": clock.now().isoformat(), "erased": done}]
    erasure.save(update_fields=["steps"])


@transaction.atomic
def _end(erasure: Erasure, subject: Subject) -> Erasure:
    erasure.state, erasure.done_at, erasure.subject = Erasure.State.DONE, clock.now(), None
    erasure.receipt = _receipt(erasure)
    erasure.save(update_fields=["state", "done_at", "subject", "receipt"])
    done = [each for one in erasure.steps for each in one["erased"]]
    detail = {"places": len({where for where, _, _ in done}), "identifiers": erasure.suppressed}
    record("end erasure", "erasure", str(erasure.pk), erasure.requested_by, detail=detail)
    _list(erasure)
    return erasure


def _receipt(erasure: Erasure) -> str:
    counts: dict[tuple[str, str], int] = {}
    for where, how, number in (each for one in erasure.steps for each in one["erased"]):
        counts[where, how] = counts.get((where, how), 0) + number
    return "\n".join(
        [
            f"Receipt of erasure {erasure.pk}",
            f"Asked for {erasure.requested_at:%Y-%m-%d %H:%M} UTC, done {erasure.done_at:%Y-%m-%d %H:%M} UTC.",
            "",
            *(f"{where}: {number:,} {how}" for (where, how), number in sorted(counts.items())),
            "",
            f"{erasure.suppressed} identifiers stand as keyed hashes on the list of those who are not taken in again; "
            f"{erasure.shared} are somebody else's too and do not.",
            "What stays: lines of the audit, with a pseudonym; counts and sums over many customers; backups that were "
            "made before, until they are thrown away: one that is restored erases this person again by the list.",
        ]
    )


def list_file() -> Path:
    """The list of erasures for restored backups: one JSON line each, hashes and no names."""
    named = options.text("STERNA_ERASE_LIST")
    return Path(named).expanduser() if named else options.home() / "erased.jsonl"


def _list(erasure: Erasure) -> None:
    """Append the erasure to the list, inside the transaction that ends it: twice after a kill is as good as once."""
    hashes = Suppressed.objects.filter(erasure=erasure.pk).order_by("hash").values_list("hash", flat=True)
    line: dict[str, Any] = {
        "erasure": str(erasure.pk),
        "at": clock.now().isoformat(),
        "key": suppression.fingerprint(),
        "hashes": [bytes(each).hex() for each in hashes],
    }
    path = list_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
