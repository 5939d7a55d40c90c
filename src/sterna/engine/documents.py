"""Documents that people write: YAML as plain values with the line of each, and findings where it is wrong.

What cannot be read is a finding, never a crash. Plans, taxonomies, books of rules and of patterns are read here.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar

import msgspec
import yaml

from sterna.engine.errors import BadInput

T = TypeVar("T")
Severity = Literal["error", "warning", "note"]
_MOST_VALUES = 200_000  # aliases of aliases can write out gigabytes from a few lines
_PLACE = re.compile(r"^(?P<said>.*?)(?: - at `\$(?P<path>.*)`)?$", re.S)


class Finding(msgspec.Struct, frozen=True):
    """What a check says: a stable code, how grave, where (with its line, None without a text), how to mend it."""

    code: str
    severity: Severity
    where: str
    line: int | None
    message: str
    mend: str


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep a document from being used."""
    return [finding for finding in findings if finding.severity == "error"]


def first_error(findings: Sequence[Finding]) -> str | None:
    """The first error in one line that a person can act on; None when there is none."""
    for found in errors(findings):
        line = f"line {found.line}: " if found.line else ""
        return f"{line}{found.message}; {found.mend}"
    return None


class Source(msgspec.Struct, kw_only=True):
    """A YAML text as read: mappings, lists and texts (every scalar stays text), and the line of each path.

    `value` is empty when nothing could be read; then `findings` says why. `what` is the word for the whole.
    """

    what: str = "document"
    value: dict[str, Any] = {}
    lines: dict[str, int] = {}
    findings: list[Finding] = []

    def part(self, value: Any, kind: type[T], where: str) -> T | None:
        """`value` as a `kind`; None and a finding at its line when it is not one."""
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            match = _PLACE.match(str(error))
            assert match is not None
            place = (where + (match["path"] or "")).lstrip(".")
            said = match["said"].replace("`", "'")
            self.add("format-type", place, f"{place or f'the {self.what}'}: {said}", "correct it")
            return None

    def whole(self, kind: type[T]) -> T:
        """The whole document as a `kind`; raises BadInput with the line of the first thing that is wrong."""
        read = self.part(self.value, kind, "") if self.value else None
        if read is None or self.findings:
            raise BadInput(first_error(self.findings) or f"the {self.what} is empty")
        return read

    def add(self, code: str, where: str, message: str, mend: str, node: yaml.Node | None = None) -> None:
        """Keep an error found at `where`: on the line of `node`, or where that part of the text begins."""
        line = node.start_mark.line + 1 if node else line_of(self.lines, where)
        self.findings.append(Finding(code, "error", where or self.what, line, message, mend))

    def told(self, where: str) -> bool:
        """Whether something was already found at `where`."""
        return any(finding.where == where for finding in self.findings)

    def items(self, name: str) -> list[Any]:
        """The list under `name`; empty, with a finding if it is something else, when there is none."""
        listed = self.value.get(name)
        if listed is None or isinstance(listed, list):
            return listed or []
        self.add("format-type", name, f"{name} is not a list", "start each item with a dash")
        return []


def sha(value: Any) -> str:
    """The SHA-256 of the canonical JSON of `value` (sorted keys, no spaces): the same document, the same hash."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


def storable(text: str) -> bool:
    """Whether the records and the lake can hold `text`: neither a NUL nor half of a surrogate pair is in it."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def line_of(lines: dict[str, int], where: str) -> int | None:
    """The line of `where`, or of the nearest part around it that the text has."""
    while where:
        if where in lines:
            return lines[where]
        where = where[: max(where.rfind("."), where.rfind("["), 0)]
    return None


def read_yaml(text: str, what: str = "document") -> Source:
    """The mapping in the YAML `text`, which is a `what` in the words of its findings."""
    source = Source(what=what)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        said = f"the file is not readable as YAML: {error.problem}"
        return _unreadable(what, line, said, "check the indentation and quotes on this line")
    except yaml.YAMLError as error:
        return _unreadable(what, None, f"the file is not readable as YAML: {error}", "save it as UTF-8 text")
    except RecursionError:
        return _unreadable(what, None, "the file nests too deeply to be read", "write it as in the example")
    if not isinstance(node, yaml.MappingNode):
        return _unreadable(what, 1, f"the file holds no {what}", "start from the example")
    walk = _Walk(source)
    value = walk.value(node, "")
    if walk.left < 0:
        return _unreadable(
            what, None, f"the file holds more than {_MOST_VALUES:,} values", "write fewer aliases"
        )
    source.value = value
    return source


def _unreadable(what: str, line: int | None, message: str, mend: str) -> Source:
    return Source(what=what, findings=[Finding("format-yaml", "error", what, line, message, mend)])


class _Walk:
    """Goes through YAML nodes, keeping lines; stops at a text that holds itself or too much."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.left = _MOST_VALUES
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, where: str) -> Any:
        self.left -= 1
        if self.left < 0 or any(node is above for above in self._open):
            self.left = -1
            return None
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == "tag:yaml.org,2002:null" else self._text(node, where)
        self._open.append(node)
        read = self._list(node, where) if isinstance(node, yaml.SequenceNode) else self._mapping(node, where)
        self._open.pop()
        return read

    def _text(self, node: yaml.Node, where: str) -> str | None:
        if storable(text := str(node.value)):
            return text
        said = f"{where or f'the {self.source.what}'} holds a character that cannot be stored"
        self.source.add("format-text", where, said, "take out what is written as \\0 or \\ud800", node)
        return None

    def _list(self, node: yaml.SequenceNode, where: str) -> list[Any]:
        places = [(item, f"{where}[{index}]") for index, item in enumerate(node.value)]
        self.source.lines.update({place: item.start_mark.line + 1 for item, place in places})
        return [self.value(item, place) for item, place in places]

    def _mapping(self, node: yaml.Node, where: str) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for key, value in node.value:
            name = self._text(key, where)
            if name is None:
                continue
            place = f"{where}.{name}" if where else name
            if name in read:
                self.source.add("format-twice", place, f"{name!r} is given twice", "keep one of them", key)
                continue
            self.source.lines[place] = key.start_mark.line + 1
            read[name] = self.value(value, place)
        return read
