"""How far the goals of a run's plan are."""

from dataclasses import dataclass
from datetime import date

from sterna.desk.dashboards.queries import places
from sterna.desk.runs.models import Run


@dataclass(frozen=True)
class Progress:
    """A goal: how many customers it wants from one place to another, and how many the run saw there."""

    goal: str
    from_place: str
    to_place: str
    wanted: int
    moved: int
    share: float
    by: date
    owner: str


def progress(run: Run) -> list[Progress]:
    """The goals of the plan that the run pinned, in the plan's order; empty without a plan.

    Moved counts everybody who made the move, contacted or held out: what the contacts brought about is on Results.
    """
    plan = run.brief.get("plan")
    if not plan:
        return []
    cells = {(cell.from_place, cell.to_place): cell.customers for cell in places.cells(run)}
    found = []
    for goal in plan["body"]["goals"]:
        moved = cells.get((goal["from"], goal["to"]), 0)
        found.append(
            Progress(
                goal["id"],
                goal["from"],
                goal["to"],
                goal["customers"],
                moved,
                moved / goal["customers"],
                date.fromisoformat(str(goal["by"])),
                goal["owner"],
            )
        )
    return found
