"""The form that makes a mapping: what it asks for, the mapping that comes of it, and what only a text can say."""

from pathlib import Path

import pytest
from django.http import QueryDict

from sterna.desk.config import clock
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources.forms import KINDS, MappingForm, says_it_all, shown_by
from sterna.desk.sources.guessing import Guess, Guesses, Written, how_written
from sterna.desk.sources.mapping import Column, ConsentColumn, Identify, Imported, Into, SourceNamed
from sterna.desk.sources.models import Source
from sterna.desk.sources.preview import look, trial
from sterna.desk.sources.suggesting import suggest
from sterna.desk.sources.targets import Program
from sterna.engine.errors import BadInput
from tests.desk.sources.shop import GOOD, HEADER, LINES, SOURCE, csv_text

pytestmark = pytest.mark.django_db
COLUMNS = HEADER.split(",")
NEW = {
    "source": "",
    "source_name": "shop",
    "source_title": "Shop",
    "source_kind": "card",
    "source_history": "archive",
}
READING = {"delimiter": ",", "encoding": "utf-8", "header": "on", "decimal": ".", "grouping": ""}
SALES = {
    **NEW, **READING, "name": "sales", "identify": "card", "identify_kind": "card", "key": ["till"],
    "line_key": ["item"], "when": "at", "when_is": "occurred_at", "when_format": "", "when_zone": "America/New_York",
    "to_product_id": "item", "to_quantity": "pieces", "to_amount": "paid",
}  # fmt: skip


def filled(into: Into, data: dict, columns: list[str] = COLUMNS) -> MappingForm:
    """The form as a browser posts it."""
    posted = QueryDict(mutable=True)
    for name, value in data.items():
        posted.setlist(name, value if isinstance(value, list) else [value])
    return MappingForm(columns, into, posted)


def test_the_form_s_result_is_the_mapping_that_the_command_line_reads():
    form = filled("lines", SALES)
    assert form.is_valid(), form.errors
    made = form.mapping("sales.csv")
    plain = LINES.replace("{column: pieces, negative: true}", "pieces")
    assert made == mappings.parse(SOURCE + plain, "map.yaml")
    assert mappings.parse(mappings.written(made), "again") == made


@pytest.mark.parametrize(
    ("missing", "field", "said"),
    [
        ("identify", "identify", "Customer: say which column tells whose row it is"),
        ("key", "key", "Event: choose at least one column"),
        ("line_key", "line_key", "Line: choose at least one column"),
        ("when", "when", "Time: say which column tells when it happened"),
        ("to_amount", "to_amount", "Amount: choose a column, or write what is the same for every row"),
        ("name", "name", "Name of this import: This field is required."),
        ("source_name", "source_name", "Name of a new source: write it for a new source"),
        ("source_kind", "source_kind", "Its kind of customer number: write it for a new source"),
    ],
)
def test_what_a_row_cannot_be_without_is_asked_for_beside_its_field(missing: str, field: str, said: str):
    form = filled("lines", {name: value for name, value in SALES.items() if name != missing})
    assert not form.is_valid()
    assert list(form.errors) == [field] and form.problems() == [said]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"identify": "nobody"}, "Customer: Select a valid choice"),
        ({"refuse_if_over": "2"}, "less than or equal to 1"),
        ({"decimal": ";"}, "Select a valid choice"),
    ],
)
def test_what_the_file_does_not_have_is_refused(changed: dict[str, str], said: str):
    form = filled("lines", SALES | changed)
    assert not form.is_valid() and said in form.problems()[0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"decimal": ",", "grouping": ","}, "one sign cannot both group digits and begin the decimals"),
        ({"source_name": "The Shop"}, "a source's name is lower-case letters"),
        ({"identify_kind": "Card number"}, "a kind of identifier is lower-case letters"),
    ],
)
def test_what_no_field_can_tell_by_itself_is_said_of_the_mapping(changed: dict[str, str], said: str):
    form = filled("lines", SALES | changed)
    assert form.is_valid()
    with pytest.raises(BadInput, match=said):
        form.mapping("sales.csv")


def test_a_known_source_is_named_as_it_is_known():
    Source.objects.create(
        name="till", title="The till", identifier_kind="card", history="live", created_at=clock.now()
    )
    form = filled("lines", SALES | {"source": "till"})
    assert form.is_valid(), form.errors
    assert form.mapping("f.csv").source == SourceNamed("till", "The till", "card", "live")


EVERY = [
    Imported("sales", "f.csv", "lines", {"occurred_on": Column(column="at", format="%d.%m.%Y"),
             "amount": Column(column="paid", negative=True, symbol="€"), "touchpoint": Column(constant="shop")},
             Identify("card", "card"), ["till"], ["item", "at"], delimiter=";", encoding="cp1252", decimal=",",
             grouping=".", refuse_if_over=0.05),
    Imported("visits", "f.csv", "events", {"kind": Column(constant="visit"),
             "occurred_at": Column(column="at", zone="UTC"),
             "subject": "item"}, Identify("card", "card"), ["till", "card"], header=False),
    Imported("serving", "f.csv", "costs", {"occurred_on": Column(column="at", format="%d.%m.%Y"), "kind": "item",
             "amount": Column(column="paid", negative=True, symbol="€"), "currency": Column(constant="USD")},
             Identify("card", "card"), ["till"]),
    Imported("catalog", "f.csv", "products", {"product_id": "item", "brand": "till"}),
    Imported("mailings", "f.csv", "campaigns", {"campaign_id": "till",
             "starts_on": Column(column="at", format="%Y%m%d"),
             "ends_on": "at"}),
    Imported("people", "f.csv", "facts", {"observed_on": Column(constant="2017-01-01"),
             "purpose": Column(constant="service")},
             Identify("card", "card"), facts={"name.full": "item", "size": "pieces"}),
    Imported("may", "f.csv", "consents", {"said_on": "at"}, Identify("card", "card"),
             consents=[ConsentColumn("email", "marketing", "paid"), ConsentColumn("phone", "service", "till")]),
    Imported("where", "f.csv", "addresses", identify=Identify("card", "card"),
             addresses={"email": "item", "phone": "till"}),
]  # fmt: skip


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.into)
def test_what_the_form_shows_of_a_mapping_makes_that_mapping_again(spec: Imported):
    mapping = mappings.Mapping(SourceNamed("shop", "Shop", "card"), [spec])
    shown = {
        name: value
        for name, value in shown_by(spec, mapping.source, COLUMNS).items()
        if value not in (None, "")
    }
    form = filled(
        spec.into,
        {name: "on" if value is True else value for name, value in shown.items() if value is not False},
    )
    assert form.is_valid(), form.errors
    assert form.mapping("f.csv") == mapping
    assert says_it_all(mapping, COLUMNS)


def test_every_kind_of_row_has_a_form():
    assert {spec.into for spec in EVERY} == set(KINDS)
    for into in KINDS:
        labels = [line.label for line in MappingForm(COLUMNS, into).lines]
        assert labels and len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    "changed",
    [
        {"product_id": Column(template="{till}-{item}")},
        {"amount": Column(sum=["paid", "pieces"])},
        {"touchpoint": Column(column="item", values={"a": "shop"})},
        {"amount": Column(column="paid", negative=True), "quantity": "pieces"},
    ],
)
def test_what_only_a_text_can_say_is_not_shown_as_a_form(changed: dict):
    spec = mappings.parse(
        SOURCE + LINES.replace("{column: pieces, negative: true}", "pieces"), "map"
    ).imports[0]
    columns = {**spec.columns, **changed}
    special = mappings.Mapping(
        SourceNamed("shop", "Shop", "card"),
        [mappings.Imported("s", "f.csv", "lines", columns, spec.identify, spec.key, spec.line_key)],
    )
    assert not says_it_all(special, COLUMNS)


def test_the_shipped_mapping_of_people_needs_the_text():
    people = mappings.load(Path(__file__).parents[3] / "examples" / "retail" / "people.yaml")
    assert not says_it_all(people, ["household_id", "name", "since"])


def test_a_usual_file_is_suggested_whole(tmp_path: Path):
    path = tmp_path / "sales.csv"
    path.write_text(csv_text(*GOOD))
    written = how_written(path)
    spec = suggest("sales.csv", written, look(path, written, True).guesses)
    assert (spec.name, spec.into, spec.identify, spec.key, spec.line_key) == (
        "sales", "lines", Identify("card", "card"), ["till"], ["item"],
    )  # fmt: skip
    assert spec.columns == {"occurred_at": "at", "product_id": "item", "quantity": "pieces", "amount": "paid"}
    assert [row.refused for row in trial(path, spec, Program("shop", "America/New_York", "USD"))] == [
        None
    ] * 3


def guessed(**columns: Guess | str) -> Guesses:
    return Guesses(
        {name: Guess(kind) if isinstance(kind, str) else kind for name, kind in columns.items()}, ",", "."
    )


@pytest.mark.parametrize(
    ("columns", "into"),
    [
        ({"card": "identifier", "day": "day", "paid": "money"}, "lines"),
        ({"card": "identifier", "at": "moment", "page": "text"}, "events"),
        ({"card": "identifier", "mail": "e-mail address"}, "addresses"),
        ({"sku": "identifier", "department": "text"}, "products"),
        ({"card": "identifier", "age": "number"}, "facts"),
    ],
)
def test_what_a_row_says_is_suggested_from_its_columns(columns: dict[str, str], into: str):
    assert suggest("f.csv", Written(), guessed(**columns)).into == into


def test_formats_signs_and_ways_of_writing_go_into_the_suggestion():
    guesses = guessed(Kunde="identifier", Tag=Guess("day", "%d.%m.%Y"), Betrag=Guess("money", symbol="€"))
    spec = suggest("Umsatz.csv", Written(";", "cp1252"), guesses)
    assert spec.columns["occurred_on"] == Column(column="Tag", format="%d.%m.%Y")
    assert spec.columns["amount"] == Column(column="Betrag", symbol="€")
    assert (spec.delimiter, spec.encoding, spec.decimal, spec.grouping) == (";", "cp1252", ",", ".")
    assert spec.identify == Identify("kunde", "Kunde")


def test_addresses_are_suggested_by_medium():
    spec = suggest(
        "p.csv", Written(), guessed(card="identifier", mail="e-mail address", Mobile="text", street="text")
    )
    assert spec.addresses == {"email": "mail", "phone": "Mobile", "letter": "street"}


def test_nothing_is_made_up_for_a_file_that_says_nothing():
    spec = suggest("x.csv", Written(), guessed(a="text", b="empty"), into="events")
    assert (spec.columns, spec.identify, spec.key) == ({}, None, [])
