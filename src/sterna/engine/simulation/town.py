"""A town around a simulated shop, its truth whole: who lives where, needs what, answers what, and brought whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sterna.engine.errors import BadInput
from sterna.engine.simulation.population import Population, population
from sterna.engine.simulation.referring import Referrals, referrals, with_newcomers
from sterna.engine.simulation.residents import Residents, residents
from sterna.engine.simulation.shopping import Response
from sterna.engine.simulation.wallets import Wallets, wallets


@dataclass(frozen=True)
class Town:
    """The households of a shop (`people`), who lives in them (`homes`), and who brought whom (`referred`)."""

    people: Population
    homes: Residents
    referred: Referrals

    def response(self, contacted: Collection[int]) -> Response:
        """What contacting these households does: to each its own."""
        return Response(frozenset(contacted), self.homes.effect)

    def wallets(self, first: date, last: date) -> Wallets:
        """What the households are expected to spend with anyone and here on the days from `first` to `last`."""
        return wallets(self.people, first, last)


def town(households: int, seed: int) -> Town:
    """A town of so many households, the same for the same seed; raises BadInput for fewer than one."""
    if households < 1:
        raise BadInput(f"a town of {households} households cannot be simulated: ask for at least 1")
    people = with_newcomers(population(households, seed))
    homes = residents(people)
    return Town(people, homes, referrals(people, homes))
