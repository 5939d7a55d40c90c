"""Every relative link of the documents leads somewhere."""

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, broken_links, pages


@pytest.mark.parametrize("document", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(document: Path) -> None:
    assert broken_links(document, document.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# One heading\n")
    text = "# Top\n[1](b.md) [2](b.md#one-heading) [3](#top) [4](https://example.com)"
    assert broken_links(tmp_path / "a.md", text) == []
    assert broken_links(tmp_path / "a.md", "[5](c.md) [6](b.md#two) [7](#x)") == ["c.md", "b.md#two", "#x"]


def test_every_document_is_reached_from_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    decisions = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    unlisted = [
        str(page.relative_to(ROOT))
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if page.name != "README.md"
        and f"({page.relative_to(ROOT / 'docs')})" not in index
        and f"({page.name})" not in decisions
    ]
    assert unlisted == []
