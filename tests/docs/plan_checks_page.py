"""Writes docs/plan-checks.md from the catalogue of codes; `make docs` runs it and test_plan_checks.py compares."""

from pathlib import Path

from sterna.engine.plans.codes import CATALOGUE, CHAPTERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plan-checks.md"
HEAD = (
    "# Checks of a plan\n\n"
    "Every code that `sterna plan check` can find, made from the code. An error keeps a plan from being approved; a "
    "warning should be looked at before; a note is good to know. Codes stay what they are, so that scripts can rely "
    "on them; the number in a code is that of a [requirement](requirements.md).\n\n"
    'A plan that writes its `stages` declares itself whole. What is told as "error or warning" about the strategy, '
    "the mix and the number of segments is an error in a whole plan and a warning in any other. What the check "
    "compares a plan with, such as places, fill and shares, comes from the installation or from a file (`--known`); "
    "what is not known is not compared.\n"
)


def as_markdown() -> str:
    """The page: a chapter a subject, a line of a table a code."""
    return "\n".join([HEAD, *(_chapter(title) for title in CHAPTERS)])


def _chapter(title: str) -> str:
    rows = [
        f"| `{code.code}` | {' or '.join(code.severities)} | {code.says} |"
        for code in sorted(CATALOGUE.values(), key=lambda code: code.code)
        if code.chapter == title
    ]
    return "\n".join([f"## {title}\n", "| code | severity | means |", "| --- | --- | --- |", *rows]) + "\n"


def main() -> None:
    """Replaces the page."""
    PAGE.write_text(as_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
