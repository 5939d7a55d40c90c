"""The patterns and phrases by which notes are read, and the cues of a language, as typed documents with a check."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sterna.engine.documents import Source, line_of, read_yaml
from sterna.engine.errors import BadInput
from sterna.engine.taxonomy import Finding, Tree, canonical
from sterna.engine.taxonomy.document import Part

About = Literal["customer", "household", "family"]
Supposed = Literal["drop", "weaker", "same"]
_WORD = re.compile(r"<([a-z_]+)>")


class Pattern(Part, frozen=True, kw_only=True):
    """A regular expression of which a match proposes the class.

    Groups named `value`, `number` and `amount` give the value; else it is `value`, or for a month or date the
    day named nearest.
    """

    say: str
    unless: Annotated[str | None, Meta(description="No match where this matches over it.")] = None
    value: str | None = None
    sure: Annotated[float, Meta(gt=0, le=1)] = 0.85
    answer: Annotated[
        Literal["as said", "yes", "no"], Meta(description="yes and no hold whatever cues stand around.")
    ] = "as said"
    when: Annotated[Literal["next", "last"], Meta(description="Of which year a month without one is.")] = (
        "next"
    )


class ClassPatterns(Part, frozen=True, kw_only=True, rename={"fact_class": "class"}):
    """How one class is spoken of: by patterns, and by phrases that a sentence may resemble."""

    fact_class: str
    about: Annotated[About, Meta(description="Of whom it must be said.")] = "customer"
    supposed: Annotated[Supposed, Meta(description="What a wish or doubt does to it.")] = "drop"
    patterns: tuple[Pattern, ...] = ()
    phrases: Annotated[
        tuple[str, ...], Meta(description="Examples; `phrase => value` gives a value, `=> no` a no.")
    ] = ()


class NotePatterns(Part, frozen=True, kw_only=True, rename={"name": "patterns"}):
    """The patterns for the notes of one taxonomy; `words` are pieces that patterns name as `<word>`."""

    name: str
    taxonomy: str
    version: Annotated[int, Meta(ge=1)]
    words: dict[str, str] = {}
    idle: Annotated[tuple[str, ...], Meta(description="Sentences of notes that hold no fact.")] = ()
    classes: tuple[ClassPatterns, ...] = ()


class Cues(Part, frozen=True, kw_only=True, rename={"name": "cues"}):
    """What a language says around a fact: no, perhaps, somebody else, when. All lists are regular expressions."""

    name: str
    version: Annotated[int, Meta(ge=1)]
    abbreviations: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    no_ends: Annotated[
        tuple[str, ...], Meta(description="Behind one of these a no ends, besides `ends`.")
    ] = ()
    no_before: tuple[str, ...] = ()
    no_after: tuple[str, ...] = ()
    supposed_before: tuple[str, ...] = ()
    supposed_after: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    relatives: tuple[str, ...] = ()
    household: tuple[str, ...] = ()
    other_before: Annotated[
        str, Meta(description="Makes one of these the one spoken of; <person> stands for them.")
    ] = "<person>"
    other_after: str = "<person>"
    empty: Annotated[tuple[str, ...], Meta(description="Words that likeness leaves out.")] = ()
    answers_yes: tuple[str, ...] = ()
    answers_no: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    months: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    numbers: dict[str, int] = {}
    magnitudes: dict[str, int] = {}
    days_away: Annotated[
        dict[str, int], Meta(description="Words such as yesterday, with days from now.")
    ] = {}
    months_away: Annotated[dict[str, int], Meta(description="Words such as next month.")] = {}
    year_end: tuple[str, ...] = ()


def load_patterns(text: str) -> NotePatterns:
    """The patterns in the YAML `text`; raises BadInput with the line of the first thing that is wrong."""
    return _load(text, NotePatterns)


def load_cues(text: str) -> Cues:
    """The cues in the YAML `text`; raises BadInput with the line of the first thing that is wrong."""
    source = read_yaml(text, "book of cues")
    cues = source.whole(Cues)
    for place, expression in _expressions(cues):
        _compiled(expression, place, source)
    return cues


def _load(text: str, kind: type[NotePatterns]) -> NotePatterns:
    source = read_yaml(text, "book of patterns")
    patterns = source.whole(kind)
    for index, entry in enumerate(patterns.classes):
        for number, pattern in enumerate(entry.patterns):
            place = f"classes[{index}].patterns[{number}]"
            _compiled(with_words(pattern.say, patterns.words, place), place, source)
            _compiled(with_words(pattern.unless or "", patterns.words, place), place, source)
    return patterns


def _expressions(cues: Cues) -> Iterator[tuple[str, str]]:
    for name in Cues.__struct_fields__:
        part = getattr(cues, name)
        if isinstance(part, tuple) and name not in ("empty", "abbreviations"):
            yield from ((f"{name}[{index}]", expression) for index, expression in enumerate(part))


def _compiled(expression: str, place: str, source: Source) -> None:
    try:
        re.compile(expression)
    except re.error as error:
        line = line_of(source.lines, place)
        raise BadInput(f"line {line}: {expression!r} is no regular expression: {error}") from None


def with_words(expression: str, words: dict[str, str], place: str = "") -> str:
    """`expression` with each `<word>` replaced by what it stands for; raises BadInput for an unknown one."""

    def word(match: re.Match[str]) -> str:
        if expression[max(match.start() - 2, 0) : match.start()].endswith("?P"):
            return match.group()
        if match[1] not in words:
            raise BadInput(f"{place}: <{match[1]}> is no word of the document")
        return f"(?:{with_words(words[match[1]], words, place)})"

    return _WORD.sub(word, expression)


def check_patterns(patterns: NotePatterns, classes: Tree) -> list[Finding]:
    """What does not fit the taxonomy: a class or value it does not have, or a class given twice."""
    found: list[Finding] = []
    if patterns.taxonomy != classes.taxonomy.name:
        said = f"the patterns are for {patterns.taxonomy}, not for {classes.taxonomy.name}"
        found.append(_error("patterns-taxonomy", patterns.name, said, "use them with their taxonomy"))
    seen: set[str] = set()
    for entry in patterns.classes:
        name = entry.fact_class
        if name in seen:
            found.append(_error("patterns-twice", name, f"{name} stands twice", "put its patterns together"))
        seen.add(name)
        if name not in classes:
            said = f"{name} is no class of the taxonomy"
            found.append(_error("patterns-class", name, said, "correct the name, or add the class"))
            continue
        found += _wrong_values(entry, classes)
    return found


def _wrong_values(entry: ClassPatterns, classes: Tree) -> Iterator[Finding]:
    said = [pattern.value for pattern in entry.patterns] + [phrase_value(one)[1] for one in entry.phrases]
    for value in said:
        if value is None or value == "no":
            continue
        try:
            canonical(classes.at(entry.fact_class), value)
        except BadInput as error:
            yield _error("patterns-value", entry.fact_class, str(error), "correct the value")


def _error(code: str, where: str, message: str, mend: str) -> Finding:
    return Finding(code, "error", where, None, message, mend)


def phrase_value(phrase: str) -> tuple[str, str | None]:
    """A phrase and the value behind its arrow: `pays by card => yes`."""
    text, arrow, value = phrase.partition("=>")
    return text.strip(), value.strip() if arrow else None


def schema(kind: type[NotePatterns] | type[Cues] = NotePatterns) -> dict[str, Any]:
    """The JSON Schema of a patterns document, or of the cues of a language."""
    published = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Sterna note reading"}
    return {**published, **msgspec.json.schema(kind)}
