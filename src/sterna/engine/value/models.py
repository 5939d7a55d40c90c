"""The models of purchases to come by name, behind one interface: fit, expected, discounted, alive."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from sterna.engine.errors import BadInput
from sterna.engine.value import contract, lifetime, opportunities, pareto
from sterna.engine.value.cells import Column, Floats
from sterna.engine.value.likelihood import Matrix

NODES = 8  # of the quadrature over the horizon, which give 7 digits over ten years and more over less
ROUGH = 3  # of them where four digits do: how far a figure may be off is known to no more
FADING = 4  # more of them for each factor of e by which the discount has grown at its end


class Fitted(Protocol):
    """What every fitted model has beside its parameters; see lifetime.BetaGeometric."""

    @property
    def log_likelihood(self) -> float: ...
    @property
    def customers(self) -> int: ...
    @property
    def boundary(self) -> str | None: ...
    @property
    def standard_errors(self) -> tuple[float, ...] | None: ...
    @property
    def covariance(self) -> Matrix | None: ...


@dataclass(frozen=True)
class Model:
    """A model of purchases to come, with the names that its literature gives to its parameters.

    `fit(x, t_x, age, weight)` gives a Fitted; `expected(fitted, x, t_x, age, horizon)`, `alive(fitted, x, t_x, age)`
    and `discounted(fitted, x, t_x, age, horizon, rate)`, with a rate a unit of time, give shape (cells,).
    `roughly` is `discounted` to four digits in a third of the time, or None where that is quick as it is.
    `discrete` models take whole numbers of periods for t_x, age and horizon. `assumes_alive` marks a model in which
    nobody can have left before a second purchase, so that P(alive) = 1 of such customers is no finding.
    """

    name: str
    title: str
    source: str
    parameters: tuple[str, ...]
    fit: Callable[[Column, Column, Column, Column], Any]
    expected: Callable[..., Floats]
    alive: Callable[..., Floats]
    discounted: Callable[..., Floats]
    roughly: Callable[..., Floats] | None = None
    discrete: bool = False
    assumes_alive: bool = False

    def values(self, fitted: Fitted) -> dict[str, float]:
        """The fitted parameters by name."""
        return {name: float(getattr(fitted, name)) for name in self.parameters}


def discounted_purchases(
    expected: Callable[..., Floats],
    fitted: Fitted,
    x: Column,
    t_x: Column,
    age: Column,
    horizon: float,
    rate: float,
    nodes: int = NODES,
) -> Floats:
    """Purchases of the next `horizon`, each counted as e^(-rate t) at its time t; shape (cells,).

    The integral of e^(-rate t) dE(t), turned by parts into one over E(t) itself, by Gauss-Legendre quadrature over the
    root of t: newcomers, of whom little is known, are expected to buy less and less from the first days on.
    """
    if not np.isfinite(rate) or rate < 0:
        raise BadInput(f"a discount rate is at least 0, and {rate} is not")
    total = np.exp(-rate * horizon) * expected(fitted, x, t_x, age, horizon)
    if not rate:
        return np.asarray(total, dtype=np.float64)
    places, weights = np.polynomial.legendre.leggauss(nodes + int(FADING * rate * horizon))
    roots = (places + 1) / 2
    for place, weight in zip(horizon * roots**2, horizon * weights * roots, strict=True):
        total = total + rate * weight * np.exp(-rate * place) * expected(fitted, x, t_x, age, place)
    return np.asarray(total, dtype=np.float64)


BG_NBD = Model(
    "bg-nbd",
    "BG/NBD",
    "Fader, Hardie and Lee 2005",
    lifetime.NAMES,
    lifetime.fit,
    lifetime.expected_purchases,
    lifetime.alive,
    partial(discounted_purchases, lifetime.expected_purchases),
    partial(discounted_purchases, lifetime.expected_purchases, nodes=ROUGH),
    assumes_alive=True,
)
MBG_NBD = Model(
    "mbg-nbd",
    "MBG/NBD",
    "Batislam, Denizel and Filiztekin 2007",
    lifetime.NAMES,
    partial(lifetime.fit, modified=True),
    lifetime.expected_purchases,
    lifetime.alive,
    partial(discounted_purchases, lifetime.expected_purchases),
    partial(discounted_purchases, lifetime.expected_purchases, nodes=ROUGH),
)
PARETO_NBD = Model(
    "pareto-nbd",
    "Pareto/NBD",
    "Schmittlein, Morrison and Colombo 1987",
    pareto.NAMES,
    pareto.fit,
    pareto.expected_purchases,
    pareto.alive,
    partial(discounted_purchases, pareto.expected_purchases),
    partial(discounted_purchases, pareto.expected_purchases, nodes=ROUGH),
)
BG_BB = Model(
    "bg-bb",
    "BG/BB",
    "Fader, Hardie and Shang 2010",
    opportunities.NAMES,
    opportunities.fit,
    opportunities.expected_purchases,
    opportunities.alive,
    opportunities.discounted_purchases,
    discrete=True,
)
SBG = Model(
    "sbg",
    "sBG",
    "Fader and Hardie 2007",
    contract.NAMES,
    contract.fit,
    contract.expected_purchases,
    contract.alive,
    contract.discounted_purchases,
    discrete=True,
)
MODELS: Mapping[str, Model] = {each.name: each for each in (BG_NBD, MBG_NBD, PARETO_NBD, BG_BB, SBG)}


def find(name: str) -> Model:
    """The model of that name, however it is spelt (BG/NBD, bg-nbd, bgnbd); raises BadInput with the names there are."""
    plain = _plain(name)
    for model in MODELS.values():
        if plain in (_plain(model.name), _plain(model.name).removesuffix("nbd")):
            return model
    raise BadInput(f"no model is called {name!r}: there are {', '.join(MODELS)}")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
