"""A plan of two months between two places, small enough to be worked by hand, and the past it goes by."""

from datetime import date
from typing import Any

import msgspec

from sterna.engine import plans
from sterna.engine.plans.forecast import Basis

# Half a customer is added to every count, so that a month takes .10 of the low up and .20 of the high down.
MOVED = ((89.5, 9.5), (19.5, 79.5))
AS_OF = date(2017, 6, 30)


def goal(**fields: Any) -> dict[str, Any]:
    """From low to high by the end of August."""
    return {
        "id": "up",
        "from": "low",
        "to": "high",
        "customers": 150,
        "by": "2017-08-31",
        "owner": "Ada",
    } | fields


def asset(**fields: Any) -> dict[str, Any]:
    """200 contacts in the four weeks of July, half of which take it up, and of them a fifth more rises."""
    route = {"medium": "email", "touchpoint": "mail", "contact_cost": "0.50", "planned": 200}
    return {
        "id": "voucher",
        "goals": ["up"],
        "unit_cost": "2.00",
        "opens": "2017-07-03",
        "closes": "2017-07-30",
        "routes": [route],
        "effect": {"take_up": 0.5, "lift": 0.2, "low": 0.1, "high": 0.3},
    } | fields


def plan(**parts: Any) -> plans.Plan:
    """July and August, a fifth held out, one goal, one asset; each of `parts` as given."""
    body = {
        "plan": "summer",
        "version": 1,
        "currency": "USD",
        "opens": "2017-07-01",
        "closes": "2017-08-31",
        "budget": "1000.00",
        "hold_out": {"share": 0.2, "salt": "summer", "least_per_arm": 30},
        "goals": [goal()],
        "assets": [asset()],
    }
    return plans.of_body(body | parts).plan


def basis(**fields: Any) -> Basis:
    """1,000 customers in low and none in high; one of low brings 1 a month, one of high 10."""
    given = Basis(
        as_of=AS_OF,
        places=("low", "high"),
        months=1,
        moved=MOVED,
        headcounts={"low": 1000, "high": 0},
        worth={"low": 1.0, "high": 10.0},
    )
    return msgspec.structs.replace(given, **fields)
