"""Definitions of best customers as texts that people write: read with the line of what is wrong, and written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import yaml

from sterna.engine import documents
from sterna.engine.errors import BadInput
from sterna.engine.value import catalogue
from sterna.engine.value.best import Arbitration, Definition, refuse_unfit

WHAT = "definition of best customers"
LONGEST_WORDS, MOST_MEASURES = 120, 12
# A score is kept with sixteen digits before its point: a weight beyond this would fail the run that makes the list.
LEAST_WEIGHT, MOST_WEIGHT = Decimal("0.000001"), Decimal(1_000_000)
LARGEST = Decimal(10) ** 15
Problem = tuple[str, str]


@dataclass(frozen=True)
class Book:
    """Definitions and their arbitration as one file has them."""

    definitions: tuple[Definition, ...]
    arbitration: Arbitration | None


def read(text: str) -> Definition:
    """The definition in the YAML `text`; raises BadInput with the line of the first thing that is wrong."""
    source = documents.read_yaml(text, WHAT)
    definition = source.whole(Definition)
    refuse_unusable(definition, source.lines)
    return definition


def refuse_unusable(definition: Definition, lines: Mapping[str, int] | None = None) -> None:
    """Raises BadInput for what no list could be made by, with its line where `lines` tell the place of each part."""
    for where, said in _problems(definition):
        line = documents.line_of(dict(lines or {}), where)
        raise BadInput(f"line {line}: {said}" if line else said)
    refuse_unfit(definition)


def written(definition: Definition) -> str:
    """The definition as the YAML text that `read` reads."""
    lines = [
        _line("best", definition.best),
        f"version: {definition.version}",
        _line("title", definition.title),
    ]
    lines += [f"scale: {definition.scale}", "weigh:"]
    lines += [f"  - {{measure: {one.measure}, weight: {one.weight:f}}}" for one in definition.weigh]
    if definition.only_if:
        lines.append("only_if:")
        lines += [f"  - {{measure: {one.measure}{_ends(one)}}}" for one in definition.only_if]
    lines.append(f"take: {{{_ends(definition.take).removeprefix(', ')}}}")
    if definition.treatment:
        lines.append(_line("treatment", definition.treatment))
    return "\n".join(lines) + "\n"


def read_book(text: str) -> Book:
    """Definitions and an arbitration in one YAML `text`, parted by lines of three dashes."""
    definitions, arbitration = [], None
    for part in _parts(text):
        source = documents.read_yaml(part, WHAT)
        if "arbitration" in source.value:
            arbitration = source.whole(Arbitration)
        else:
            definitions.append(read(part))
    return Book(tuple(definitions), arbitration)


def _parts(text: str) -> Iterator[str]:
    """The parts of `text`, each after as many empty lines as stand before it, so that lines count from the top."""
    part: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.rstrip() == "---":
            yield from _filled(part)
            part = [""] * number
        else:
            part.append(line)
    yield from _filled(part)


def _filled(part: list[str]) -> Iterator[str]:
    if any(line.strip() and not line.lstrip().startswith("#") for line in part):
        yield "\n".join(part)


def _problems(definition: Definition) -> Iterator[Problem]:
    """What the desk refuses, with the place of each."""
    yield from _strange_numbers(definition)
    yield from _strange_measures(definition)
    if len(definition.weigh) + len(definition.only_if) > MOST_MEASURES:
        yield "weigh", f"a definition names at most {MOST_MEASURES} measures"
    for where, words in (("title", definition.title), ("treatment", definition.treatment)):
        if len(words) > LONGEST_WORDS or not words.isprintable() or words != words.strip():
            yield (
                where,
                f"the {where} is at most {LONGEST_WORDS} letters on one line, with no space around them",
            )


def _strange_measures(definition: Definition) -> Iterator[Problem]:
    for part in ("weigh", "only_if"):
        for index, one in enumerate(getattr(definition, part)):
            measure = catalogue.BY_NAME.get(one.measure)
            if measure is None:
                yield f"{part}[{index}].measure", f"there is no measure {one.measure}"
            elif part == "weigh" and definition.scale == "money" and measure.unit != "money":
                said = f"{one.measure} is counted in {measure.unit} and is no money; weigh it on the scale percentile"
                yield f"{part}[{index}].measure", said


def _strange_numbers(definition: Definition) -> Iterator[Problem]:
    for index, one in enumerate(definition.weigh):
        if not (one.weight.is_finite() and LEAST_WEIGHT <= one.weight <= MOST_WEIGHT):
            yield f"weigh[{index}].weight", f"a weight is from {LEAST_WEIGHT:f} to {MOST_WEIGHT:,}"
    parts = {f"only_if[{index}]": one for index, one in enumerate(definition.only_if)}
    for where, part in (parts | {"take": definition.take}).items():
        for name, number in _numbers(part).items():
            if not (number.is_finite() and abs(number) <= LARGEST):
                yield f"{where}.{name}", f"{name} is a number of at most {LARGEST:,}"


def _numbers(part: msgspec.Struct) -> dict[str, Decimal]:
    told: dict[str, Any] = msgspec.structs.asdict(part)
    return {
        name: Decimal(told[name])
        for name in ("share", "count", "least", "most")
        if told.get(name) is not None
    }


def _ends(part: msgspec.Struct) -> str:
    return "".join(f", {name}: {number:f}" for name, number in _numbers(part).items())


def _line(name: str, words: str) -> str:
    return str(yaml.safe_dump({name: words}, allow_unicode=True, width=10_000)).rstrip("\n")
