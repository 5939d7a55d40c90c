"""Reads a plan's YAML with the line of every part; what cannot be read is a finding, never a crash."""

import types
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any, Union, get_args, get_origin

import msgspec
import yaml

from sterna.engine import money
from sterna.engine.errors import BadInput, SternaError
from sterna.engine.plans.document import Document, Finding, Part, Plan
from sterna.engine.taxonomy import storable

Read = Callable[[str], str]
_LARGEST = 2**31 - 1  # what the columns of the laid-out plan hold
_WORDS = {int: "a whole number", float: "a number", Decimal: "an amount", date: "a day such as 2017-12-31"}


def load(text: str, read: Read) -> Document:
    """The plan in the YAML `text`; `read` gives the text of a file named beside it (`mjml_file: x.mjml`).

    Files are put in the place of their names, so that the plan stands by itself. `read` raises a SternaError or
    OSError for a file that is not there.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        said = f"the file is not readable as YAML: {error.problem}"
        return _unreadable(line, said, "check the indentation and quotes on this line")
    except RecursionError:
        return _unreadable(None, "the file is nested too deeply to be read", "start from the example plan")
    except yaml.YAMLError as error:
        return _unreadable(None, f"the file is not readable as YAML: {error}", "save it as UTF-8 text")
    if not isinstance(node, yaml.MappingNode):
        return _unreadable(1, "the file holds no plan", "start from the example plan")
    reader = _Reader(read)
    plan = reader.part(node, Plan, "")
    return Document(plan=plan, lines=reader.lines, findings=tuple(reader.findings))


def _unreadable(line: int | None, message: str, mend: str) -> Document:
    finding = Finding("format-yaml", "error", "plan", line, message, mend)
    return Document(plan=Plan(), findings=(finding,), readable=False)


class _Reader:
    """Walks YAML nodes along the types of the plan's parts, keeping lines and findings."""

    def __init__(self, read: Read) -> None:
        self.lines: dict[str, int] = {}
        self.findings: list[Finding] = []
        self._read = read

    def find(self, code: str, where: str, node: yaml.Node, message: str, mend: str) -> None:
        line = node.start_mark.line + 1
        self.findings.append(Finding(code, "error", where or "plan", line, message, mend))

    def part(self, node: yaml.Node, kind: type[Part], where: str) -> Any:
        """`node` as a `kind`, with whatever of it could be read."""
        if not isinstance(node, yaml.MappingNode):
            self.find(
                "format-type", where, node, f"{where} is not a list of names and values", "indent its parts"
            )
            return kind()
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        read: dict[str, Any] = {}
        for key, value in self._items(node, where):
            path = f"{where}.{key}" if where else key
            stem = key.removesuffix("_file")
            name = fields[stem].name if stem in fields else ""
            if name in read:
                self.find("format-twice", path, value, f"{stem!r} is given twice", "keep one of them")
            elif key in fields:
                read[name] = self.value(value, fields[key].type, path)
            elif name:
                read[name] = self._inlined(value, path)
            else:
                known = ", ".join(sorted(fields))
                self.find("format-unknown", path, value, f"{key!r} means nothing here", f"known are: {known}")
        return kind(**read)

    def _items(self, node: yaml.MappingNode, where: str) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if not storable(name):
                self._cannot_be_stored(where, key)
                continue
            self.lines.setdefault(f"{where}.{name}" if where else name, key.start_mark.line + 1)
            if name in seen:
                self.find("format-twice", where, key, f"{name!r} is given twice", "keep one of them")
                continue
            seen.add(name)
            yield name, value

    def value(self, node: yaml.Node, kind: Any, path: str) -> Any:
        """`node` as a `kind`: a part, a list, a mapping of parts, or a scalar; None when empty or unreadable."""
        kind = _without_none(kind)
        if _is_empty(node):
            return () if get_origin(kind) is tuple else {} if get_origin(kind) is dict else None
        if get_origin(kind) is tuple:
            return self._list(node, get_args(kind)[0], path)
        if get_origin(kind) is dict:
            return self._mapping(node, get_args(kind)[1], path)
        if _is_part(kind):
            return self.part(node, kind, path)
        return self._scalar(node, kind, path)

    def _list(self, node: yaml.Node, kind: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            self.find("format-type", path, node, f"{path} is not a list", "start each item with a dash")
            return ()
        for index, item in enumerate(node.value):
            self.lines[f"{path}[{index}]"] = item.start_mark.line + 1
        read = [self._item(item, kind, f"{path}[{index}]") for index, item in enumerate(node.value)]
        return tuple(item for item in read if item is not None)

    def _item(self, node: yaml.Node, kind: Any, path: str) -> Any:
        read = self.value(node, kind, path)
        if _is_empty(node):
            self.find("format-empty", path, node, f"{path} is empty", "fill it in, or take the dash out")
        # A part stays in the list even when empty: those after it would be told by the lines of others.
        return kind() if read is None and _is_part(kind) else read

    def _mapping(self, node: yaml.Node, kind: Any, path: str) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            self.find(
                "format-type", path, node, f"{path} is not a list of names and values", "indent its parts"
            )
            return {}
        read = {key: self.value(value, kind, f"{path}.{key}") for key, value in self._items(node, path)}
        return {key: kind() if value is None else value for key, value in read.items()}

    def _scalar(self, node: yaml.Node, kind: Any, path: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self.find("format-type", path, node, f"{path} holds more than one value", "give one value")
            return None
        if kind is str or not storable(node.value):
            return self._text(node, node.value, path)
        try:
            if kind is Decimal:
                return money.parse(node.value, path)
            read = msgspec.convert(node.value, kind, strict=False)
        except BadInput as error:
            self.find("money-amount", path, node, str(error), "write an amount such as 900.00")
            return None
        except msgspec.ValidationError:
            read = None
        if read is None or not _in_range(read):
            said = f"{path}: {node.value!r} is not {_WORDS[kind]}"
            self.find("format-type", path, node, said, "correct it")
            return None
        return read

    def _text(self, node: yaml.Node, text: str, path: str) -> str | None:
        if storable(text):
            return text
        self._cannot_be_stored(path, node)
        return None

    def _cannot_be_stored(self, path: str, node: yaml.Node) -> None:
        said = f"{path or 'the plan'} holds a character that cannot be stored"
        self.find("format-text", path, node, said, "take out what is written as \\0 or \\ud800")

    def _inlined(self, node: yaml.Node, path: str) -> str | None:
        name = self._scalar(node, str, path)
        if name is None:
            return None
        try:
            return self._text(node, self._read(name), path)
        except (SternaError, OSError) as error:
            said = f"the file {name} cannot be read: {error}"
            self.find("format-file", path, node, said, "put the file beside the plan, or correct its name")
            return None


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return next(member for member in get_args(kind) if member is not type(None))
    return kind


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Part)


def _in_range(read: int | float | date) -> bool:
    """Whether a number is one that the laid-out plan can hold; every day is."""
    if isinstance(read, int):
        return abs(read) <= _LARGEST
    return not isinstance(read, float) or isfinite(read)
