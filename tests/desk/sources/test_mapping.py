"""The mapping file's errors name file, line and key; the shipped mappings can be read."""

from pathlib import Path

import pytest

from sterna.desk.sources import mapping
from sterna.engine.errors import BadInput

SOURCE = "source: {name: shop, title: Shop, identifier_kind: card}\n"
LINES = """imports:
  - name: sales
    file: sales.csv
    into: lines
    identify: {kind: card, column: card}
    key: [till]
    line_key: [item]
    columns:
      amount: paid
"""


def test_the_shipped_mappings_are_whole():
    folder = Path(__file__).parents[3] / "examples" / "retail"
    retail = mapping.load(folder / "mapping.yaml")
    assert [spec.into for spec in retail.imports] == [
        "products",
        "campaigns",
        "lines",
        "events",
        "events",
        "facts",
    ]
    people = mapping.load(folder / "people.yaml")
    columns = {c.column for spec in people.imports for c in spec.consents}
    assert columns >= {"consent_email", "consent_letter", "consent_phone"}


@pytest.mark.parametrize(
    ("text", "line", "key", "reason"),
    [
        (SOURCE + LINES.replace("into: lines", "into: nowhere"), 5, "into", "Invalid enum value"),
        (
            SOURCE + LINES.replace("    file: sales.csv\n", ""),
            3,
            "imports[0]",
            "missing required field `file`",
        ),
        (SOURCE + LINES.replace("line_key", "lines_key"), 8, "lines_key", "unknown field"),
        (
            SOURCE + LINES.replace("amount: paid", "amount: {column: paid, sum: [a]}"),
            10,
            "amount",
            "exactly one",
        ),
        (SOURCE + LINES.replace("      amount: paid\n", "      amount: [1]\n"), 9, "columns", "Expected"),
        (SOURCE + LINES.replace("file: sales.csv", "file: a\n    file: b"), 5, "file", "stands twice"),
        (SOURCE.replace("name: shop", "name: My/Shop") + LINES, 1, "source.name", "lower-case"),
        (SOURCE + LINES.replace("    key: [till]\n", ""), 3, "name", "need `key`"),
        (SOURCE + LINES.replace("    key: [till]", "   key: [till]"), 7, "", ""),
    ],
)
def test_an_error_names_file_line_and_key(text: str, line: int, key: str, reason: str):
    with pytest.raises(BadInput) as caught:
        mapping.parse(text, "map.yaml")
    assert f"map.yaml line {line}" in str(caught.value)
    assert key in str(caught.value)
    assert reason in str(caught.value)


def test_an_empty_mapping_and_a_missing_one_are_refused(tmp_path: Path):
    with pytest.raises(BadInput, match="empty"):
        mapping.parse("", "map.yaml")
    with pytest.raises(BadInput, match="no such file"):
        mapping.load(tmp_path / "none.yaml")


def test_days_and_words_stay_text():
    text = SOURCE + LINES + "      occurred_on: {constant: 2017-01-01}\n      touchpoint: {constant: on}\n"
    columns = mapping.parse(text, "map.yaml").imports[0].columns
    assert [columns["occurred_on"].constant, columns["touchpoint"].constant] == ["2017-01-01", "on"]


def test_only_its_own_import_changes_an_imports_hash():
    first = mapping.parse(SOURCE + LINES, "a")
    more = mapping.parse(SOURCE + LINES + LINES.replace("imports:\n", "").replace("sales\n", "more\n"), "a")
    changed = mapping.parse(SOURCE + LINES.replace("paid", "price"), "a")
    hashes = [mapping.sha256(m.source, m.imports[0]) for m in (first, more, changed)]
    assert hashes[0] == hashes[1] != hashes[2]
