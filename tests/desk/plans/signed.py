"""Plans as their people take them to a launch, for tests that need one in force."""

from sterna.desk.plans import actions
from sterna.desk.plans.models import Plan
from sterna.desk.users.models import User

SIGNERS = {"marketing": ("marketing-signer", "manager"), "technical": ("technical-signer", "administrator")}


def signer(side: str) -> User:
    """Who signs for a side; the same person every time."""
    login, role = SIGNERS[side]
    made, _ = User.objects.get_or_create(username=login, defaults={"role": role})
    return made


def approved(plan: Plan, reason: str = "for the test") -> Plan:
    """The plan, submitted and signed by both sides."""
    actions.submit(plan, None, reason)
    for side in SIGNERS:
        plan = actions.sign(plan, side, signer(side), reason)
    return plan


def in_force(plan: Plan, reason: str = "for the test") -> Plan:
    """The plan, launched."""
    return actions.launch(approved(plan, reason), None, reason)
