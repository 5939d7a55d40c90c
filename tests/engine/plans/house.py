"""Parts of plans for the tests of the checks: the four stages, and a plan with one part changed or written anew."""

from functools import cache
from typing import Any

import yaml

from sterna.engine import plans
from sterna.engine.plans import coverage, mix, phases, readiness, volumes, words
from tests.engine.flow.small_world import PLAN

STAGES = """
stages:
  - {id: goals, owner: Ada, by: 2017-04-30, proof: the goals are signed}
  - {id: data, owner: Eve, by: 2017-05-31, proof: the fill of every class that is needed}
  - {id: exchanges, owner: Ben, by: 2017-06-15, proof: every deal has an owner and a cost}
  - {id: roadmap, owner: Ada, by: 2017-06-30, proof: the graph is walked through with the technical team}
"""
WHOLE = PLAN + STAGES
STRATEGY = {code for part in (coverage, mix, phases, readiness, volumes, words) for code in part.CODES}


def document(**parts: Any) -> plans.Document:
    """The small plan with its stages, and each of the `parts` written as given."""
    written = _whole() | parts
    return plans.load(yaml.safe_dump(written, sort_keys=False), lambda name: name)


@cache
def _whole() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(WHOLE)
    return read


def plan(**parts: Any) -> plans.Plan:
    """The plan of such a document."""
    return document(**parts).plan


def found(known: plans.Known | None = None, **parts: Any) -> list[plans.Finding]:
    """What is found in the parts of such a document, beyond what is found in those of the small plan itself.

    What a part does to the strategy as a whole is shown by the tests of the strategy.
    """
    after = plans.check(document(**parts), known or plans.Known())
    return [one for one in after if one.code not in STRATEGY and (one.code, one.message) not in _before()]


@cache
def _before() -> set[tuple[str, str]]:
    return {(finding.code, finding.message) for finding in plans.check(document())}


def codes(known: plans.Known | None = None, **parts: Any) -> list[str]:
    """The codes of such findings, gravest first."""
    return [finding.code for finding in found(known, **parts)]
