"""Times the check of a large plan in a process of its own, beside a raw parse of the same text."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import yaml

from bench.homes import Tell
from bench.measuring import python
from bench.results import Figure, Ratio, Result, Target

SEGMENTS, ASSETS, TOUCHPOINTS = 8, 200, 60
LIMIT = 1.0
TIMES = 3
GB = 10**9
KIB = 1024
_MEDIA = ("email", "letter", "phone", "web")
_PURPOSES = ("marketing", "service", "research", "sales")
_STAGES = ("goals", "data", "exchanges", "roadmap")


def check_plan(tell: Tell) -> Result:
    """Check a plan of 8 segments, 200 assets and 60 touchpoints that has nothing to mend but what is good to know."""
    tell("bench.check")
    done: dict[str, Any] = json.loads(python("bench.check", (), dict(os.environ)).output)
    return Result(
        "check",
        done["check"],
        {"segments": SEGMENTS, "assets": ASSETS, "touchpoints": TOUCHPOINTS, "lines": done["lines"]},
        (
            Ratio("check / raw parse of the text", done["check"], done["raw"]),
            Ratio("read and checked / raw parse of the text", done["load"] + done["check"], done["raw"]),
        ),
        (
            Target("check of a plan: seconds", done["check"], LIMIT, "s"),
            Target("check of a plan: peak memory", done["peak"] / GB, 1, "GB"),
        ),
        (
            Figure("read into parts, with lines", done["load"], done["lines"]),
            Figure("checked", done["check"], done["lines"], peak_bytes=done["peak"]),
            Figure("raw parse", done["raw"], done["lines"]),
        ),
    )


def large_plan() -> str:
    """The text of the plan: an asset for each goal in turn, a touchpoint for each route in turn."""
    days = {"opens": "2026-01-05", "closes": "2026-12-20"}
    return yaml.safe_dump(
        {
            "plan": "large", "version": 1, "title": "Large", "owner": "Ada", "currency": "USD", "scheme": "tiers",
            **days, "budget": "9000000.00", "segments": "needs", "yearly_cap": "1000.00",
            "hold_out": {"share": 0.2, "salt": "large", "least_per_arm": 30},
            "primary": {"measure": "spend", "adjust_by": "spend_before", "smallest_effect": 0.05, "wished": "up"},
            "stages": [{"id": name, "owner": "Ada", "by": f"2025-12-1{n}", "proof": "signed"}
                       for n, name in enumerate(_STAGES)],
            "goals": [_goal(n) for n in range(SEGMENTS)],
            "assets": [_asset(n) for n in range(ASSETS)],
            "exchanges": [{"id": f"deal-{n}", "kind": "provided", "give": "an answer", "get": "a recipe",
                           "asset": f"asset-{n}", "cost": "0.10"} for n in range(ASSETS)],
            "touchpoints": [_touchpoint(n) for n in range(TOUCHPOINTS)],
            "messages": [_message(n) for n in range(ASSETS)],
            "dependencies": [{"id": f"dep-{n}", "title": "Ready", "kind": "data", "owner": "Eve", "by": "2025-12-01",
                              "done": "2025-11-30", "needs": [f"dep-{n - 1}"] if n else []} for n in range(ASSETS)],
            "roadmap": {
                "steps": [{"id": f"step-{n}", "touchpoint": f"point-{n}", "asset": f"asset-{n}", "message": f"say-{n}",
                           "behavior": "goes on", **({} if n else {"enters": 1000})} for n in range(TOUCHPOINTS)],
                "edges": [{"from": f"step-{n}", "to": f"step-{n + 1}", "pass_through": 0.9, "within_days": 7}
                          for n in range(TOUCHPOINTS - 1)],
            },
            "teams": [{"id": "callers", "owner": "Ben", "hours_per_week": 4000}],
            "blackouts": [{"opens": "2026-04-03", "closes": "2026-04-06"}],
            "mix": {"promotion_at_most": 0.9, "service_at_least": 0.05},
        },
        sort_keys=False,
    )  # fmt: skip


def _goal(n: int) -> dict[str, Any]:
    return {
        "id": f"goal-{n}", "from": "bronze", "to": "silver", "segment": f"segment {n}", "customers": 10,
        "by": "2026-12-01", "owner": "Ada", "audience": "all of it", "size": 1000, "response": "buys again",
        "value_of_response": "20.00", "expected_rate": 0.1, "priority": 1,
    }  # fmt: skip


def _asset(n: int) -> dict[str, Any]:
    medium = _MEDIA[n % len(_MEDIA)]
    second = (n + 1) % TOUCHPOINTS
    routes = [(medium, n % TOUCHPOINTS), (_MEDIA[second % len(_MEDIA)], second)]
    return {
        "id": f"asset-{n}", "title": f"Asset {n}", "kind": "service", "owner": "Ben", "goals": [f"goal-{n % SEGMENTS}"],
        "purpose": _PURPOSES[n // SEGMENTS % len(_PURPOSES)], "needs": [f"dep-{n}"], "unit_cost": "0.10",
        "behavior": {"metric": "visits", "baseline": 1, "target": 2, "window_days": 60, "evidence": "last spring"},
        "rest_days": 30, "cap": {"contacts": 3, "days": 30}, "message": f"say-{n}",
        "effect": {"take_up": 0.2, "lift": 0.02, "low": 0.0, "high": 0.04},
        "routes": [{"medium": by, "touchpoint": f"point-{at}", "preference": rank, "contact_cost": "0.02",
                    "planned": 500, "minutes": 2, "team": "callers"} for rank, (by, at) in enumerate(routes, start=1)],
    }  # fmt: skip


def _touchpoint(n: int) -> dict[str, Any]:
    return {
        "id": f"point-{n}", "title": f"Point {n}", "medium": _MEDIA[n % len(_MEDIA)], "direction": "both",
        "purpose": _PURPOSES[n % len(_PURPOSES)], "owner": "Ben", "cost": "0.02", "capacity_per_week": 20000,
        "data_in": ["name"], "data_out": ["clicks"],
    }  # fmt: skip


def _message(n: int) -> dict[str, Any]:
    words = {
        "subject": "Hello",
        "mjml": "<mjml/>",
        "text": "For {{ facts.room }}",
        "body": "For {{ facts.room }}",
    }
    words |= {"opening": "Good day", "script": "Say hello", "ask": "What is missing?"}
    uses = [{"name": "room", "class": "shopping.room", "max_age_days": 90, "fallback": "our fresh food"}]
    return {"id": f"say-{n}", "uses": uses, "variants": dict.fromkeys(_MEDIA, words)}


def _fastest(what: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        what()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def main() -> None:
    """Prints the seconds of reading, checking and the raw parse, and the peak, as JSON. Raises on an error found."""
    from sterna.engine import plans

    yaml.SafeDumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign]
    text = large_plan()
    document = plans.load(text, lambda name: name)
    found = {finding.code for finding in plans.check(document)}
    if wrong := found - {"R81-empty", "R86-many"}:
        raise SystemExit(f"the plan that is timed is not sound: {', '.join(sorted(wrong))}")
    done = {
        "lines": text.count("\n"),
        "load": _fastest(lambda: plans.load(text, lambda name: name)),
        "check": _fastest(lambda: plans.check(document)),
        "raw": _fastest(lambda: yaml.compose(text, Loader=yaml.SafeLoader)),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB,
    }
    print(json.dumps(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
