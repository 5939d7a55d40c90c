"""The documents as the tests read them: pages, links, glossary entries, decisions."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
ENTRY = re.compile(r"^- \*\*(?P<term>[^*]+)\*\*: (?P<meaning>.+?\.)(?: Not: (?P<never>[^.]+)\.)?$")
REFERENCE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Entry:
    """One word of the glossary: its section, its meaning, and the words that must not stand for it."""

    section: str
    term: str
    meaning: str
    never: tuple[str, ...]


def pages() -> list[Path]:
    """Every document a reader may open."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [*top, *sorted(DOCS.rglob("*.md"))]


def broken_links(page: Path, text: str) -> list[str]:
    """Relative links of a page that lead nowhere: no such file, or no such heading in it."""
    return [target for target in LINK.findall(text) if not _resolves(page, text, target)]


def _resolves(page: Path, text: str, target: str) -> bool:
    if "://" in target or target.startswith("mailto:"):
        return True
    path, _, anchor = target.partition("#")
    if not path:
        return anchor in anchors(text)
    file = page.parent / path
    return file.exists() and (not anchor or anchor in anchors(file.read_text(encoding="utf-8")))


def anchors(text: str) -> set[str]:
    """The anchors that the headings of a page make."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def glossary(text: str) -> list[Entry]:
    """The entries of the glossary; a list item that is no entry raises ValueError."""
    entries, section = [], ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif line.startswith("- "):
            match = ENTRY.match(line)
            if match is None:
                raise ValueError(f"no glossary entry: {line}")
            never = tuple(word.strip() for word in (match["never"] or "").split(",") if word.strip())
            entries.append(Entry(section, match["term"], match["meaning"], never))
    return entries


def enforcing_checks(decision: str) -> list[str]:
    """The checks a decision names under its last heading, `Enforced by`."""
    _, _, section = decision.partition("\n## Enforced by\n")
    return REFERENCE.findall(section)
