"""The parts of a taxonomy document as typed values: the classes, what each may hold, for what and how long."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sterna.engine.documents import Finding, Severity, line_of

Holds = Literal["text", "choice", "money band", "date", "month", "flag", "number"]
Purpose = Literal["advertising", "marketing", "research", "sales", "service", "recognition"]
Sensitivity = Literal[
    "none",
    "personal",
    "health",
    "religion",
    "sexuality",
    "ethnicity",
    "politics",
    "union",
    "biometric",
    "genetic",
    "criminal",
]
Way = Literal["stated", "noted", "observed", "bought", "inferred"]
WalletOf = Literal["balance", "year", "half-year", "quarter", "month", "week"]
Share = Annotated[float, Meta(ge=0, le=1)]
HARMLESS = ("none", "personal")


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts share: immutable, built by name, and a name that means nothing is refused."""


class Band(Part, frozen=True, kw_only=True, rename={"least": "from"}):
    """A band of money in the program's currency: it starts at `from` and ends where the next one starts."""

    name: Annotated[str, Meta(min_length=1)]
    least: Annotated[
        Decimal,
        Meta(
            description="The amount where the band starts.",
            extra_json_schema={"type": ["integer", "number", "string"]},
        ),
    ]


class TaxonomyClass(Part, frozen=True, kw_only=True):
    """One class of the tree; purposes, sensitivity, freshness and confidence not given are its parent's."""

    id: Annotated[str, Meta(description="Unique, such as leisure.travel.pleasure.")]
    title: Annotated[str, Meta(description="What people read.")] = ""
    parent: Annotated[str | None, Meta(description="The id of the class above; none for a higher class.")] = (
        None
    )
    holds: Annotated[
        Holds | None, Meta(description="What a fact of it is; none when it only groups others.")
    ] = None
    choices: Annotated[tuple[str, ...], Meta(description="The values of a choice.")] = ()
    bands: Annotated[tuple[Band, ...], Meta(description="The bands of a money band, lowest first.")] = ()
    wallet: Annotated[
        WalletOf | None,
        Meta(
            description="A fact of it is all that a customer spends with anyone in so long, or holds with anyone."
        ),
    ] = None
    held: Annotated[
        bool,
        Meta(
            description="A fact of it is what a customer holds here: a wallet that is a balance is put beside it."
        ),
    ] = False
    purposes: Annotated[tuple[Purpose, ...], Meta(description="What a fact of it may be used for.")] = ()
    sensitivity: Sensitivity | None = None
    freshness_days: Annotated[int, Meta(gt=0, description="A fact older than this is stale.")] | None = None
    questions: Annotated[dict[str, str], Meta(description="How to ask, by touchpoint.")] = {}
    follow_ups: Annotated[dict[str, str], Meta(description="What to ask after a request, by its type.")] = {}
    confidence: Annotated[
        dict[Way, Share], Meta(description="How sure a fact is, by how it was learned.")
    ] = {}
    kept: Annotated[bool, Meta(description="Whether facts of it may be kept at all.")] = True


class Head(Part, frozen=True, kw_only=True, rename={"name": "taxonomy"}):
    """What a document says of itself: its name, version, higher classes and the scale of confidence."""

    name: str = ""
    version: Annotated[int, Meta(description="Counts from 1.")] = 0
    title: str = ""
    owner: str = ""
    higher: Annotated[tuple[str, ...], Meta(description="The ids of the classes that have no parent.")] = ()
    most_levels: Annotated[int, Meta(ge=1, le=12, description="How deep the tree may go.")] = 6
    confidence: dict[Way, Share] = {}


class Taxonomy(Head, frozen=True, kw_only=True):
    """A taxonomy, whole: the head and its classes in the order of the text."""

    classes: tuple[TaxonomyClass, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A taxonomy as it was read: the line of each part by path such as `classes[3].parent`, reading's findings.

    `places` are the positions of the classes in the text, `unread` the ids of classes that could not be read:
    what names them as a parent is not to blame.
    """

    taxonomy: Taxonomy
    places: tuple[int, ...] = ()
    unread: frozenset[str] = frozenset()
    lines: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()

    def at(self, index: int, part: str = "") -> str:
        """The path of a part of the class at `index`."""
        return f"classes[{self.places[index]}]" + (f".{part}" if part else "")

    def find(self, severity: Severity, code: str, where: str, message: str, mend: str) -> Finding:
        """A finding at the line of `where`."""
        return Finding(code, severity, where, line_of(self.lines, where), message, mend)


def body(taxonomy: Taxonomy) -> dict[str, Any]:
    """`taxonomy` as plain JSON values; amounts as text."""
    built = msgspec.to_builtins(taxonomy, order="sorted")
    assert isinstance(built, dict)
    return built


def of_body(stored: dict[str, Any]) -> Document:
    """The document of a stored `body`; it has no lines. Raises msgspec.ValidationError on a foreign body."""
    taxonomy = msgspec.convert(stored, Taxonomy)
    return Document(taxonomy=taxonomy, places=tuple(range(len(taxonomy.classes))))


def schema() -> dict[str, Any]:
    """The JSON Schema of a taxonomy document, for editors and for whoever writes one by program."""
    published = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Sterna taxonomy"}
    return {**published, **msgspec.json.schema(Taxonomy)}
