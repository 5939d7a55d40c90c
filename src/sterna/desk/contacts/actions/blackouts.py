"""Days on which nothing leaves by a medium, as the plans in force say: what is due waits, and leaves once they end."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sterna.desk.plans.models import Plan
from sterna.engine.plans import of_body

# That a contact `c` is kept in by none of them; takes what `parameters` gives.
OPEN = """
not exists (
    select from unnest(%(shut_plans)s::uuid[], %(shut_media)s::text[]) as shut (plan, medium)
    where shut.plan = c.plan_id and shut.medium = c.medium
)
"""


def parameters(today: date, media: Sequence[str]) -> dict[str, Any]:
    """The plans in force, each with a medium of `media` that is shut on that day, as two columns."""
    shut = {
        (str(plan.pk), medium)
        for plan in Plan.objects.filter(state=Plan.State.LIVE).select_related("definition")
        for one in of_body(plan.definition.body).plan.blackouts
        if one.opens is not None and one.closes is not None and one.opens <= today <= one.closes
        for medium in media
        if medium in (one.media or media)
    }
    return {"shut_plans": [plan for plan, _ in shut], "shut_media": [medium for _, medium in shut]}
