"""Writes the marked parts of docs/tour.md from two real turns; `make docs` runs it and test_tour.py compares."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.docs.tour_rooms import ROOMS
from tests.docs.tour_shop import Shop, two_turns

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tour.md"
MARKED = re.compile(r"<!-- (?P<room>\w+) -->\n(?P<made>.*?)<!-- /(?P=room) -->", re.S)


def made(shop: Shop) -> dict[str, str]:
    """The marked part of every room."""
    return {name: f"\n{room(shop)}\n\n" for name, room in ROOMS.items()}


def parts(page: str) -> dict[str, str]:
    """The marked parts that stand on a page, by room."""
    return {found["room"]: found["made"] for found in MARKED.finditer(page)}


def prose(page: str) -> str:
    """The page without its marked parts."""
    return MARKED.sub("", page)


def rewritten(page: str, new: Mapping[str, str]) -> str:
    """The page with its marked parts as in `new`; KeyError for a room that is not there."""
    return MARKED.sub(
        lambda found: f"<!-- {found['room']} -->\n{new[found['room']]}<!-- /{found['room']} -->", page
    )


def main() -> None:
    """Replaces the marked parts."""
    with tempfile.TemporaryDirectory() as folder:
        new = made(two_turns(Path(folder)))
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), new), encoding="utf-8")


if __name__ == "__main__":
    main()
