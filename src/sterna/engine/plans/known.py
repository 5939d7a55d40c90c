"""What is known of a program when a plan is checked: its places, customers and what was measured of its data."""

import msgspec


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of a figure of behavior over so many customers, and the standard error of that mean."""

    mean: float
    customers: int
    error: float = 0.0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the check compares a plan with; whatever is None is not known, and is then not compared.

    `places` are the bands of the plan's scheme from the lowest up, `headcounts` the customers in each; `segments` the
    places of its scheme of segments with the manager of each; `stages` those of its scheme of stages. `parents` has
    the parent of every class of the taxonomy ("" at the top), `fill` the share of customers of whom a fact of a class
    stands. `identified` is the share of each touchpoint's events that could be laid to a customer, `reachable` the
    share of customers who may be contacted by a medium. All shares lie between 0 and 1. `baselines` are the metrics of
    assets and slots by id, as counted from the events of whom they are for.
    """

    places: tuple[str, ...] | None = None
    headcounts: dict[str, int] | None = None
    segments: dict[str, str] | None = None
    stages: tuple[str, ...] | None = None
    parents: dict[str, str] | None = None
    fill: dict[str, float] | None = None
    identified: dict[str, float] | None = None
    reachable: dict[str, float] | None = None
    baselines: dict[str, Counted] | None = None


NOTHING_KNOWN = Known()
