"""`sterna plan forecast`: who would move by a plan, when, at what cost and worth, and whether anybody could tell."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console

from sterna.engine.errors import BadInput

if TYPE_CHECKING:
    from sterna.engine.plans import Plan
    from sterna.engine.plans.forecast import Basis

DAY = "%Y-%m-%d"


def forecast_command(
    path: Annotated[Path, typer.Argument(help="The plan (YAML).", exists=True, dir_okay=False)],
    basis: Annotated[
        Path | None,
        typer.Option(help="The past it goes by (JSON): places, months, moved, headcounts, worth."),
    ] = None,
    standings: Annotated[
        Path | None,
        typer.Option(
            help="Or where customers stood in past periods, CSV or Parquet, as `sterna matrix` reads it."
        ),
    ] = None,
    months: Annotated[
        int | None, typer.Option(min=1, help="How many months a period of the standings has.")
    ] = None,
    order: Annotated[str | None, typer.Option(help="The places of the standings from the lowest up.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=[DAY], help="The day from which it looks ahead.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another version of the plan, laid beside it in the same worlds.")
    ] = None,
    happened: Annotated[
        Path | None,
        typer.Option(help="What was seen since (JSON): moved, by first and last place, to test it."),
    ] = None,
    draws: Annotated[int, typer.Option(help="How many courses are drawn.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Forecast a plan from past moves: customers, cost and worth with intervals, what it hangs on, and its power."""
    from sterna.cli.files.forecast_said import sentences
    from sterna.engine.plans import forecast as engine

    loud = Console(stderr=True, highlight=False)
    plan, ground = read_plan(path), _basis(basis, standings, months, order, as_of.date() if as_of else None)
    seen = _seen(happened, ground) if happened else None
    found = engine.forecast(plan, ground, draws, seed, tell=loud.print)
    levers = engine.sensitivity(plan, ground)
    other = engine.beside(plan, read_plan(against), ground, draws, seed) if against else []
    tested = engine.back_test(found, seen, ground.places) if seen is not None else []
    if as_json:
        told: dict[str, Any] = msgspec.to_builtins(found)
        told |= {"sensitivity": msgspec.to_builtins(levers), "beside": msgspec.to_builtins(other)}
        print(json.dumps(told | {"back_test": msgspec.to_builtins(tested)}, indent=2))
    else:
        print(sentences(found, levers, other, tested))


def read_plan(path: Path) -> "Plan":
    """The plan at `path`, which must have no error of its own. Raises BadInput naming the first one."""
    from sterna.engine import plans
    from sterna.engine.lake.beside import Beside, text_of

    document = plans.load(text_of(path), Beside(path.parent))
    for finding in plans.check(document):
        if finding.severity == "error":
            where = f"{path}:{finding.line or 1}"
            raise BadInput(f"{where}: {finding.code}: {finding.message}; {finding.mend}")
    return document.plan


def _basis(
    basis: Path | None, standings: Path | None, months: int | None, order: str | None, as_of: date | None
) -> "Basis":
    from sterna.cli.files.basis_files import basis_of_standings, read_basis

    if (basis is None) == (standings is None):
        raise BadInput("a forecast goes by the past: say --basis FILE, or --standings FILE with --months")
    if basis is not None:
        return read_basis(basis, as_of)
    if standings is None or months is None or as_of is None:
        raise BadInput(
            "--standings needs --months, the length of a period, and --as-of, the day on which the last ended"
        )
    return basis_of_standings(standings, months, as_of, order)


def _seen(path: Path, basis: "Basis") -> dict[tuple[str, str], int]:
    """What the file at `path` says was seen, by first and last place: {"moved": {"bronze": {"silver": 12}}}."""
    from sterna.cli.files.basis_files import read_object

    given = read_object(path, ["moved"])
    try:
        moved = msgspec.convert(given.get("moved"), dict[str, dict[str, int]])
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: moved: {error}") from None
    for place in sorted({*moved, *(name for row in moved.values() for name in row)} - set(basis.places)):
        raise BadInput(f"{path}: {place!r} is none of the places {', '.join(basis.places)}")
    return {(start, end): count for start, row in moved.items() for end, count in row.items()}
