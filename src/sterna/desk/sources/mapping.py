"""The mapping file: which columns of which files become which rows, read with errors that name file, line and key."""

import hashlib
import re
from collections.abc import Mapping as Dictionary
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from sterna.engine.errors import BadInput

Into = Literal["lines", "events", "costs", "products", "campaigns", "facts", "consents", "addresses"]
# What happened to somebody on a day, each entry once by its key.
DATED = ("lines", "events", "costs")


class Column(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How one target value is made: from one column, a constant, a template of columns, or a sum of columns.

    `format` is a strptime format for days and instants; `zone` is the time zone of stamps without an offset;
    `values` translates the source's words and refuses others; `negative` accepts amounts below zero (returns);
    `symbol` is a currency sign that stands at an amount and is left away.
    """

    column: str | None = None
    constant: str | int | float | bool | None = None
    template: str | None = None
    sum: list[str] | None = None
    format: str | None = None
    zone: str | None = None
    values: dict[str, str | int | bool] | None = None
    negative: bool = False
    symbol: str | None = None


ColumnOrName = str | Column


class Identify(msgspec.Struct, forbid_unknown_fields=True):
    """Which column tells whose row it is, and which kind of identifier it holds."""

    kind: str
    column: str


class Join(msgspec.Struct, forbid_unknown_fields=True):
    """A second file whose columns are looked up by a column that both have; it holds each value once."""

    file: str
    on: str


class ConsentColumn(msgspec.Struct, forbid_unknown_fields=True):
    """A column that says yes, no or nothing to contact through a medium for a purpose."""

    medium: str
    purpose: str
    column: str


class Imported(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One file that becomes rows of one kind.

    `decimal` and `grouping` say how the file writes numbers: 1.234,50 is decimal "," and grouping ".".
    """

    name: str
    file: str
    into: Into
    columns: dict[str, ColumnOrName] = {}
    identify: Identify | None = None
    key: list[str] = []
    line_key: list[str] = []
    join: Join | None = None
    references: dict[str, Literal["products", "campaigns"]] = {}
    facts: dict[str, ColumnOrName] = {}
    consents: list[ConsentColumn] = []
    addresses: dict[str, ColumnOrName] = {}
    delimiter: str = ","
    encoding: Literal["utf-8", "utf-8-sig", "cp1252"] = "utf-8"
    header: bool = True
    decimal: Literal[".", ","] = "."
    grouping: Literal["", ",", ".", " ", "'"] = ""
    refuse_if_over: float | None = None


class SourceNamed(msgspec.Struct, forbid_unknown_fields=True):
    """The source that the files come from."""

    name: str
    title: str
    identifier_kind: str
    history: Literal["archive", "live", "simulated"] = "archive"


class Mapping(msgspec.Struct, forbid_unknown_fields=True):
    """A whole mapping file."""

    source: SourceNamed
    imports: list[Imported]


class _Loader(yaml.SafeLoader):
    """Leaves days and the words on, off, yes and no as the text they are; only true and false are flags.

    A constant day goes through the same reading as a column of a file, and `on:` is a key of a join.
    """


_TIMESTAMP, _FLAG = "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_TIMESTAMP, _FLAG)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_FLAG, re.compile("true|false"), list("tf"))


def load(path: Path) -> Mapping:
    """The mapping in the YAML file `path`; raises BadInput naming file, line and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"mapping {path}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"mapping {path}: not UTF-8 at byte {error.start}") from None
    return parse(text, str(path))


def parse(text: str, where: str) -> Mapping:
    """The mapping in a YAML text; `where` stands for it in messages."""
    try:
        loader = _Loader(text)
        tree = loader.get_single_node()
        found = loader.construct_document(tree) if tree is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise BadInput(f"mapping {where}{line}: {getattr(error, 'problem', None) or error}") from None
    if tree is None:
        raise BadInput(f"mapping {where}: the file is empty")
    lines = _lines(tree, "$", where)
    try:
        mapping = msgspec.convert(found, Mapping)
    except msgspec.ValidationError as error:
        raise BadInput(_located(str(error), lines, where)) from None
    _check(mapping, lines, where)
    return mapping


def sha256(source: SourceNamed, spec: Imported) -> str:
    """What identifies one import of a mapping: a change to another import of the file does not change it."""
    text = msgspec.json.encode([source.name, source.identifier_kind, spec], order="deterministic")
    return hashlib.sha256(text).hexdigest()


def written(mapping: Mapping) -> str:
    """The mapping as a YAML text that reads as the same mapping again."""
    plain = msgspec.to_builtins(mapping)
    return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Writes a value that stands twice out twice: an alias would be one more thing to know."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def used_columns(spec: Imported) -> set[str]:
    """Every column of the file that the import reads."""
    made = [*spec.columns.values(), *spec.facts.values(), *spec.addresses.values()]
    used = {*spec.key, *spec.line_key, *(said.column for said in spec.consents)}
    used |= {spec.identify.column} if spec.identify else set()
    for column in (Column(column=one) if isinstance(one, str) else one for one in made):
        used |= {*(column.sum or ()), *re.findall(r"\{([^}]*)\}", column.template or "")}
        used |= {column.column} if column.column is not None else set()
    return used


def _lines(node: yaml.Node, path: str, where: str) -> dict[str, int]:
    """Each path such as `$.imports[0].file` with its line; raises BadInput for a key that stands twice."""
    lines = {path: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = f"{path}.{key.value}"
            if below in lines:
                raise BadInput(
                    f"mapping {where} line {key.start_mark.line + 1}: key {key.value!r} stands twice"
                )
            lines |= _lines(value, below, where) | {below: key.start_mark.line + 1}
    if isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= _lines(value, f"{path}[{index}]", where)
    return lines


def _located(message: str, lines: Dictionary[str, int], where: str) -> str:
    found = re.search(r" - at (?:`key` in )?`(\$[^`]*)`$", message)
    path = found[1] if found else "$"
    reason = message[: found.start()] if found else message
    named = re.search(r"unknown field `([^`]+)`", reason)
    if named and f"{path}.{named[1]}" in lines:
        path = f"{path}.{named[1]}"
    # msgspec writes `[...]` for "some value of this dictionary"; the line of what holds it is near enough.
    known = path
    while known not in lines and known != "$":
        known = re.sub(r"(\.[^.\[]+|\[[^\[]*\])$", "", known) if re.search(r"[.\[]", known) else "$"
    return f"mapping {where} line {lines.get(known, 1)}, key {path.removeprefix('$.')}: {reason}"


def _check(mapping: Mapping, lines: Dictionary[str, int], where: str) -> None:
    for problem, path in _problems(mapping):
        raise BadInput(f"mapping {where} line {lines.get(path, 1)}, key {path.removeprefix('$.')}: {problem}")


def _problems(mapping: Mapping) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", mapping.source.name):
        found.append(("a source's name is lower-case letters, digits, '.', '_' and '-'", "$.source.name"))
    names = [spec.name for spec in mapping.imports]
    for index, spec in enumerate(mapping.imports):
        at = f"$.imports[{index}]"
        if names.index(spec.name) != index:
            found.append((f"two imports are named {spec.name!r}", f"{at}.name"))
        found.extend((problem, f"{at}.{key}") for problem, key in _import_problems(spec))
    if not mapping.imports:
        found.append(("nothing is imported", "$.imports"))
    return found


def _import_problems(spec: Imported) -> list[tuple[str, str]]:
    found = []
    if spec.into not in ("products", "campaigns") and spec.identify is None:
        found.append((f"rows of {spec.into} need `identify`: whose they are", "name"))
    if spec.identify and not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", spec.identify.kind):
        found.append(("a kind of identifier is lower-case letters, digits and '_'", "identify"))
    if spec.into in DATED and not spec.key:
        one = "entry" if spec.into == "costs" else "event"
        found.append(
            (f"rows of {spec.into} need `key`: the columns that tell one {one} from another", "name")
        )
    if spec.into == "lines" and not spec.line_key:
        found.append(
            ("rows of lines need `line_key`: the columns that tell the lines of one event apart", "name")
        )
    if spec.into in ("facts", "consents", "addresses") and not getattr(spec, spec.into):
        found.append((f"rows of {spec.into} need a key `{spec.into}`", "name"))
    if len(spec.delimiter) != 1 or spec.delimiter in '"\r\n\0':
        found.append(("a delimiter is one character, and no quote or line break", "delimiter"))
    if spec.decimal == spec.grouping:
        found.append(("one sign cannot both group digits and begin the decimals", "grouping"))
    if spec.refuse_if_over is not None and not 0 <= spec.refuse_if_over <= 1:
        found.append(("a share lies between 0 and 1", "refuse_if_over"))
    for group in ("columns", "facts", "addresses"):
        columns: dict[str, Any] = getattr(spec, group)
        found.extend((_column_problem(c), f"{group}.{n}") for n, c in columns.items() if _column_problem(c))
    return found


def _column_problem(column: ColumnOrName) -> str:
    if isinstance(column, str):
        return ""
    ways = [way for way in ("column", "constant", "template", "sum") if getattr(column, way) is not None]
    return "" if len(ways) == 1 else "write exactly one of column, constant, template and sum"
