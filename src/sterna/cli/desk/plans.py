"""Loads plans and cuts tiers from the command line."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

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


def submit(name: str, version: int, reason: str) -> str:
    """Submit the plan `name` in its `version` for review."""
    return _told(name, version, lambda actions, plan: actions.submit(plan, None, reason))


def close_stage(name: str, version: int, stage: str, reason: str) -> str:
    """Close the stage of the plan, for the proof that `reason` says. Raises Refused."""
    _told(name, version, lambda actions, plan: actions.close_stage(plan, stage, None, reason).plan)
    return f"the stage {stage} of {name} {version} is closed"


def sign(name: str, version: int, side: str, by: str, reason: str) -> str:
    """Sign the plan for a side, as the person whose login is `by`. Raises Refused."""
    return _told(name, version, lambda actions, plan: actions.sign(plan, side, _person(by), reason))


def send_back(name: str, version: int, reason: str) -> str:
    """Make the plan a draft again."""
    return _told(name, version, lambda actions, plan: actions.send_back(plan, None, reason))


def launch(name: str, version: int, reason: str) -> str:
    """Put the plan in force."""
    return _told(name, version, lambda actions, plan: actions.launch(plan, None, reason))


def close(name: str, version: int, reason: str) -> str:
    """End the plan."""
    return _told(name, version, lambda actions, plan: actions.close(plan, None, reason))


def _told(name: str, version: int, act: Callable[[Any, Any], Any]) -> str:
    setup()
    from sterna.desk.plans import actions, queries

    plan = act(actions, queries.plan(name, version))
    return f"{plan} is {plan.get_state_display().lower()}"


def _person(login: str) -> Any:
    from sterna.desk.config.refused import Refused
    from sterna.desk.users.models import User

    found = User.objects.filter(username=login, is_active=True).first()
    if found is None:
        raise Refused(f"nobody logs in as {login!r}")
    return found


def slots(name: str, version: int | None, touchpoint: str | None, to: Path) -> str:
    """Write what everybody reads in the slots of the plan, of the live version where none is named. Raises Refused."""
    setup()
    from sterna.desk.config.refused import Refused
    from sterna.desk.contacts.slots import export
    from sterna.desk.plans import queries
    from sterna.desk.plans.models import Plan

    if version is None:
        live = Plan.objects.filter(name=name, state=Plan.State.LIVE).select_related("definition").first()
        if live is None:
            raise Refused(f"no version of {name} is live: name one, as `sterna plan slots {name} 1`")
        plan = live
    else:
        plan = queries.plan(name, version)
    counts = export(plan, to, touchpoint)
    lines = [
        f"{one.slot} at {one.touchpoint}: {one.texts} read its text, {one.defaults} its default"
        for one in counts
    ]
    return "\n".join([*lines, f"written: {to}"])


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
