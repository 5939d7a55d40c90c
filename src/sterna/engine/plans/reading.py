"""Reads a plan's YAML along the types of its parts; what cannot be read is a finding, never a crash."""

import types
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any, Union, get_args, get_origin

import msgspec

from sterna.engine import money
from sterna.engine.documents import Source, read_yaml, storable
from sterna.engine.errors import BadInput, SternaError
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.parts import Part

Read = Callable[[str], str]
_LARGEST = 2**31 - 1  # what the columns of the laid-out plan hold
_WORDS = {int: "a whole number", float: "a number", Decimal: "an amount", date: "a day such as 2017-12-31"}


def load(text: str, read: Read) -> Document:
    """The plan in the YAML `text`; `read` gives the text of a file named beside it (`mjml_file: x.mjml`).

    Files are put in the place of their names, so that the plan stands by itself. `read` raises a SternaError or
    OSError for a file that is not there.
    """
    source = read_yaml(text, "plan")
    if source.findings and not source.value:
        return Document(plan=Plan(), findings=tuple(source.findings), readable=False)
    plan = _Reader(source, read).part(source.value, Plan, "")
    return Document(plan=plan, lines=source.lines, findings=tuple(source.findings))


class _Reader:
    """Walks the values of a source along the types of the plan's parts; what does not fit is a finding."""

    def __init__(self, source: Source, read: Read) -> None:
        self._source, self._find = source, source.add
        self._read = read

    def part(self, given: Any, kind: type[Part], where: str) -> Any:
        """`given` as a `kind`, with whatever of it could be read."""
        if not self._is_mapping(given, where):
            return kind()
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        read: dict[str, Any] = {}
        for key, value in given.items():
            path = f"{where}.{key}" if where else key
            stem = key.removesuffix("_file")
            name = fields[stem].name if stem in fields else ""
            if name in read:
                self._find("format-twice", path, f"{stem!r} is given twice", "keep one of them")
            elif key in fields:
                read[name] = self.value(value, fields[key].type, path)
            elif name:
                read[name] = self._inlined(value, path)
            else:
                known = ", ".join(sorted(fields))
                self._find("format-unknown", path, f"{key!r} means nothing here", f"known are: {known}")
        return kind(**read)

    def value(self, given: Any, kind: Any, path: str) -> Any:
        """`given` as a `kind`: a part, a list, a mapping of parts, or a scalar; None when empty or unreadable."""
        kind = _without_none(kind)
        if given is None:
            return () if get_origin(kind) is tuple else {} if get_origin(kind) is dict else None
        if get_origin(kind) is tuple:
            return tuple(self._list(given, get_args(kind)[0], path))
        if get_origin(kind) is dict:
            return self._mapping(given, get_args(kind)[1], path)
        if _is_part(kind):
            return self.part(given, kind, path)
        return self._scalar(given, kind, path)

    def _list(self, given: Any, kind: Any, path: str) -> Iterator[Any]:
        if not isinstance(given, list):
            self._find("format-type", path, f"{path} is not a list", "start each item with a dash")
            return
        for index, item in enumerate(given):
            place = f"{path}[{index}]"
            if item is None and not self._source.told(place):
                self._find("format-empty", place, f"{place} is empty", "fill it in, or take the dash out")
            read = self.value(item, kind, place)
            # A part stays in the list even when empty: those after it would be told by the lines of others.
            if read is not None or _is_part(kind):
                yield kind() if read is None else read

    def _mapping(self, given: Any, kind: Any, path: str) -> dict[str, Any]:
        if not self._is_mapping(given, path):
            return {}
        read = {key: self.value(value, kind, f"{path}.{key}") for key, value in given.items()}
        return {key: kind() if value is None else value for key, value in read.items()}

    def _is_mapping(self, given: Any, path: str) -> bool:
        if isinstance(given, dict):
            return True
        self._find("format-type", path, f"{path} is not a list of names and values", "indent its parts")
        return False

    def _scalar(self, given: Any, kind: Any, path: str) -> Any:
        if not isinstance(given, str):
            self._find("format-type", path, f"{path} holds more than one value", "give one value")
            return None
        if kind is str:
            return given
        try:
            if kind is Decimal:
                return money.parse(given, path)
            read = msgspec.convert(given, kind, strict=False)
        except BadInput as error:
            self._find("money-amount", path, str(error), "write an amount such as 900.00")
            return None
        except msgspec.ValidationError:
            read = None
        if read is None or not _in_range(read):
            self._find("format-type", path, f"{path}: {given!r} is not {_WORDS[kind]}", "correct it")
            return None
        return read

    def _inlined(self, given: Any, path: str) -> str | None:
        name = None if given is None else self._scalar(given, str, path)
        if name is None:
            return None
        try:
            text = self._read(name)
        except (SternaError, OSError) as error:
            said = f"the file {name} cannot be read: {error}"
            self._find("format-file", path, said, "put the file beside the plan, or correct its name")
            return None
        if storable(text):
            return text
        said = f"the file {name} holds a character that cannot be stored"
        self._find("format-text", path, said, "take the NUL or the half of a surrogate pair out of it")
        return None


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return next(member for member in get_args(kind) if member is not type(None))
    return kind


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Part)


def _in_range(read: int | float | date) -> bool:
    """Whether a number is one that the laid-out plan can hold; every day is."""
    if isinstance(read, int):
        return abs(read) <= _LARGEST
    return not isinstance(read, float) or isfinite(read)
