"""Writes docs/measures.md from the catalogue of measures; `make docs` runs it and test_measures.py compares."""

from pathlib import Path

from sterna.engine.value.catalogue import MEASURES, Measure

PAGE = Path(__file__).resolve().parents[2] / "docs" / "measures.md"
HEAD = (
    "# Measures\n\n"
    "Every measure of a customer, made from the code. Each figure has its last day that counts, the method's version, "
    "and a range where there is one; what is not known is unknown with a reason, never zero. A run keeps them in its "
    "table `values`; [Measures of value](how-to/measures-of-value.md) and "
    "[Value: purchase models](how-to/value-models.md) say how they are made and fed.\n\n"
    'The window is that of the tiers. "money" is the currency of the program.\n'
)


def as_markdown() -> str:
    """The page: a chapter a kind, a section a measure."""
    kinds = list(dict.fromkeys(measure.kind for measure in MEASURES))
    chapters = [
        f"## {kind.capitalize()}\n\n"
        + "\n".join(_section(measure) for measure in MEASURES if measure.kind == kind)
        for kind in kinds
    ]
    return "\n".join([HEAD, *chapters])


def _section(measure: Measure) -> str:
    lines = [
        f"### {measure.title}: `{measure.name}`\n",
        f"- **Formula** (version {measure.version}): {measure.formula}. In {measure.unit}.",
        f"- **Source**: {measure.source}.",
        f"- **Not for**: {measure.beware}",
    ]
    if measure.low:
        lines.append("- **Range**: " + " to ".join(f"`{end}`" for end in (measure.low, measure.high) if end))
    if measure.reason:
        lines.append(f"- **Unknown**: the reason stands in `{measure.reason}`.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Replaces the page."""
    PAGE.write_text(as_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
