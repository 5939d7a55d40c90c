"""The shop with segments and stages: who rises, who is keen, who is known and valued, each segment with a manager."""

from collections.abc import Mapping
from decimal import Decimal

from sterna.desk.segments.actions import publish_ruled
from sterna.desk.segments.models import Definition
from sterna.desk.users.actions import add_user
from sterna.desk.users.models import User
from sterna.engine.rules import Behavior, HasFact, InPlace, Rule, Worth
from sterna.engine.segments.ruled import Ruled, Seat

WHY = "The segments of the test."
# A fifth more than in the half-year before: of the shop every fourth customer, who buys for three times as much from
# July 2017 on; twenty have told their size.
RISING = Worth(measure="spend", change="relative", least=Decimal("0.2"))
KEEN = HasFact(fact_class="shopping.category", among=("two",))
SLOWER = Worth(measure="orders", change="difference", most=Decimal(-1))
SILVER = InPlace(scheme="value", among=("silver",))
VALUED = InPlace(scheme="life", among=("valued",))
KNOWN = Behavior(least=Decimal(1))
LOW = Worth(measure="spend", most=Decimal(100))


def segments(name: str, seats: Mapping[str, Rule], rest: str = "others", **terms: object) -> Ruled:
    """Segments in the order given, and the rest."""
    held = tuple(Seat(place=place, enter=rule) for place, rule in seats.items())
    return Ruled(name=name, kind="segments", seats=held, rest=rest, **terms)  # type: ignore[arg-type]


def life() -> Ruled:
    """Two stages: known by an order, valued in silver, and no more valued with little spend."""
    seats = (Seat(place="known", enter=KNOWN), Seat(place="valued", enter=SILVER, leave=LOW))
    return Ruled(name="life", kind="stages", seats=seats)


def staff() -> tuple[User, User]:
    """Two managers of segments."""
    return tuple(  # type: ignore[return-value]
        add_user(name, "a long password", "manager", full_name=name.title()) for name in ("ann", "bo")
    )


def publish(scheme: Ruled, *managers: User) -> Definition:
    """The scheme in force, its places managed in turn by these."""
    named = (
        {place: managers[at % len(managers)] for at, place in enumerate(scheme.places)} if managers else {}
    )
    return publish_ruled(scheme, named, None, WHY)[0]
