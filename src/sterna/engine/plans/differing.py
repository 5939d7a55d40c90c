"""Tells two versions of a plan apart: which parts are new, which are gone, and what is otherwise in the rest."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from sterna.engine.plans.document import Plan, body

How = Literal["new", "gone", "otherwise"]

# What names a part among others of its kind, first come first: an id where it has one.
_NAMES = ("id", "medium", "class", "name", "measure", "from", "title")
# Every version has its own, and what differs only in it is the same plan.
_NUMBERS = ("version",)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that differs: of the `kind` of parts such as goals the one called `part`, or the plan's head.

    Of what is otherwise, `field` says where, as `behavior.target`, and `before` and `after` what stood and stands
    there, empty where nothing does.
    """

    how: How
    kind: str
    part: str = ""
    field: str = ""
    before: str = ""
    after: str = ""


def differences(first: Plan, second: Plan) -> list[Difference]:
    """What the second plan has otherwise than the first: its head, then its parts by kind in the plan's own order."""
    one, other = body(first), body(second)
    kinds = list(dict.fromkeys([*one, *other]))
    listed = [kind for kind in kinds if isinstance(one.get(kind, other.get(kind)), list | tuple)]
    heads = [
        {name: value for name, value in each.items() if name not in (*listed, *_NUMBERS)}
        for each in (one, other)
    ]
    found = list(_fields("plan", "", *heads))
    for kind in listed:
        found += _kind(kind, _named(one.get(kind, ())), _named(other.get(kind, ())))
    return found


def _kind(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield Difference(how="gone", kind=kind, part=name)
        elif name not in before:
            yield Difference(how="new", kind=kind, part=name)
        else:
            yield from _fields(kind, name, before[name], after[name])


def _fields(kind: str, part: str, before: Any, after: Any) -> Iterator[Difference]:
    flat, other = dict(_flat(before)), dict(_flat(after))
    for field in dict.fromkeys([*flat, *other]):
        was, now = flat.get(field, ""), other.get(field, "")
        if was != now:
            yield Difference(how="otherwise", kind=kind, part=part, field=field, before=was, after=now)


def _named(listed: Any) -> dict[str, Any]:
    """The parts of a list by name; those of one name, and those without, are told apart by a number."""
    found: dict[str, Any] = {}
    for place, one in enumerate(listed, start=1):
        given = next((one[name] for name in _NAMES if isinstance(one, dict) and one.get(name)), None)
        name = f"number {place}" if given is None else str(given)
        while name in found:
            name = f"{name} again"
        found[name] = one
    return found


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar of a part with its path; a list of scalars is one, parts in a list are called by their names."""
    if isinstance(value, list | tuple) and any(isinstance(one, dict) for one in value):
        value = _named(value)
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _flat(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        yield path, ", ".join(map(str, value))
    elif value is not None:
        yield path, str(value)
