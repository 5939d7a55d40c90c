"""Whether drop-out can be told from purchases at all, asked alike of every model that has it."""

from collections.abc import Sequence

import numpy as np
from scipy.special import gammaln, psi

from sterna.engine.value.cells import Floats
from sterna.engine.value.likelihood import ON_RIDGE, Peak

NO_REPEATS = "no customer has bought again in any time, so there is no purchase rate to learn"
RAREST_DROPOUT = 0.005  # a drop-out after fewer than 1 purchase in 200 is no basis to call anybody lost
LEAST_GAIN = 2.0  # what the two parameters of drop-out must add to the log-likelihood (AIC)


def why_unknown(peak: Peak, names: Sequence[str], gain: float, dropout: float) -> str | None:
    """Why drop-out cannot be learned, in one sentence; None where it can.

    `gain` is what drop-out adds to the log-likelihood, `dropout` how often a purchase is a last one.
    """
    if gain < LEAST_GAIN:
        return "No drop-out can be told from these purchases: the model without it fits as well."
    if dropout < RAREST_DROPOUT:
        return f"Hardly anybody drops out: {dropout:.2%} of purchases were a last one."
    if peak.ridge:
        return ON_RIDGE
    if peak.at_limit:
        limited = ", ".join(names[position] for position in peak.at_limit)
        return f"The best fit runs to the limit of {limited}, so how customers differ is not identified."
    return None


class WithoutDropout:
    """The limit of BG/NBD and Pareto/NBD as drop-out vanishes: the NBD of cells with shape (cells,).

    Its density is that of the times of purchases, so that it compares with theirs. As nothing in it hangs on x and
    age together but a product, the cells are added up by either at once.
    """

    def __init__(self, x: Floats, age: Floats, weight: Floats) -> None:
        self.x, place = np.unique(x, return_inverse=True)
        self.by_x = np.bincount(place, weight, self.x.size)
        self.age, place = np.unique(age, return_inverse=True)
        self.by_age = np.bincount(place, weight, self.age.size)
        self.bought = np.bincount(place, weight * x, self.age.size)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """The log-likelihood, and its gradient by (r, alpha)."""
        r, alpha = theta
        until_end, purchases = np.log(alpha + self.age), r * self.by_age + self.bought
        customers = self.by_age.sum()
        value = self.by_x @ (gammaln(r + self.x) - gammaln(r)) + customers * r * np.log(alpha)
        by_r = self.by_x @ (psi(r + self.x) - psi(r)) + customers * np.log(alpha) - self.by_age @ until_end
        by_alpha = customers * r / alpha - purchases @ (1 / (alpha + self.age))
        return float(value - purchases @ until_end), np.array([by_r, by_alpha])
