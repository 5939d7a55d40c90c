"""Turns the columns of a value model into float arrays of one length, and refuses impossible histories."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput

# So few cells at a time that what is made of them stays in the processor's cache, and that their memory is used again:
# whole columns of a million cells are given back and faulted in anew by every operation, half of the time of a fit.
BLOCK = 16_384

Floats = NDArray[np.float64]
Column = NDArray[np.generic] | Sequence[float] | float


def columns(named: Mapping[str, Column]) -> tuple[Floats, ...]:
    """Each column as floats, all of shape (cells,); a single value is repeated; raises BadInput by name."""
    arrays = {name: np.atleast_1d(np.asarray(column, dtype=np.float64)) for name, column in named.items()}
    sizes = {name: array.size for name, array in arrays.items() if array.size != 1}
    if len(set(sizes.values())) > 1 or any(array.ndim != 1 for array in arrays.values()):
        raise BadInput(f"columns must be flat and of one length, but have {sizes}")
    return tuple(np.broadcast_arrays(*arrays.values()))


def require(holds: NDArray[np.bool_], rule: str) -> None:
    """Raises BadInput with `rule`, how many cells break it and the first of them."""
    if not holds.all():
        broken = np.flatnonzero(~holds)
        raise BadInput(f"{rule}; {broken.size} of {holds.size} cells break this, the first at {broken[0]}")


def whole(column: Floats) -> NDArray[np.bool_]:
    """Where a column holds a finite whole number."""
    return np.asarray(np.isfinite(column) & (column == np.floor(column)), dtype=np.bool_)


def counts(weight: Floats) -> Floats:
    """The weights, once it is sure that each is a count of at least one customer."""
    require(whole(weight) & (weight >= 1), "weight is a whole number of customers, at least 1")
    return weight


def histories(x: Column, t_x: Column, age: Column) -> tuple[Floats, Floats, Floats]:
    """Checked repeat purchases, recency and age, all times in one unit from the first purchase."""
    x, t_x, age = columns({"x": x, "t_x": t_x, "age": age})
    require(whole(x) & (x >= 0), "x is a whole number of repeat purchases, at least 0")
    require(np.isfinite(age) & (age >= 0), "age is a finite time since the first purchase, at least 0")
    require((t_x >= 0) & (t_x <= age), "t_x, the time of the last purchase, lies between 0 and age")
    require((x > 0) | (t_x == 0), "t_x is 0 for a customer who has not bought again")
    return x, t_x, age


def blocks(size: int) -> Iterator[slice]:
    """The places of `size` cells, a few at a time, in order."""
    return (slice(begin, begin + BLOCK) for begin in range(0, size, BLOCK))


def in_blocks(figure: Callable[..., Floats], *cells: Floats) -> Floats:
    """`figure(*cells)`, taken a few cells at a time; all of shape (cells,), and no cell's figure hangs on another."""
    size = cells[0].size
    if size <= BLOCK:
        return figure(*cells)
    return np.concatenate([figure(*(column[block] for column in cells)) for block in blocks(size)])
