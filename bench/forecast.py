"""Times the forecast of a year for a million customers in a process of its own, beside moving them one by one."""

import json
import os
import resource
import time
from datetime import date

import numpy as np

from bench.check import GB, KIB
from bench.homes import Tell
from bench.measuring import python
from bench.results import Figure, Ratio, Result, Target

CUSTOMERS, MONTHS, DRAWS = 1_000_000, 12, 200
SECONDS, MEMORY = 60.0, 4.0
PLACES = ("none", "bronze", "silver", "gold", "platinum")
# Of a hundred customers of each place, so many are a month later in each.
MOVED = (
    (9000, 700, 200, 80, 20), (600, 8800, 500, 80, 20), (200, 700, 8500, 550, 50), (80, 120, 700, 8600, 500),
    (20, 30, 150, 800, 9000),
)  # fmt: skip


def forecast_plan(tell: Tell) -> Result:
    """Forecast a plan of eight goals and two hundred assets for a million customers: a year, two hundred draws."""
    tell("bench.forecast")
    done = json.loads(python("bench.forecast", (), dict(os.environ)).output)
    return Result(
        "forecast",
        done["forecast"],
        {"customers": CUSTOMERS, "months": MONTHS, "draws": DRAWS, "pushes": done["pushes"]},
        (Ratio("forecast / one draw of every customer", done["forecast"], done["raw"]),),
        (
            Target("forecast: seconds", done["forecast"], SECONDS, "s"),
            Target("forecast: peak memory", done["peak"] / GB, MEMORY, "GB"),
        ),
        (
            Figure("forecast", done["forecast"], CUSTOMERS, peak_bytes=done["peak"]),
            Figure("what it hangs on", done["sensitivity"], CUSTOMERS),
            Figure("one draw of every customer", done["raw"], CUSTOMERS),
        ),
    )


def one_by_one(chances: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> int:
    """Move a million customers through a year, each by a number of its own; how many end in the highest place."""
    rng = np.random.default_rng(1)
    places = np.arange(CUSTOMERS) % len(PLACES)
    edges = chances.cumsum(axis=1)
    for _ in range(MONTHS):
        places = (rng.random(CUSTOMERS)[:, None] > edges[places]).sum(axis=1)
    return int((places == len(PLACES) - 1).sum())


def main() -> None:
    """Prints the seconds of the forecast, of what it hangs on and of one draw, and the peak, as JSON."""
    import msgspec
    import yaml

    from bench.check import large_plan
    from sterna.engine import plans
    from sterna.engine.plans.forecast import Basis, forecast, sensitivity

    yaml.SafeDumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign]
    plan = plans.load(large_plan(), lambda name: name).plan
    plan = msgspec.structs.replace(plan, opens=date(2026, 1, 5), closes=date(2026, 12, 31))
    basis = Basis(
        as_of=date(2025, 12, 31), places=PLACES, months=1, moved=MOVED,
        headcounts=dict.fromkeys(PLACES, CUSTOMERS // len(PLACES)),
        worth={place: 10.0 * rank for rank, place in enumerate(PLACES)},
    )  # fmt: skip
    begun = time.perf_counter()
    found = forecast(plan, basis, draws=DRAWS)
    told = time.perf_counter()
    if len(found.starts) != MONTHS:
        raise SystemExit(f"the forecast that is timed has {len(found.starts)} months")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
    sensitivity(plan, basis)
    weighed = time.perf_counter()
    one_by_one(basis.chances())
    done = {
        "forecast": told - begun,
        "sensitivity": weighed - told,
        "raw": time.perf_counter() - weighed,
        "peak": peak,
        "pushes": sum(len(asset.goals) for asset in plan.assets),
    }
    print(json.dumps(done))


if __name__ == "__main__":
    main()
