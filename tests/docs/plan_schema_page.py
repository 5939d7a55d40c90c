"""Writes docs/plan.schema.json from the parts of a plan; `make docs` runs it and test_plan_schema.py compares."""

import json
from pathlib import Path

from sterna.engine.plans.schema import schema

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plan.schema.json"


def as_json() -> str:
    """The schema as it is printed and published."""
    return json.dumps(schema(), indent=2) + "\n"


def main() -> None:
    """Replaces the file."""
    PAGE.write_text(as_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
