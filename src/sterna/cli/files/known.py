"""Reads what is known of a program from a JSON file, so that a plan can be compared with it without an installation."""

from pathlib import Path
from typing import Any

import msgspec

from sterna.cli.files.basis_files import read_object
from sterna.engine.errors import BadInput
from sterna.engine.plans import Known

_SHARES = ("fill", "identified", "reachable")


def read_known(path: Path) -> Known:
    """The Known in the JSON file at `path`. Raises BadInput naming what is wrong in it, and where."""
    given = read_object(path, [field.name for field in msgspec.structs.fields(Known)])
    try:
        known = msgspec.convert(given, Known)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {error}") from None
    return _in_bounds(known, path)


def _in_bounds(known: Known, path: Path) -> Known:
    for field in _SHARES:
        shares: dict[str, Any] = getattr(known, field) or {}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise BadInput(f"{path}: {field} of {name} is {share}, not a share between 0 and 1")
    for place, count in (known.headcounts or {}).items():
        if count < 0:
            raise BadInput(f"{path}: {place} holds {count} customers, fewer than none")
    for name, counted in (known.baselines or {}).items():
        if counted.customers < 1 or counted.error < 0:
            raise BadInput(f"{path}: the baseline of {name} is counted of nobody, or with an error below 0")
    return known
