"""Prints what an installation wrote down of its imports and of the stages of its runs, as JSON."""

import json
from typing import Any

from sterna.cli.desk import setup


def main() -> None:
    """Print the journal of the home that STERNA_HOME names."""
    setup()
    from sterna.desk.runs.models import Run
    from sterna.desk.sources.models import Import

    imports = [_imported(item) for item in Import.objects.order_by("started_at")]
    runs = [_ran(run) for run in Run.objects.order_by("until")]
    print(json.dumps({"imports": imports, "runs": runs}))


def _imported(item: Any) -> dict[str, Any]:
    return {
        "name": item.name,
        "into": item.into,
        "rows": item.rows_read,
        "seconds": (item.ended_at - item.started_at).total_seconds(),
    }


def _ran(run: Any) -> dict[str, Any]:
    """A run with its stages, and each stage with its steps; without their SQL, which the pages show.

    `publishing` are the seconds from the end of the last stage until the outcome was published.
    """
    stages = list(run.stages.order_by("position"))
    return {
        "until": run.until.isoformat(),
        "publishing": (run.published_at - stages[-1].ended_at).total_seconds(),
        "stages": [
            {
                "name": stage.name,
                "rows": stage.rows,
                "seconds": stage.seconds,
                "steps": [{key: step[key] for key in ("step", "rows", "seconds")} for step in stage.steps],
            }
            for stage in stages
        ],
    }


if __name__ == "__main__":
    main()
