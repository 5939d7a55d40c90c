"""Reads a plan's YAML with the line of every part; what cannot be read is a finding, never a crash."""

import types
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Union, get_args, get_origin

import msgspec
import yaml

from sterna.engine import money
from sterna.engine.errors import BadInput, SternaError
from sterna.engine.plans.document import Document, Finding, Part, Plan

Read = Callable[[str], str]
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
            if key in fields:
                read[fields[key].name] = self.value(value, fields[key].type, path)
            elif stem != key and stem in fields:
                read[fields[stem].name] = self._inlined(value, path)
            else:
                known = ", ".join(sorted(fields))
                self.find("format-unknown", path, value, f"{key!r} means nothing here", f"known are: {known}")
        return kind(**read)

    def _items(self, node: yaml.MappingNode, where: str) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            self.lines.setdefault(f"{where}.{name}" if where else name, key.start_mark.line + 1)
            if name in seen:
                self.find("format-twice", where, key, f"{name!r} is given twice", "keep one of them")
                continue
            seen.add(name)
            yield name, value

    def value(self, node: yaml.Node, kind: Any, path: str) -> Any:
        """`node` as a `kind`: a part, a list, a mapping of parts, or a scalar; None when empty or unreadable."""
        kind = _without_none(kind)
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
            return () if get_origin(kind) is tuple else {} if get_origin(kind) is dict else None
        if get_origin(kind) is tuple:
            return self._list(node, get_args(kind)[0], path)
        if get_origin(kind) is dict:
            return self._mapping(node, get_args(kind)[1], path)
        if isinstance(kind, type) and issubclass(kind, Part):
            return self.part(node, kind, path)
        return self._scalar(node, kind, path)

    def _list(self, node: yaml.Node, kind: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            self.find("format-type", path, node, f"{path} is not a list", "start each item with a dash")
            return ()
        for index, item in enumerate(node.value):
            self.lines[f"{path}[{index}]"] = item.start_mark.line + 1
        read = [self.value(item, kind, f"{path}[{index}]") for index, item in enumerate(node.value)]
        return tuple(item for item in read if item is not None)

    def _mapping(self, node: yaml.Node, kind: Any, path: str) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            self.find(
                "format-type", path, node, f"{path} is not a list of names and values", "indent its parts"
            )
            return {}
        return {key: self.value(value, kind, f"{path}.{key}") for key, value in self._items(node, path)}

    def _scalar(self, node: yaml.Node, kind: Any, path: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self.find("format-type", path, node, f"{path} holds more than one value", "give one value")
            return None
        if kind is str:
            return node.value
        try:
            if kind is Decimal:
                return money.parse(node.value, path)
            return msgspec.convert(node.value, kind, strict=False)
        except BadInput as error:
            self.find("money-amount", path, node, str(error), "write an amount such as 900.00")
        except msgspec.ValidationError:
            self.find(
                "format-type", path, node, f"{path}: {node.value!r} is not {_WORDS[kind]}", "correct it"
            )
        return None

    def _inlined(self, node: yaml.Node, path: str) -> str | None:
        try:
            return self._read(str(node.value))
        except (SternaError, OSError) as error:
            said = f"the file {node.value} cannot be read: {error}"
            self.find("format-file", path, node, said, "put the file beside the plan, or correct its name")
            return None


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return next(member for member in get_args(kind) if member is not type(None))
    return kind
