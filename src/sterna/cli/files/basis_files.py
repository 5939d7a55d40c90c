"""Reads what a forecast stands on: counts from a JSON file, or from where customers stood in past periods."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console

from sterna.cli.files.results import tell_refused
from sterna.engine.errors import BadInput
from sterna.engine.lake.beside import text_of

if TYPE_CHECKING:
    from sterna.cli.files.place_files import Standings
    from sterna.engine.plans.forecast import Basis


def read_basis(path: Path, as_of: date | None) -> "Basis":
    """The basis in the JSON file at `path`, as of the day written there or given. Raises BadInput."""
    from sterna.engine.plans.forecast import Basis

    given = read_object(path, [field.encode_name for field in msgspec.structs.fields(Basis)])
    written = given.get("as_of")
    if as_of is not None:
        if written not in (None, as_of.isoformat()):
            raise BadInput(f"{path} counts customers as of {written}, not of {as_of}")
        given["as_of"] = as_of.isoformat()
    elif written is None:
        raise BadInput(f"{path} does not say as of which day it counts: add as_of, or say --as-of")
    try:
        return msgspec.convert({"source": path.name} | given, Basis)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {error}") from None


def read_object(path: Path, names: list[str]) -> dict[str, Any]:
    """The JSON object at `path`, which may hold `names` alone. Raises BadInput."""
    try:
        given = json.loads(text_of(path))
    except ValueError as error:
        raise BadInput(f"{path} is not readable as JSON: {error}") from None
    if not isinstance(given, dict):
        raise BadInput(f"{path} holds no names and values; known are: {', '.join(names)}")
    if foreign := sorted(set(given) - set(names)):
        raise BadInput(f"{path}: {foreign[0]!r} means nothing here; known are: {', '.join(names)}")
    return given


def basis_of_standings(path: Path, months: int, as_of: date, order: str | None) -> "Basis":
    """The basis counted from where customers stood in past periods of `months` months, the last of which ends `as_of`.

    `path` is a file as `sterna matrix` reads it; `order` names the places from the lowest up by commas, else they stand
    by what they brought. Whoever was seen no more is in the place gone, below all others. Raises BadInput.
    """
    from sterna.cli.files import place_files

    read = place_files.read_standings(path, {})
    tell_refused(f"{path.name}, row ", read.refused, Console(stderr=True, highlight=False))
    places = [name.strip() for name in order.split(",")] if order else list(read.places)
    return _counted(read, places, months, as_of, path.name)


def _counted(read: "Standings", places: list[str], months: int, as_of: date, name: str) -> "Basis":
    from sterna.cli.files.place_files import count_moves
    from sterna.engine.plans.forecast import Basis
    from sterna.engine.segments.moves import GONE

    moves, _ = count_moves(read, places)
    stayed, went = moves.stayed.sum(axis=(0, 1)), moves.went.sum(axis=(0, 1))
    last = moves.stayed[-1].sum(axis=(0, 1)) + moves.came[-1].sum(axis=0)
    # Nobody who went was seen to come back: whoever does counts as new.
    rows = [[int(went.sum()), *[0] * len(places)]]
    rows += [[int(gone), *map(int, row)] for gone, row in zip(went, stayed, strict=True)]
    worth, error = _brought(read, months)
    return Basis(
        as_of=as_of,
        places=(GONE, *places),
        months=months,
        moved=tuple(tuple(row) for row in rows),
        headcounts=dict(zip(places, map(int, last), strict=True)),
        worth={GONE: 0.0, **worth} if worth else None,
        worth_error=error,
        source=f"{name}, {len(read.periods)} periods of {months} months from {read.periods[0]} to {read.periods[-1]}",
    )


def _brought(read: "Standings", months: int) -> tuple[dict[str, float], dict[str, float]]:
    """What a customer of each place brought in a month, and its standard error; empty without amounts."""
    if read.brings is None:
        return {}, {}
    found = read.rows.group_by("place").aggregate(
        [("amount", "mean"), ("amount", "stddev"), ("amount", "count")]
    )
    mean, error = {}, {}
    for row in found.to_pylist():
        if row["amount_count"]:
            mean[row["place"]] = float(row["amount_mean"]) / months
            error[row["place"]] = float(row["amount_stddev"]) / months / row["amount_count"] ** 0.5
    return mean, error
