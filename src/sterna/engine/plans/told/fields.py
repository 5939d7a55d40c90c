"""Tells every field of a plan's part in which something is written, so that a new field is told by itself."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from sterna.engine.plans.parts import Part
from sterna.engine.plans.told.tree import Block
from sterna.engine.plans.told.wording import with_unit, word

Facts = tuple[tuple[str, str], ...]


def shown(value: Any) -> str:
    """A scalar, or a list of scalars, as it is read by people; "" where nothing was written."""
    if value is None or value is msgspec.UNSET:
        return ""
    if isinstance(value, tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {shown(one)}" for name, one in value.items())
    if isinstance(value, int | float | Decimal):
        return f"{value:,}"
    return value.isoformat() if isinstance(value, date) else str(value)


def facts(part: Part | None, without: Collection[str] = (), currency: str = "") -> Facts:
    """Each field of `part` in which something is written, those of a part inside it under its name; money is in
    `currency`.
    """
    if part is None:
        return ()
    told: list[tuple[str, str]] = []
    for field in msgspec.structs.fields(part):
        value, (label, unit) = getattr(part, field.name), word(type(part), field.encode_name)
        if field.encode_name in without or _holds_parts(value):
            continue
        if isinstance(value, Part):
            told += [(f"{label}: {inner}", said) for inner, said in facts(value, (), currency)]
        elif isinstance(value, int | float | Decimal):
            told.append((label, with_unit(value, unit, currency)))
        elif said := shown(value):
            told.append((label, said))
    return tuple(told)


def table(
    parts: Iterable[Part], heading: str = "", without: Collection[str] = (), currency: str = ""
) -> Block:
    """The parts as rows, with a column for each field that one of them has."""
    told = [dict(facts(part, without, currency)) for part in parts]
    head = tuple(dict.fromkeys(name for row in told for name in row))
    rows = tuple(tuple(row.get(name, "") for name in head) for row in told)
    return Block(heading=heading, head=head, rows=rows)


def _holds_parts(value: Any) -> bool:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
    return any(isinstance(one, Part) for one in inner)
