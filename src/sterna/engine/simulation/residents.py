"""The people of simulated households and the truth of each home: income, wealth, what it likes, how it answers.

Parameters, each with what it was set by: sizes of households are about those of the United States census of 2020; all
others are assumed. Income rises with what a household needs and the share of it that is spent in shops like this one
falls (Engel's law), because the two are tied less than wholly.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from sterna.engine.simulation.clients import Flags
from sterna.engine.simulation.contacts import FIRST_DAY
from sterna.engine.simulation.population import DEPARTMENTS, Floats, Population, Whole

# Classes of the taxonomy of retail, the department whose taste goes with each, and how many like it.
LIKES = {
    "food.organic": ("PRODUCE", 0.25),
    "food.fish": ("SEAFOOD-PCKGD", 0.35),
    "food.barbecue": ("MEAT", 0.30),
    "food.baking": ("PASTRY", 0.25),
    "food.ready_meals": ("DELI", 0.30),
    "food.coffee": ("GROCERY", 0.45),
    "home.garden": ("FLORAL", 0.20),
    "interests.cooking": ("PRODUCE", 0.35),
    "interests.sport.running": ("NUTRITION", 0.15),
}
INTERESTS = tuple(LIKES)
MEDIA = ("email", "letter", "phone")
_SIZES = np.cumsum([0.28, 0.35, 0.15, 0.13, 0.09])  # of one person to five
_INCOME = (np.log(60_000), 0.65)  # a year, middle and spread of the logarithm
_WITH_NEED, _SIZE_WITH_NEED = 0.4, 0.5  # how closely income, and size, go with what is needed, as ranks
_SAVED = (0.9, 0.8)  # wealth in yearly incomes at the age of fifty, middle and spread of the logarithm
_ANSWERS = ((2.0, 6.0), (1.5, 8.0), (3.0, 4.0))  # beta laws of a household's own chance to answer, by medium
_MOVED, _ANNOYED = (
    0.35,
    0.10,
)  # of the households buy more when they are contacted, buy less; the others as before
_MORE, _LESS = (0.10, 0.50), (0.02, 0.15)
_DAYS_A_YEAR = 365.25
TODAY = FIRST_DAY.toordinal()  # of which ages are told
_OLDEST_IS = (19, 88)  # years old on the shop's first day


@dataclass(frozen=True)
class Residents:
    """The homes of a population, an entry each, and their people.

    `income` a year and `wealth` are whole units of the currency. `likes` are homes x INTERESTS; `answers` are homes x
    MEDIA, the chance that a contact by it is answered. `effect` is the share by which a home spends more when it is
    contacted, below zero for those whom it annoys. Of people, an entry each: `home` is the place of theirs among the
    homes, `born` an ordinal; the first of a home is its oldest.
    """

    seed: int
    size: Whole
    income: Whole
    wealth: Whole
    likes: Flags
    answers: Floats
    effect: Floats
    home: Whole
    born: Whole

    def adults(self, on: int) -> Flags:
        """Who of the people is eighteen or older on a day, an ordinal."""
        return np.asarray(self.born <= on - 18 * _DAYS_A_YEAR)


def residents(people: Population) -> Residents:
    """The people of the households and the truth of each home, the same for the same population."""
    rng = np.random.default_rng([people.seed, 21])
    number = people.size
    # What a home needs, as a place in the bell curve among the others: all else hangs on it more or less.
    need = ndtri((np.argsort(np.argsort(people.visits, kind="stable")) + 1) / (number + 1))
    size = np.searchsorted(_SIZES[:-1], ndtr(_tied(need, _SIZE_WITH_NEED, rng))) + 1
    home = np.repeat(np.arange(number), size)
    born = _born(size, home, rng)
    eldest = born[np.searchsorted(home, np.arange(number))] if number else np.zeros(0, np.int64)
    middle, spread = _INCOME
    income = np.exp(middle + spread * _tied(need, _WITH_NEED, rng))
    return Residents(
        seed=people.seed,
        size=size.astype(np.int64),
        income=np.rint(income).astype(np.int64),
        wealth=_wealth(income, eldest, rng),
        likes=_likes(people, rng),
        answers=np.column_stack([rng.beta(*shape, number) for shape in _ANSWERS]),
        effect=_effects(number, rng),
        home=home,
        born=born,
    )


def _tied(to: Floats, closely: float, rng: np.random.Generator) -> Floats:
    """Bell-shaped draws that go with others so closely (their correlation)."""
    return np.asarray(closely * to + np.sqrt(1 - closely**2) * rng.normal(size=to.size))


def _born(size: Whole, home: Whole, rng: np.random.Generator) -> Whole:
    """The oldest is an adult of any age; the second mostly a partner of about the same, the others mostly children."""
    youngest, eldest = (int(years * _DAYS_A_YEAR) for years in _OLDEST_IS)
    oldest = TODAY - rng.integers(youngest, eldest, size.size)
    nth = np.arange(home.size) - np.searchsorted(home, home)
    partner = (nth == 1) & (rng.random(home.size) < 0.8)
    later = np.where(
        partner,
        rng.integers(0, int(8 * _DAYS_A_YEAR), home.size),
        rng.integers(int(18 * _DAYS_A_YEAR), int(38 * _DAYS_A_YEAR), home.size),
    )
    # Nobody is born behind the first day: who would be is the household's baby.
    born = np.minimum(oldest[home] + np.where(nth == 0, 0, later), TODAY - 30)
    return np.asarray(born, dtype=np.int64)


def _wealth(income: Floats, eldest: Whole, rng: np.random.Generator) -> Whole:
    """What a home owns: so many yearly incomes, the more the longer its oldest could save."""
    middle, spread = _SAVED
    years = (TODAY - eldest) / _DAYS_A_YEAR
    saved = np.exp(np.log(middle) + spread * rng.normal(size=income.size)) * np.clip(years / 50, 0.1, 2)
    return np.rint(income * saved).astype(np.int64)


def _likes(people: Population, rng: np.random.Generator) -> Flags:
    """Who likes what: the likelier the more of the home's needs are of the department that goes with it."""
    places = [DEPARTMENTS.index(department) for department, _ in LIKES.values()]
    many = np.array([many for _, many in LIKES.values()])
    taste = people.tastes[:, places]
    usual = np.maximum(taste.mean(axis=0), 1e-12) if people.size else np.ones(len(places))
    return np.asarray(rng.random(taste.shape) < np.minimum(many * taste / usual, 0.95))


def _effects(number: int, rng: np.random.Generator) -> Floats:
    """By which share each home spends more when it is contacted: most not at all, some much, a few less."""
    draw = rng.random(number)
    more, less = rng.uniform(*_MORE, number), -rng.uniform(*_LESS, number)
    return np.where(draw < _MOVED, more, np.where(draw < _MOVED + _ANNOYED, less, 0.0))
