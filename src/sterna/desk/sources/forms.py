"""The form that makes a mapping of one file, and the mapping as what the form shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import msgspec
from django import forms
from django.forms import BoundField

from sterna.desk.sources.mapping import (
    DATED,
    Column,
    ColumnOrName,
    ConsentColumn,
    Identify,
    Imported,
    Into,
    SourceNamed,
    parse,
    written,
)
from sterna.desk.sources.mapping import Mapping as MappingFile
from sterna.desk.sources.models import Source
from sterna.desk.sources.targets import TARGETS
from sterna.engine.errors import BadInput

MEDIA = ("email", "letter", "phone")
CONSENTS = range(6)
WHEN = {"occurred_at": "a moment", "occurred_on": "a day"}
INTO_WORDS: Mapping[str, str] = {
    "lines": "a line of a purchase",
    "events": "something else that happened",
    "costs": "what serving a customer cost",
    "products": "a product",
    "campaigns": "a campaign",
    "facts": "facts about a customer",
    "consents": "what a customer allows",
    "addresses": "addresses of a customer",
}
_WANTED = {
    "identify": "say which column tells whose row it is",
    "key": "choose at least one column",
    "line_key": "choose at least one column",
    "when": "say which column tells when it happened",
}
_LABELS = {"product_id": "Product", "campaign_id": "Campaign", "kind": "What happened"}
# What an amount below zero is, where there can be one.
_BELOW_ZERO: Mapping[str, str] = {"lines": "a return", "costs": "money back"}
_DELIMITERS = ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar"))
_ENCODINGS = (("utf-8", "UTF-8"), ("cp1252", "Windows (cp1252)"))
_GROUPINGS = (("", "nothing"), (",", "a comma"), (".", "a point"), (" ", "a space"), ("'", "an apostrophe"))


@dataclass(frozen=True)
class Line:
    """One line of the form: what is wanted, and the fields that say where it comes from."""

    label: str
    fields: Sequence[BoundField]
    required: bool = False


class MappingForm(forms.Form):
    """One import of a file with these columns as rows of one kind; its result is a mapping file."""

    def __init__(self, columns: Sequence[str], into: Into, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.into = into
        self._columns = columns
        self._picks = [("", "not in this file"), *((column, column) for column in columns)]
        self._fields_of_source()
        self._fields_of_reading()
        self._fields_of_rows()

    def _text(self, label: str, help_text: str = "", longest: int = 120) -> forms.CharField:
        return forms.CharField(label=label, required=False, help_text=help_text, max_length=longest)

    def _pick(self, label: str) -> forms.ChoiceField:
        return forms.ChoiceField(label=label, choices=self._picks, required=False)

    def _many(self, label: str, help_text: str) -> forms.MultipleChoiceField:
        return forms.MultipleChoiceField(
            label=label,
            choices=self._picks[1:],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=help_text,
        )

    def _fields_of_source(self) -> None:
        known = [(source.name, source.title) for source in Source.objects.order_by("title")]
        self.fields |= {
            "source": forms.ChoiceField(
                label="Source", choices=[*known, ("", "a new source")], required=False,
                help_text="The system that the file comes from.",
            ),
            "source_name": self._text("Name of a new source", "Lower-case letters and digits, such as till."),
            "source_title": self._text("Its title", "As people read it."),
            "source_kind": self._text("Its kind of customer number", "Such as card or user_id."),
            "source_history": forms.ChoiceField(
                label="What it holds", choices=Source.History.choices, initial="archive"
            ),
            "name": forms.CharField(label="Name of this import", max_length=80),
        }  # fmt: skip

    def _fields_of_reading(self) -> None:
        self.fields |= {
            "delimiter": forms.ChoiceField(label="Columns are parted by a", choices=_DELIMITERS),
            "encoding": forms.ChoiceField(label="Letters are written in", choices=_ENCODINGS),
            "header": forms.BooleanField(label="The first row names the columns", required=False),
            "decimal": forms.ChoiceField(label="Decimals begin with", choices=((".", "a point"), (",", "a comma"))),
            "grouping": forms.ChoiceField(label="Thousands are parted by", choices=_GROUPINGS, required=False),
            "refuse_if_over": forms.DecimalField(
                label="Refuse the whole file above this share of refused rows", min_value=0, max_value=1,
                required=False, help_text="Such as 0.05; empty: only when every row is refused.",
            ),
        }  # fmt: skip

    def _fields_of_rows(self) -> None:
        if self.into not in ("products", "campaigns"):
            self.fields["identify"] = self._pick("Whose row it is, by")
            self.fields["identify_kind"] = self._text(
                "Kind of that number", "Such as card or household_id.", 40
            )
        if self.into in DATED:
            one = "entry" if self.into == "costs" else "event"
            such = "the number of the entry" if self.into == "costs" else "the receipt"
            self.fields["key"] = self._many(f"Tells one {one} from another", f"Such as {such}.")
            self.fields["when"] = self._pick("Column")
            self.fields["when_is"] = forms.ChoiceField(label="That is", choices=list(WHEN.items()))
            self.fields["when_format"] = self._text("Written as", "Such as %d.%m.%Y; empty: 2017-01-31.")
            self.fields["when_zone"] = self._text(
                "On the clock of", "Such as UTC; empty: the program's own zone."
            )
        if self.into == "lines":
            self.fields["line_key"] = self._many("Tells the lines of one event apart", "Such as the product.")
        for key, target in TARGETS[self.into].items():
            self.fields[f"to_{key}"] = self._pick("Column")
            self.fields[f"same_{key}"] = self._text("Or the same for every row")
            if target.kind == "day":
                self.fields[f"format_{key}"] = self._text("Written as", "Such as %d.%m.%Y.")
            if target.kind == "amount":
                self.fields[f"symbol_{key}"] = self._text("Currency sign in it", longest=4)
        if self.into in _BELOW_ZERO:
            self.fields["negative"] = forms.BooleanField(
                label=f"Below zero is {_BELOW_ZERO[self.into]}: take it", required=False
            )
        self._fields_of_people()

    def _fields_of_people(self) -> None:
        if self.into == "facts":
            for index in range(len(self._columns)):
                self.fields[f"fact_{index}"] = self._text("Becomes the fact", "Such as name.full.")
        if self.into == "addresses":
            for medium in MEDIA:
                self.fields[f"address_{medium}"] = self._pick("Column")
        if self.into == "consents":
            for index in CONSENTS:
                self.fields[f"consent_{index}"] = self._pick("Yes or no stands in")
                self.fields[f"medium_{index}"] = forms.ChoiceField(
                    label="Medium", choices=[(m, m) for m in MEDIA], required=False
                )
                self.fields[f"purpose_{index}"] = self._text("Purpose")  # fmt: skip

    @property
    def source_lines(self) -> Iterator[BoundField]:
        """The fields of the source."""
        return (self[name] for name in self.fields if name.startswith("source") or name == "name")

    @property
    def reading_fields(self) -> Iterator[BoundField]:
        """The fields of how the file is written."""
        names = ("delimiter", "encoding", "header", "decimal", "grouping", "refuse_if_over")
        return (self[name] for name in names)

    @property
    def lines(self) -> Iterator[Line]:
        """What is wanted of a row, line by line."""
        for label, names in (
            ("Customer", ("identify", "identify_kind")), ("Entry" if self.into == "costs" else "Event", ("key",)),
            ("Line", ("line_key",)),
            ("Time", ("when", "when_is", "when_format", "when_zone")),
        ):  # fmt: skip
            if names[0] in self.fields:
                yield Line(label, [self[name] for name in names], required=True)
        for key, target in TARGETS[self.into].items():
            parts = [f"{part}_{key}" for part in ("to", "same", "format", "symbol")]
            label = "What it was for" if (self.into, key) == ("costs", "kind") else label_of(key)
            yield Line(label, [self[name] for name in parts if name in self.fields], target.required)
        for index in CONSENTS if self.into == "consents" else ():
            yield Line(
                f"Consent {index + 1}", [self[f"{p}_{index}"] for p in ("consent", "medium", "purpose")]
            )
        for name in self.fields:
            if name.startswith("fact_"):
                yield Line(self._columns[int(name.removeprefix("fact_"))], [self[name]])
            if name.startswith("address_"):
                yield Line(label_of(name.removeprefix("address_")), [self[name]])
        if "negative" in self.fields:
            yield Line("Returns" if self.into == "lines" else "Money back", [self["negative"]])

    def problems(self) -> list[str]:
        """What is wrong with what was chosen, each with the line of the form where it stands."""
        places = {field.name: line.label for line in self.lines for field in line.fields}
        named = {name: places.get(name) or str(field.label) for name, field in self.fields.items()}
        return [
            f"{named[name]}: {error}" if name in named else str(error)
            for name, errors in self.errors.items()
            for error in errors
        ]

    def clean(self) -> dict[str, Any]:
        """What was chosen; what a row of this kind cannot be without is asked for beside its field."""
        chosen = super().clean() or {}
        for name, words in _WANTED.items():
            if name in self.fields and not chosen.get(name):
                self.add_error(name, words)
        if not chosen.get("source"):
            for name in ("source_name", "source_kind"):
                if not chosen.get(name):
                    self.add_error(name, "write it for a new source")
        for key, target in TARGETS[self.into].items():
            if target.required and not (chosen.get(f"to_{key}") or chosen.get(f"same_{key}")):
                self.add_error(f"to_{key}", "choose a column, or write what is the same for every row")
        return chosen

    def mapping(self, file_name: str) -> MappingFile:
        """The mapping file of a valid form. Raises BadInput for what no form field can tell by itself."""
        chosen = self.cleaned_data
        made = MappingFile(
            source=_source(chosen), imports=[_import(self.into, self._columns, file_name, chosen)]
        )
        return parse(written(made), "of the form")


def label_of(key: str) -> str:
    """What a target is called in the form."""
    return _LABELS.get(key, key.replace("_", " ").capitalize())


def _source(chosen: Mapping[str, Any]) -> SourceNamed:
    known = Source.objects.filter(name=chosen["source"]).first() if chosen["source"] else None
    if known is not None:
        return source_named(known)
    name, kind = chosen["source_name"], chosen["source_kind"]
    return SourceNamed(name, chosen["source_title"] or name, kind, chosen["source_history"])


def source_named(source: Source) -> SourceNamed:
    """A source of the records as a mapping names it."""
    return SourceNamed(source.name, source.title, source.identifier_kind, source.history)  # type: ignore[arg-type]


def _import(into: Into, columns: Sequence[str], file_name: str, chosen: Mapping[str, Any]) -> Imported:
    who = chosen.get("identify")
    share = chosen["refuse_if_over"]
    return Imported(
        name=chosen["name"],
        file=file_name,
        into=into,
        columns=_targets(into, chosen),
        identify=Identify(chosen["identify_kind"] or "customer_id", who) if who else None,
        key=chosen.get("key") or [],
        line_key=chosen.get("line_key") or [],
        facts={chosen[f"fact_{i}"]: c for i, c in enumerate(columns) if chosen.get(f"fact_{i}")},
        consents=_consents(chosen),
        addresses={m: chosen[f"address_{m}"] for m in MEDIA if chosen.get(f"address_{m}")},
        delimiter=chosen["delimiter"],
        encoding=chosen["encoding"],
        header=chosen["header"],
        decimal=chosen["decimal"],
        grouping=chosen["grouping"],
        refuse_if_over=None if share is None else float(share),
    )


def _targets(into: Into, chosen: Mapping[str, Any]) -> dict[str, ColumnOrName]:
    made: dict[str, ColumnOrName] = {}
    if chosen.get("when"):
        when = Column(
            column=chosen["when"], format=chosen["when_format"] or None, zone=chosen["when_zone"] or None
        )
        made[chosen["when_is"]] = _short(when)
    for key, target in TARGETS[into].items():
        same, column = chosen.get(f"same_{key}"), chosen.get(f"to_{key}")
        if same:
            made[key] = Column(constant=same)
        elif column:
            number = target.kind in ("amount", "quantity")
            made[key] = _short(
                Column(
                    column=column,
                    format=chosen.get(f"format_{key}") or None,
                    symbol=chosen.get(f"symbol_{key}") or None,
                    negative=bool(chosen.get("negative")) and number,
                )
            )
    return made


def _short(column: Column) -> ColumnOrName:
    return column.column or column if column == Column(column=column.column) else column


def _consents(chosen: Mapping[str, Any]) -> list[ConsentColumn]:
    return [
        ConsentColumn(
            chosen[f"medium_{i}"] or MEDIA[0], chosen[f"purpose_{i}"] or "marketing", chosen[f"consent_{i}"]
        )
        for i in CONSENTS
        if chosen.get(f"consent_{i}")
    ]


def shown_by(spec: Imported, source: SourceNamed | None, columns: Sequence[str]) -> dict[str, Any]:
    """What the form shows for an import; `source` None leaves the source to be chosen."""
    shown: dict[str, Any] = {
        "name": spec.name, "delimiter": spec.delimiter, "header": spec.header, "decimal": spec.decimal,
        "grouping": spec.grouping, "encoding": spec.encoding.removesuffix("-sig"),
        "refuse_if_over": spec.refuse_if_over, "key": spec.key, "line_key": spec.line_key,
    }  # fmt: skip
    if source is not None:
        known = Source.objects.filter(name=source.name).exists()
        shown |= {"source": source.name if known else "", "source_name": "" if known else source.name,
                  "source_title": "" if known else source.title,
                  "source_kind": "" if known else source.identifier_kind, "source_history": source.history}  # fmt: skip
    if spec.identify is not None:
        shown |= {"identify": spec.identify.column, "identify_kind": spec.identify.kind}
    for key, given in spec.columns.items():
        shown |= _shown(key, Column(column=given) if isinstance(given, str) else given)
    facts = {given: fact for fact, given in spec.facts.items() if isinstance(given, str)}
    shown |= {f"fact_{i}": facts.get(column, "") for i, column in enumerate(columns)}
    shown |= {
        f"address_{medium}": given for medium, given in spec.addresses.items() if isinstance(given, str)
    }
    for i, said in enumerate(spec.consents):
        shown |= {f"consent_{i}": said.column, f"medium_{i}": said.medium, f"purpose_{i}": said.purpose}
    return shown


def _shown(key: str, column: Column) -> dict[str, Any]:
    if key in WHEN:
        return {
            "when": column.column,
            "when_is": key,
            "when_format": column.format or "",
            "when_zone": column.zone or "",
        }
    shown = {
        f"to_{key}": column.column or "",
        f"same_{key}": "" if column.constant is None else str(column.constant),
        f"format_{key}": column.format or "",
        f"symbol_{key}": column.symbol or "",
    }
    return shown | ({"negative": True} if column.negative else {})


def says_it_all(mapping: MappingFile, columns: Sequence[str]) -> bool:
    """Whether the form can show the mapping without losing anything of it."""
    if len(mapping.imports) != 1:
        return False
    spec = mapping.imports[0]
    given = {
        key: value
        for key, value in shown_by(spec, mapping.source, columns).items()
        if value not in (None, "")
    }
    form = MappingForm(columns, spec.into, given)
    try:
        return form.is_valid() and _plain(form.mapping(spec.file)) == _plain(mapping)
    except BadInput:
        return False


def _plain(mapping: MappingFile) -> Any:
    """The mapping as it is compared: a column by its name alone, a constant as its text, UTF-8 with or without mark."""
    spec = mapping.imports[0]
    columns = {
        key: _short(given) if isinstance(given, Column) and given.constant is None else _constant(given)
        for key, given in spec.columns.items()
    }
    encoding = spec.encoding.removesuffix("-sig")
    found = msgspec.structs.replace(spec, columns=columns, encoding=encoding)
    return mapping.source.name, mapping.source.identifier_kind, found


def _constant(given: ColumnOrName) -> ColumnOrName:
    if isinstance(given, str):
        return given
    return msgspec.structs.replace(given, constant=str(given.constant))


KINDS: tuple[Into, ...] = get_args(Into)
