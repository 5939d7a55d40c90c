"""What the how-to pages tell a reader to write is accepted as it stands."""

import re

from sterna.desk.sources.mapping import parse
from tests.docs.pages import DOCS


def test_the_mapping_of_the_import_page_is_a_mapping() -> None:
    text = (DOCS / "how-to/import-your-files.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, flags=re.S)
    assert len(blocks) == 1
    mapping = parse(blocks[0], "the page")
    assert [spec.into for spec in mapping.imports] == ["products", "lines"]
