"""Loads plans and cuts tiers from the command line."""

from datetime import date
from pathlib import Path

from sterna.cli.desk import setup


def load(path: Path) -> str:
    """Load the plan at `path` as a draft; returns its findings, one a line."""
    setup()
    from sterna.desk.plans import actions

    plan = actions.load(path, None)
    lines = [
        f"{found.severity}: {f'line {found.line}: ' if found.line else ''}{found.message}; {found.mend}"
        for found in plan.findings.order_by("id")
    ]
    return "\n".join(
        [*lines, f"{plan.name} {plan.version} is loaded as {plan.state}, with {len(lines)} finding(s)"]
    )


def approve(name: str, version: int, reason: str) -> str:
    """Approve the plan `name` in its `version`."""
    setup()
    from sterna.desk.plans import actions, queries

    plan = actions.approve(queries.plan(name, version), None, reason)
    return f"{plan.name} {plan.version} is {plan.state}"


def cut_tiers(path: Path, until: date) -> str:
    """Cut the tiers of the file at `path` on the data up to `until`; returns the bands, the highest first."""
    setup()
    from sterna.desk.runs.actions import cut_tiers as cut

    definition = cut(path, until)
    bands = [
        f"  {band['place']}: from {band['low']}"
        + (f" up to but without {band['high']}" if band["high"] else "")
        for band in reversed(definition.body["bands"])
    ]
    return "\n".join(
        [f"{definition.name} version {definition.version}, {definition.body['currency']}:", *bands]
    )
