"""How far a figure of a fitted model may be off because its parameters are only estimated: the delta method.

Source: any text on maximum likelihood, such as G. Casella, R. L. Berger, "Statistical Inference", section 5.5.4. The
parameters are taken as normal in their logs, with the covariance of the observed information, and the figure as
log-normal, so that no bound falls below zero. What a single customer does is by far more uncertain than what customers
like them do in the mean: these intervals are of the mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sterna.engine.value.cells import Floats, in_blocks

STEP = 1e-5
NORMAL_95 = 1.959963984540054


def relative_error(
    fitted: Any, names: Sequence[str], figure: Callable[..., Floats], *cells: Floats
) -> Floats | None:
    """The standard error of the log of `figure(fitted, *cells)`, in its shape; None where parameters have no errors.

    `fitted` is a fitted model and `names` those of its parameters, in the order of its covariance. `cells` are
    columns of one length, and no cell's figure hangs on another. NaN where the figure is 0, which has no log.
    """
    if fitted.covariance is None:
        return None
    values = np.array([getattr(fitted, name) for name in names])
    covariance = np.array(fitted.covariance) / np.outer(values, values)
    moved = [_moved(fitted, name) for name in names]

    def error(*some: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            here = np.log(figure(fitted, *some))
            slopes = np.array([(np.log(figure(each, *some)) - here) / STEP for each in moved])
        variance = np.einsum("i...,ij,j...->...", slopes, covariance, slopes)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)), dtype=np.float64)

    return in_blocks(error, *cells) if cells else error()


def _moved(fitted: Any, name: str) -> Any:
    """The model with the log of one parameter a step higher."""
    return replace(fitted, **{name: getattr(fitted, name) * np.exp(STEP)})


def interval(figure: Floats, error: Floats | None) -> tuple[Floats, Floats]:
    """The bounds within which the figure lies with 95 % confidence, in its shape; NaN where its error is unknown."""
    if error is None:
        unknown = np.full(np.shape(figure), np.nan)
        return unknown, unknown
    factor = np.exp(NORMAL_95 * error)
    return figure / factor, figure * factor
