"""Shares of moves in small segments, drawn toward those of all segments as far as these are alike.

Twenty customers who start at a place say little of where the next will go; all segments together say more of what
they have in common and nothing of what sets them apart. Each row is the mean of the two, weighed by how much the
segments differ: as if the segments' chances were drawn from one Dirichlet distribution around the pooled row. How
concentrated it is comes from the moments: J. E. Mosimann, "On the Compound Multinomial Distribution, the Multivariate
Beta-Distribution, and Correlations among Proportions", Biometrika 49, 1962; a segment's own counts are multinomial.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sterna.engine.errors import BadInput

Floats = NDArray[np.float64]


class Shrunk(NamedTuple):
    """`shares` of shape (segments, places, places); NaN where nobody of any segment started.

    `own` is the weight of a segment's own counts by segment and place it starts from, between 0 and 1; `pooled` are the
    shares of all segments, shape (places, places).
    """

    shares: Floats
    own: Floats
    pooled: Floats


def shrink(counts: ArrayLike) -> Shrunk:
    """Shares of moves of each segment, of counts of shape (segments, places, places)."""
    found = np.asarray(counts, dtype=np.float64)
    if found.ndim != 3 or not (np.isfinite(found) & (found >= 0)).all():
        raise BadInput(
            "counts of moves by segment are numbers from 0 on, of shape (segments, places, places)"
        )
    opening, totals = found.sum(axis=2), found.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = totals / totals.sum(axis=1, keepdims=True)
        raw = found / opening[:, :, None]
    own = np.zeros(opening.shape)
    for place in range(found.shape[1]):
        alike = _alike(found[:, place], pooled[place])
        with np.errstate(invalid="ignore"):
            own[:, place] = 1.0 if alike == 0 else opening[:, place] / (opening[:, place] + alike)
    own[opening == 0] = 0.0
    drawn = np.where(own[:, :, None] > 0, own[:, :, None] * np.nan_to_num(raw), 0.0)
    return Shrunk(drawn + (1 - own[:, :, None]) * pooled, own, pooled)


def _alike(rows: Floats, pooled: Floats) -> float:
    """So many customers the pooled row counts for beside a segment's own; infinite where segments do not differ.

    With rho the correlation of two customers of one segment, chi-square over segments has the mean
    (places - 1) (segments + rho (customers - segments)), and the pooled row counts for 1 / rho - 1 customers.
    """
    sizes = rows.sum(axis=1)
    there, possible = sizes > 0, pooled > 0
    free, segments = int(possible.sum()) - 1, int(there.sum())
    beyond = float((sizes[there] - 1).sum())
    if free < 1 or segments < 2 or beyond <= 0:
        return np.inf
    expected = sizes[there, None] * pooled[possible]
    statistic = float(((rows[there][:, possible] - expected) ** 2 / expected).sum())
    # The pooled row is of the same customers, which takes one segment's freedom away.
    rho = (statistic / free - (segments - 1)) / beyond
    if rho <= 0:
        return np.inf
    return max(1 / min(rho, 1.0) - 1, 0.0)
