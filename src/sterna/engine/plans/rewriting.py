"""Writes changes into a YAML text: whatever is not changed keeps its comments and its layout to the letter."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from sterna.engine.documents import read_yaml
from sterna.engine.errors import BadInput

_WIDTH, _DEEPER, _ENDLESS = 118, 2, 1 << 30
_PLAIN = re.compile(r"[^\W_](?:[\w ./()'%+;=$€-]*[\w.()%+$€])?")
_COMMA = re.compile(r"(#[^\n]*)|,")
_BEFORE_BRACKET = re.compile(r"[^\[{]*")
_RESOLVER = yaml.resolver.Resolver()
# A part of a list or mapping in the order in which it is written: the place that it had, and what stands there now.
_Parts = Sequence[tuple[int | None, str | None]]


class Bare(str):
    """A number or a day: it is written as it is, without the quotes that a text of the same signs would need."""


@dataclass(frozen=True)
class _Node:
    """A value in the text from `start` to `end`; one in block style ends with its last line, comment and all."""

    start: int
    end: int
    column: int = 0
    kind: str = "scalar"
    flow: bool = True
    keys: tuple["_Node", ...] = ()
    parts: tuple["_Node", ...] = ()


def rewritten(text: str, value: Mapping[str, Any]) -> str:
    """`text`, changed as little as makes it read as `value`.

    `text` is a YAML mapping and `value` is what `read_yaml` would give back: mappings, lists and texts, numbers as
    `Bare`. Comments stay, those above a part that is taken out as well; those within it go with it. Raises BadInput
    where the text is written in a way that allows no such change, as when the part is repeated by an alias.
    """
    source = read_yaml(text)
    if not source.value:
        raise BadInput("the text cannot be read: mend it as a text first")
    writer = _Writer(text)
    written = writer.changed(writer.root, source.value, value)
    changed = text[: writer.root.start] + written + text[writer.root.end :]
    if read_yaml(changed).value != value:
        parts = ", ".join(name for name in value if source.value.get(name) != value[name])
        raise BadInput(f"{parts} is written in a way that cannot be changed here: change it in the text")
    return changed


class _Writer:
    """Goes along the values of a text together with those that it should have."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line = "\r\n" if "\r\n" in text else "\n"
        dashes = [token.start_mark for token in yaml.scan(text) if isinstance(token, yaml.BlockEntryToken)]
        self._dashes = [(mark.index, mark.column) for mark in dashes]
        events = yaml.parse(text)
        while not isinstance(event := next(events), yaml.DocumentStartEvent):
            pass
        assert isinstance(event, yaml.DocumentStartEvent)
        root = self._read(events, next(events))
        assert root is not None
        self.root = root

    def _read(self, events: Iterator[Any], event: Any) -> _Node | None:
        """The node that begins with `event`; None at the end of the list or mapping around it."""
        start, end, column = event.start_mark.index, event.end_mark.index, event.start_mark.column
        if isinstance(event, yaml.CollectionEndEvent):
            return None
        if not isinstance(event, yaml.CollectionStartEvent):
            is_block = isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">")
            return _Node(start, self._before_line_end(end) if is_block else end, column)
        read: list[_Node] = []
        while (event_within := next(events)) is not None:
            part = self._read(events, event_within)
            if part is None:
                break
            read.append(part)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        keys, parts = (read[::2], read[1::2]) if is_mapping else ([], read)
        kind = "mapping" if is_mapping else "list"
        if event.flow_style:
            found = _BEFORE_BRACKET.match(self._text, start)
            start = found.end() if found else start
            return _Node(start, event_within.end_mark.index, column, kind, True, tuple(keys), tuple(parts))
        return self._block(kind, column, keys, parts)

    def _block(self, kind: str, column: int, keys: list[_Node], parts: list[_Node]) -> _Node:
        if kind == "mapping":
            start, column = keys[0].start, keys[0].column
        else:
            dashes = [index for index, at in self._dashes if index <= parts[0].start]
            start = max(dashes)
            column = dict(self._dashes)[start]
        end = self._line_end(parts[-1].end)
        return _Node(start, end, column, kind, False, tuple(keys), tuple(parts))

    def _line_end(self, index: int) -> int:
        """Where the line with `index` ends, or `index` itself when that stands at its end."""
        end = self._text.find("\n", index)
        end = len(self._text) if end < 0 else end
        return end - 1 if end > index and self._text[end - 1] == "\r" else end

    def _before_line_end(self, index: int) -> int:
        before = self._text[:index]
        return len(before.removesuffix("\n").removesuffix("\r")) if before.endswith("\n") else index

    def changed(self, node: _Node, was: Any, now: Any) -> str:
        """The text in the place of `node`, which reads as `was` and shall read as `now`."""
        if was == now:
            return self._text[node.start : node.end]
        if node.kind == "mapping" and isinstance(was, Mapping) and isinstance(now, Mapping):
            return self._mapping(node, was, now)
        if node.kind == "list" and isinstance(was, list) and isinstance(now, list):
            return self._list(node, was, now)
        return self._flowing(now, node.column)

    def _mapping(self, node: _Node, was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
        names = list(was)
        if len(names) != len(node.keys):
            raise BadInput("a name is given twice: keep one of them in the text first")
        parts: list[tuple[int | None, str | None]] = []
        for index, name in enumerate(names):
            said = self._entry(node, index, was[name], now[name]) if name in now else None
            parts.append((index, said))
        for name in now:
            if name not in was:
                parts.append((None, self._fresh(name, now[name], node)))
        if node.flow:
            return self._in_flow(node, [key.start for key in node.keys], parts)
        return self._in_block(node, [key.start for key in node.keys], parts)

    def _entry(self, node: _Node, index: int, was: Any, now: Any) -> str:
        """An entry of a mapping, in block style with what stands behind it on its line."""
        key, value = node.keys[index], node.parts[index]
        rest = "" if node.flow else self._text[value.end : self._line_end(value.end)]
        if was == now:
            return self._text[key.start : value.end] + rest
        head, place = self._text[key.start : value.start], self._text[value.start : value.end]
        is_void = value.flow and "#" not in place and _holds_nothing(was)
        if not node.flow and is_void and _wants_lines(now):
            return f"{head.rstrip()}{rest}{self._lines(now, node.column + _DEEPER)}"
        said = self.changed(value, was, now)
        if not value.flow and now in ({}, []) and "#" not in head:
            head, said = head.rstrip(), said.lstrip()
        return f"{head}{'' if head[-1:].isspace() else ' '}{said}{rest}"

    def _list(self, node: _Node, was: list[Any], now: list[Any]) -> str:
        parts: list[tuple[int | None, str | None]] = []
        alike = difflib.SequenceMatcher(None, [_key(one) for one in was], [_key(one) for one in now], False)
        for _, first, last, begin, end in alike.get_opcodes():
            for index in range(first, last):
                there = begin + index - first
                said = self._item(node, index, was[index], now[there]) if there < end else None
                parts.append((index, said))
            for there in range(begin + last - first, end):
                parts.append((None, self._fresh_item(now[there], node)))
        starts = [part.start for part in node.parts] if node.flow else self._dashes_of(node)
        return self._in_flow(node, starts, parts) if node.flow else self._in_block(node, starts, parts)

    def _dashes_of(self, node: _Node) -> list[int]:
        own = [index for index, column in self._dashes if column == node.column]
        return [max(index for index in own if index <= part.start) for part in node.parts]

    def _item(self, node: _Node, index: int, was: Any, now: Any) -> str:
        part = node.parts[index]
        said = self.changed(part, was, now)
        if node.flow:
            return said
        head = self._text[self._dashes_of(node)[index] : part.start]
        rest = self._text[part.end : self._line_end(part.end)]
        return f"{head}{'' if head[-1:].isspace() else ' '}{said}{rest}"

    def _in_flow(self, node: _Node, starts: list[int], parts: _Parts) -> str:
        """A list or mapping within brackets; the comments between its parts stay where they were."""
        ends = [node.start + 1, *(part.end for part in node.parts)]
        gaps = [
            _COMMA.sub(lambda found: found[1] or "", self._text[end:start])
            for end, start in zip(ends, [*starts, node.end - 1], strict=True)
        ]
        out, left, count = self._text[node.start], "", 0
        for index, said in parts:
            gap = gaps[index] if index is not None else ""
            if said is None:
                left += gap if "#" in gap else ""
                continue
            lead = left + gap
            if count == 0 and "#" not in lead:
                lead = gaps[0]
            out += f"{',' if count else ''}{lead or (' ' if count else '')}{said}"
            left, count = "", count + 1
        return out + left + gaps[-1] + self._text[node.end - 1]

    def _in_block(self, node: _Node, starts: list[int], parts: _Parts) -> str:
        """A list or mapping on lines of its own; the comments above its parts stay where they were."""
        ends = [self._line_end(part.end) for part in node.parts]
        fresh_line = self._line + " " * node.column
        out, left = "", ""
        for index, said in parts:
            gap = self._text[ends[index - 1] : starts[index]] if index else ""
            if said is None:
                left += gap[: gap.rfind("\n")].removesuffix("\r") if gap else ""
                continue
            if out:
                out += left + (gap or fresh_line) + said
            elif "#" in left + gap:
                out = (left + gap).lstrip() + said
            else:
                out = said
            left = ""
        return (out or f"{' ' * _DEEPER}{'{}' if node.kind == 'mapping' else '[]'}") + left

    def _fresh(self, name: str, value: Any, node: _Node) -> str:
        key = _scalar(name)
        if not node.flow and _wants_lines(value):
            return f"{key}:{self._lines(value, node.column + _DEEPER)}"
        return f"{key}: {self._flowing(value, node.column + len(key) + _DEEPER)}"

    def _fresh_item(self, value: Any, node: _Node) -> str:
        """A new part of a list, in the style of the last one."""
        if node.flow:
            return self._flowing(value, node.column)
        column, like = node.column + _DEEPER, node.parts[-1]
        if like.kind == "mapping" and not like.flow and isinstance(value, Mapping) and value:
            return f"- {self._lines(value, column).lstrip()}"
        return f"- {self._flowing(value, column)}"

    def _lines(self, value: Any, column: int) -> str:
        """`value` in block style, from the end of the line above it."""
        before = self._line + " " * column
        if isinstance(value, Mapping):
            within = column + _DEEPER
            return "".join(
                f"{before}{_scalar(name)}:{self._lines(part, within)}"
                if _wants_lines(part)
                else f"{before}{_scalar(name)}: {self._flowing(part, within + len(name))}"
                for name, part in value.items()
            )
        return "".join(f"{before}- {self._flowing(part, column + _DEEPER)}" for part in value)

    def _flowing(self, value: Any, column: int) -> str:
        """`value` in brackets, with a new line where the one before is full."""
        if isinstance(value, Mapping):
            entries = [f"{_scalar(name)}: {self._flowing(part, column)}" for name, part in value.items()]
            return f"{{{self._wrapped(entries, column + 1)}}}"
        if isinstance(value, list):
            return f"[{', '.join(self._flowing(part, column) for part in value)}]"
        return _scalar(value)

    def _wrapped(self, entries: list[str], column: int) -> str:
        lines = [""]
        for index, entry in enumerate(entries):
            said = entry + ("," if index < len(entries) - 1 else "")
            if lines[-1] and column + len(lines[-1]) + len(said) > _WIDTH:
                lines.append(said)
            else:
                lines[-1] += f" {said}" if lines[-1] else said
        return (self._line + " " * column).join(lines)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _holds_nothing(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_holds_nothing(part) for part in value.values())
    return value is None or value == []


def _wants_lines(value: Any) -> bool:
    """Whether `value` is read better on lines of its own: it holds mappings, or lists of them."""
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(isinstance(part, Mapping) and part for part in parts) or (
        isinstance(value, Mapping) and any(_wants_lines(part) for part in parts)
    )


def _scalar(value: str | None) -> str:
    if value is None:
        return "null"
    resolved = _RESOLVER.resolve(yaml.ScalarNode, value, (True, False))
    if isinstance(value, Bare) or (_PLAIN.fullmatch(value) and resolved == "tag:yaml.org,2002:str"):
        return value
    return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=_ENDLESS).rstrip("\n")
