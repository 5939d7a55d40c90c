"""Hands out and erases what is kept of a person, from the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from sterna.cli.desk import setup
from sterna.engine.errors import BadInput

if TYPE_CHECKING:
    from sterna.desk.customers.models import Customer, Erasure

privacy_commands = typer.Typer(no_args_is_help=True, help="What is kept of a person: hand it out, erase it.")
Who = Annotated[
    str,
    typer.Argument(help="The customer's id, or an identifier as KIND:VALUE such as email:ann@shop.example."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@privacy_commands.command("export")
def export_command(
    who: Who, out: Annotated[Path, typer.Option("--out", help="The archive (zip) to write.")]
) -> None:
    """Write all that is kept of a person into one archive."""
    setup()
    from sterna.desk.customers.actions.exporting import export_person

    if out.exists():
        raise BadInput(f"{out} is there already: name a new file")
    _, data = export_person(customer(who))
    out.touch(mode=0o600)
    out.write_bytes(data)
    print(f"{out}: {len(data):,} bytes")


@privacy_commands.command("erase")
def erase_command(
    who: Who,
    reason: Annotated[str, typer.Option(help="Why; the audit keeps it.")],
    as_json: Json = False,
) -> None:
    """Erase a person everywhere, for good, and print the receipt."""
    setup()
    from sterna.desk.customers.actions.erasing import erase

    done = erase(customer(who), reason, None)
    print(json.dumps(_told(done), indent=2) if as_json else done.receipt)


@privacy_commands.command("finish")
def finish_command() -> None:
    """Finish erasures that a kill left half done; a worker does it too."""
    setup()
    from sterna.desk.customers.actions.erasing import finish_erasures

    print(f"{finish_erasures()} finished")


@privacy_commands.command("receipts")
def receipts_command(as_json: Json = False) -> None:
    """Print the receipts of all erasures."""
    setup()
    from sterna.desk.customers.models import Erasure

    found = list(Erasure.objects.all())
    if as_json:
        print(json.dumps([_told(each) for each in found], indent=2))
    else:
        print("\n\n".join(each.receipt or f"Erasure {each.pk} is going on." for each in found) or "none")


def customer(who: str) -> "Customer":
    """The customer that a word on the command line names; raises BadInput when it names nobody, or more than one."""
    from sterna.desk.customers.models import Address, Customer, SourceRecord

    try:
        found = set(Customer.objects.filter(pk=UUID(who)))
    except ValueError:
        kind, colon, value = who.partition(":")
        if not colon:
            raise BadInput(f"{who!r} is neither an id nor KIND:VALUE") from None
        records = SourceRecord.objects.select_related("customer").filter(kind=kind, value=value)
        found = {each.customer for each in records}
        reached = Address.objects.select_related("customer", "source_record__customer")
        for each in reached.filter(medium=kind, address=value):
            found.add(each.source_record.customer if each.source_record else each.customer)
    if len(found) != 1:
        raise BadInput(
            f"{who!r} names {len(found) or 'no'} customer{'' if len(found) == 1 else 's'}: give the id"
        )
    return found.pop()


def _told(erasure: "Erasure") -> dict[str, Any]:
    return {
        "erasure": str(erasure.pk),
        "state": erasure.state,
        "asked_at": erasure.requested_at.isoformat(),
        "done_at": erasure.done_at and erasure.done_at.isoformat(),
        "steps": erasure.steps,
        "suppressed": erasure.suppressed,
        "shared": erasure.shared,
        "receipt": erasure.receipt,
    }
