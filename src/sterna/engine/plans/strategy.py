"""The parts of a migration plan by which it is run: what it waits for, asks, walks through, takes and leaves alone."""

from datetime import date
from decimal import Decimal

from sterna.engine.plans.parts import Behavior, Part, Use


class Stage(Part, frozen=True, kw_only=True):
    """One of the stages `goals`, `data`, `exchanges` and `roadmap`: who closes it, by when, what proves it done."""

    id: str | None = None
    owner: str | None = None
    by: date | None = None
    proof: str | None = None


class Dependency(Part, frozen=True, kw_only=True):
    """What must be there before a launch: its kind, owner and day, and the other dependencies that it `needs`.

    `done` is the day on which it was there; without one it is open, and blocks whatever names it.
    """

    id: str | None = None
    title: str | None = None
    kind: str | None = None
    owner: str | None = None
    by: date | None = None
    done: date | None = None
    needs: tuple[str, ...] = ()


class Capture(Part, frozen=True, kw_only=True, rename={"fact_class": "class"}):
    """How a fact is learned: which touchpoint asks for it, in which words, what for, and the fill expected of it."""

    fact_class: str | None = None
    touchpoint: str | None = None
    question: str | None = None
    purpose: str | None = None
    expected_fill: float | None = None


class Slot(Part, frozen=True, kw_only=True):
    """A customized place at a touchpoint, such as on the monthly bill: text by what is known, `default` without it."""

    id: str | None = None
    touchpoint: str | None = None
    uses: tuple[Use, ...] = ()
    text: str | None = None
    default: str | None = None
    behavior: Behavior | None = None


class Step(Part, frozen=True, kw_only=True):
    """A node of the roadmap: a touchpoint, the asset that draws there, the behavior desired, data and content.

    `enters` customers begin here; `needs` names the dependencies where technology or analytics must deliver.
    """

    id: str | None = None
    touchpoint: str | None = None
    asset: str | None = None
    behavior: str | None = None
    data_in: tuple[str, ...] = ()
    data_out: tuple[str, ...] = ()
    message: str | None = None
    needs: tuple[str, ...] = ()
    enters: int | None = None


class Edge(Part, frozen=True, kw_only=True, rename={"from_step": "from", "to_step": "to"}):
    """The way from one step to the next: the share of those at the first who go on, and within how many days."""

    from_step: str | None = None
    to_step: str | None = None
    pass_through: float | None = None
    within_days: int | None = None


class Roadmap(Part, frozen=True, kw_only=True):
    """The touchpoint roadmap: a graph of steps and the ways between them."""

    steps: tuple[Step, ...] = ()
    edges: tuple[Edge, ...] = ()


class Team(Part, frozen=True, kw_only=True):
    """People who do the work of contacts, and the hours that they have for it in a week."""

    id: str | None = None
    title: str | None = None
    owner: str | None = None
    hours_per_week: float | None = None


class Blackout(Part, frozen=True, kw_only=True):
    """Days, both counted, on which nothing goes out by the media named; without media by none."""

    opens: date | None = None
    closes: date | None = None
    why: str | None = None
    media: tuple[str, ...] = ()


class Mix(Part, frozen=True, kw_only=True):
    """What may be promotion at most and must be service at least, as shares of planned contacts; thanks in a year."""

    promotion_at_most: float | None = None
    service_at_least: float | None = None
    thanks_per_year: int | None = None


class Readiness(Part, frozen=True, kw_only=True):
    """The least that must be measured before an element of a program may begin, such as a share identified."""

    element: str | None = None
    measure: str | None = None
    at_least: float | None = None


class Phase(Part, frozen=True, kw_only=True):
    """One step of the program, in order: the element that it builds, its assets, owner, cost and proof of done."""

    id: str | None = None
    title: str | None = None
    element: str | None = None
    owner: str | None = None
    cost: Decimal | None = None
    opens: date | None = None
    assets: tuple[str, ...] = ()
    proof: str | None = None
