"""What happens to plans that apps above hear of: a version goes live, or ends."""

from dataclasses import dataclass

from sterna.desk.plans.models import Plan
from sterna.desk.users.models import User


@dataclass(frozen=True)
class PlanLaunched:
    """Published in the transaction that launches a plan: what declares its experiment listens."""

    plan: Plan
    actor: User | None


@dataclass(frozen=True)
class PlanClosed:
    """Published in the transaction in which somebody ends a live plan: what waits to leave by it is withdrawn."""

    plan: Plan
