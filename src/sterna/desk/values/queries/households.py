"""Reads values rolled up to households: what is known is added up, and what is not is counted, never taken for zero."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sterna.desk.customers.models import Household
from sterna.desk.customers.queries import members
from sterna.desk.values.models import HouseholdWallet, Worth

ROLLED_UP = ("spend", "expected_spend", "headroom", "potential")


@dataclass(frozen=True)
class Rollup:
    """A figure of a household: the sum over those of whom it is known (None: of nobody), and of how many it is not."""

    amount: Decimal | None
    known: int
    unknown: int


def household_worth(household: Household, run_id: UUID) -> dict[str, Rollup]:
    """Spend, expected spend, headroom and potential of all who live in a household now, as a run measured them."""
    living = [stay.customer_id for stay in members(household)]
    rows = list(Worth.objects.filter(run_id=run_id, customer__in=living).values(*ROLLED_UP))
    found = {}
    for figure in ROLLED_UP:
        known = [row[figure] for row in rows if row[figure] is not None]
        found[figure] = Rollup(
            sum(known, Decimal(0)) if known else None, len(known), len(living) - len(known)
        )
    return found


def household_wallet(household: Household, run_id: UUID) -> HouseholdWallet | None:
    """The wallet of a household as of a run, as the members of that day; None where the run measured none."""
    return HouseholdWallet.objects.filter(run_id=run_id, household=household).first()
