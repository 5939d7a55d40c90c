"""Finds the peak of a log-likelihood of positive parameters, and how sharply it is peaked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sterna.engine.errors import BadInput
from sterna.engine.value.cells import Floats

# Parameters in their natural scale in; the log-likelihood and its gradient out.
Likelihood = Callable[[Floats], tuple[float, Floats]]
Matrix = tuple[tuple[float, ...], ...]

REACH = 9.0  # how far, in logs, a parameter may run from its start: a factor of 8,000 either way
SHARP = 1e-11  # a slope from which on another Newton step moves no digit that counts
FLAT = 1e-5  # the largest slope per customer and log-parameter that still counts as a peak
STEEP = 1e-2  # a slope from which on the climb has failed; between the two it has come to rest on a ridge
LEVEL = 1e-6  # the least share of its steepness that a likelihood may keep in any direction at a peak
ON_RIDGE = "The likelihood is all but level along a ridge, so these parameters are one choice of many."


@dataclass(frozen=True)
class Peak:
    """Where the climb ended; `at_limit` holds the positions of the parameters that ran to their limit.

    `ridge` tells that it came to rest where some direction is level, or all but level short of a peak.
    `covariance` is that of the parameters in their natural scale; None where the standard errors are.
    """

    parameters: tuple[float, ...]
    log_likelihood: float
    at_limit: tuple[int, ...]
    standard_errors: tuple[float, ...] | None
    ridge: bool = False
    covariance: Matrix | None = None


def climb(likelihood: Likelihood, start: Sequence[float], customers: float) -> Peak:
    """The maximum by L-BFGS-B on log-parameters, sharpened by Newton steps.

    `start` holds positive values, `customers` the total weight, so that tolerances are per customer.
    `standard_errors` come from the observed information, and are None where a parameter is at its limit or the
    climb came to rest on a ridge. Raises BadInput when it came to rest on a slope.
    """

    def downhill(logs: Floats) -> tuple[float, Floats]:
        value, gradient = likelihood(np.exp(logs))
        return -value / customers, -gradient * np.exp(logs) / customers

    origin = np.log(np.asarray(start, dtype=np.float64))
    bounds = [(low, low + 2 * REACH) for low in origin - REACH]
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000, "maxfun": 5000}
    found = minimize(downhill, origin, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    limited = np.flatnonzero(np.abs(found.x - origin) > REACH - 1e-6)
    free = np.setdiff1d(np.arange(origin.size), limited)
    slope = np.abs(found.jac[free]).max(initial=0.0)
    if not np.isfinite(found.fun) or not slope <= STEEP:
        raise BadInput(f"the likelihood has no peak for these customers: {found.message}")
    logs = _sharpened(downhill, found.x, free)
    theta = np.exp(logs)
    covariance = None if limited.size or slope > FLAT else _covariance(likelihood, theta)
    ridge = bool(slope > FLAT) or (covariance is None and not limited.size)
    value, at_limit = likelihood(theta)[0], tuple(limited.tolist())
    if covariance is None:
        return Peak(tuple(theta.tolist()), value, at_limit, None, ridge)
    errors, rows = np.sqrt(np.diag(covariance)), tuple(tuple(row) for row in covariance.tolist())
    return Peak(tuple(theta.tolist()), value, at_limit, tuple(errors.tolist()), ridge, rows)


def _sharpened(downhill: Likelihood, logs: Floats, free: NDArray[np.intp]) -> Floats:
    """Two Newton steps of the `free` parameters, each kept only if it flattens the slope.

    L-BFGS-B stops some digits short on a flat top, which would tell cells and rows of one data set apart.
    """
    slope = downhill(logs)[1][free]
    for _ in range(2):
        curvature = _curvature(downhill, logs, np.full(logs.size, 1e-4))[np.ix_(free, free)]
        tried = logs.copy()
        tried[free] -= np.linalg.lstsq(curvature, slope, rcond=None)[0]
        if np.abs(tried - logs).max() > 0.5:  # so long a step is a ridge's, where Newton's method is blind
            break
        tried_slope = downhill(tried)[1][free]
        if np.abs(tried_slope).max(initial=0.0) >= np.abs(slope).max(initial=0.0):
            break
        logs, slope = tried, tried_slope
        if np.abs(slope).max(initial=0.0) < SHARP:
            break
    return logs


def _curvature(function: Likelihood, at: Floats, steps: Floats) -> Floats:
    """The symmetric matrix of second derivatives, by central differences of the analytic gradient."""
    shifts = np.diag(steps)
    rows = [(function(at + shift)[1] - function(at - shift)[1]) / (2 * shift.sum()) for shift in shifts]
    matrix = np.array(rows)
    return np.asarray((matrix + matrix.T) / 2, dtype=np.float64)


def _covariance(likelihood: Likelihood, theta: Floats) -> Floats | None:
    """The inverse of the observed information; None on a ridge, where it would be invented."""
    information = -_curvature(likelihood, theta, theta * 1e-4)
    steep = np.diag(information)
    if not np.isfinite(information).all() or not (steep > 0).all():
        return None
    scale = np.sqrt(steep)
    if np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < LEVEL:
        return None
    return np.asarray(np.linalg.inv(information), dtype=np.float64)
