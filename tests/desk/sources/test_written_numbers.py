"""Numbers as files write them: decimal commas, grouped thousands, currency signs; files without a header."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.sources import mapping as mappings
from sterna.desk.sources.models import RefusedRow
from sterna.engine.errors import BadInput
from tests.desk.sources.shop import HEADER, LINES, SOURCE, Run

pytestmark = pytest.mark.django_db


def file(*paid: str) -> str:
    """A file of semicolons with one row for each amount."""
    rows = [f"c1;t{n};a;2017-01-05;1;{amount}" for n, amount in enumerate(paid)]
    return "\n".join([HEADER.replace(",", ";"), *rows]) + "\n"


def mapped(**settings: str) -> str:
    extra = "".join(f"\n    {key}: {value!r}" for key, value in settings.items())
    return LINES.replace("file: sales.csv", f"file: sales.csv\n    delimiter: ;{extra}")


@pytest.mark.parametrize(
    ("settings", "written", "read"),
    [
        ({"decimal": ","}, "12,50", "12.50"),
        ({"decimal": ","}, "12", "12.00"),
        ({"decimal": ","}, "1.234,50", None),
        ({"decimal": ",", "grouping": "."}, "1.234,50", "1234.50"),
        ({"decimal": ",", "grouping": "."}, "1234,50", "1234.50"),
        ({"decimal": ",", "grouping": "."}, "1.23,50", None),
        ({"decimal": ",", "grouping": "."}, "12.345.678,9", "12345678.90"),
        ({"decimal": ",", "grouping": "."}, "1.234", "1234.00"),
        ({"decimal": ",", "grouping": "."}, "12.50", None),
        ({"decimal": ",", "grouping": " "}, "1 234,50", "1234.50"),
        ({"grouping": "'"}, "1'234.50", "1234.50"),
        ({"grouping": ","}, "1,234.50", "1234.50"),
        ({"grouping": ","}, "1,2345.50", None),
        ({}, "1,234.50", None),
        ({"decimal": ","}, "12,505", None),
    ],
)
def test_an_amount_as_the_file_writes_it(run: Run, settings: dict[str, str], written: str, read: str | None):
    found = run(file("1", written), mapped(**settings))
    assert found.amount == Decimal("1.00") + Decimal(read or 0)
    refused = [(row.line, row.value) for row in RefusedRow.objects.all()]
    assert refused == ([] if read else [(3, written)])


@pytest.mark.parametrize("written", ["12.50 €", "€12.50", "€ 12.50", " 12.50€ "])
def test_a_currency_sign_that_the_mapping_names_is_left_away(run: Run, written: str):
    named = LINES.replace("amount: paid", "amount: {column: paid, symbol: €}")
    semicolons = named.replace("file: sales.csv", "file: sales.csv\n    delimiter: ;")
    assert run(file(written), semicolons).amount == Decimal("12.50")


def test_a_currency_sign_that_nobody_named_is_refused(run: Run):
    found = run(file("1", "12.50 €", "12.50 EUR"), mapped())
    assert (found.rows_accepted, found.rows_refused) == (1, 2)


def test_a_file_without_a_header_has_numbered_columns(run: Run):
    names = {"card": "column_1", "till": "column_2", "item": "column_3", "at": "column_4", "paid": "column_6"}
    mapping = LINES.replace("pieces", "column_5").replace(
        "file: sales.csv", "file: sales.csv\n    header: false"
    )
    for old, new in names.items():
        mapping = mapping.replace(f": {old}", f": {new}").replace(f"[{old}]", f"[{new}]")
    mapping = mapping.replace("kind: column_1", "kind: card")
    found = run("c1,t1,a,2017-01-05,1,2.50\nc2,t2,a,2017-01-05,1,x\n", mapping)
    assert (found.rows_accepted, found.amount) == (1, Decimal("2.50"))
    assert RefusedRow.objects.get().line == 2


def test_one_sign_cannot_be_both():
    with pytest.raises(BadInput, match=r"line \d+, key imports\[0\]\.grouping: one sign cannot both"):
        mappings.parse(SOURCE + mapped(decimal=",", grouping=","), "map.yaml")


def test_what_is_not_said_changes_no_identity():
    """An import that was made before numbers had a way of writing is still the same import."""
    spec = mappings.parse(SOURCE + LINES, "map").imports[0]
    plain = mappings.parse(
        SOURCE + mapped(decimal=".", grouping="").replace("delimiter: ;", 'delimiter: ","'), "map"
    )
    named = mappings.SourceNamed("shop", "Shop", "card")
    assert mappings.sha256(named, spec) == mappings.sha256(named, plain.imports[0])


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
COLUMNS = st.one_of(
    TEXTS,
    st.builds(
        mappings.Column,
        column=TEXTS,
        format=st.none() | TEXTS,
        negative=st.booleans(),
        symbol=st.none() | TEXTS,
    ),
    st.builds(mappings.Column, constant=TEXTS | st.integers(-9, 9) | st.booleans()),
    st.builds(
        mappings.Column, column=TEXTS, values=st.dictionaries(TEXTS, TEXTS | st.booleans(), max_size=2)
    ),
)


@given(
    st.dictionaries(TEXTS, COLUMNS, max_size=3),
    st.lists(TEXTS, max_size=2),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_a_mapping_that_is_written_reads_as_itself(columns, names, delimiter):
    spec = mappings.Imported(
        name="n", file="f.csv", into="facts", columns=columns, facts=columns or {"x": "y"}, delimiter=delimiter,
        identify=mappings.Identify("card", "on"), key=["yes", *names], line_key=names,
    )  # fmt: skip
    mapping = mappings.Mapping(mappings.SourceNamed("shop", "2017-01-01", "card"), [spec])
    assert mappings.parse(mappings.written(mapping), "again") == mapping


def test_every_column_that_a_mapping_reads_is_known():
    text = """
imports:
  - name: sales
    file: f.csv
    into: lines
    identify: {kind: card, column: who}
    key: [till]
    line_key: [pos]
    columns:
      occurred_on: day
      product_id: {template: "{dep}-{art}"}
      amount: {sum: [net, tax]}
      touchpoint: {constant: shop}
"""
    spec = mappings.parse(SOURCE + text, "map").imports[0]
    assert mappings.used_columns(spec) == {"who", "till", "pos", "day", "dep", "art", "net", "tax"}
