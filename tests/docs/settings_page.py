"""Writes docs/settings.md from the declared settings; `make docs` runs it and test_settings.py compares."""

from pathlib import Path

from sterna.desk.config.options import as_markdown

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def main() -> None:
    """Replaces the page."""
    PAGE.write_text(as_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
