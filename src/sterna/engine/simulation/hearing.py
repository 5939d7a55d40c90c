"""What a simulated bank gets to know of its clients beside the balances: some of it, on some day, and not always right.

The truth stays with the clients and the book: here is only what somebody said or noted.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from sterna.engine.simulation.balances import Book
from sterna.engine.simulation.clients import BELONGINGS, INTERESTS, Clients
from sterna.engine.simulation.population import Floats

_MEETINGS = 2  # at which a manager may hear something, in all the days of the book
_SAYS_WEALTH, _SAYS_INTEREST, _SAYS_BELONGING, _SAYS_CHILDREN = 0.30, 0.40, 0.45, 0.35
_WRONG = 0.03  # of the interests that were noted are none
_UNDERSTATED = 0.9  # people name less than they have, on the middle
_SAID = (*INTERESTS, *BELONGINGS)
COLUMNS = {
    "client_id": pa.string(),
    "said_on": pa.date32(),
    "wealth_total": pa.string(),
    "children": pa.int64(),
    **{name.replace(".", "_"): pa.string() for name in _SAID},
}


def client_id(number: int) -> str:
    """How the bank's own system calls a client."""
    return f"C{number:06}"


def heard(book: Book) -> pa.Table:
    """A row for each meeting at which something was said: `client_id`, `said_on`, and the rest NULL or what was said.

    `wealth_total` is all that the client says to hold with anyone, in hundred thousands of the currency; interests
    and belongings are "yes" or "no".
    """
    people = book.people
    rng = np.random.default_rng([people.seed, 13])
    open_to = rng.random((people.size, _MEETINGS)) < 0.75
    rows = [row for meeting in range(_MEETINGS) for row in _meeting(book, open_to[:, meeting], rng)]
    rows.sort(key=lambda row: (row["client_id"], row["said_on"]))
    return pa.Table.from_pylist(rows, schema=pa.schema(COLUMNS))


def _meeting(book: Book, comes: Any, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    people, size = book.people, book.people.size
    quarter = rng.integers(0, len(book.quarters), size)
    days = rng.integers(0, 80, size)
    wealth = _stated(book, quarter, rng)
    draws = rng.random((size, len(_SAID) + 2))
    for one in np.flatnonzero(comes):
        said = _said(people, int(one), draws[one])
        if draws[one, -1] < _SAYS_WEALTH:
            said["wealth_total"] = f"{wealth[one]:.0f}"
        if draws[one, -2] < _SAYS_CHILDREN:
            said["children"] = int(people.children[one])
        if said:
            on = book.quarters[int(quarter[one])].first + timedelta(days=int(days[one]))
            yield {"client_id": client_id(int(people.client[one])), "said_on": on} | said


def _stated(book: Book, quarter: Any, rng: np.random.Generator) -> Floats:
    """What each would name as all that they hold, in whole units of the currency and to the hundred thousand."""
    rows = np.arange(book.people.size)
    held = (book.here + book.elsewhere)[rows, quarter] / 100
    named = held * _UNDERSTATED * np.exp(rng.normal(0.0, 0.15, rows.size))
    return np.asarray(np.maximum(np.rint(named / 100_000), 1) * 100_000, dtype=np.float64)


def _said(people: Clients, one: int, draws: Floats) -> dict[str, Any]:
    """The interests and belongings that come up, a few of the interests misheard."""
    said: dict[str, Any] = {}
    for place, name in enumerate(INTERESTS):
        if (people.likes[one, place] and draws[place] < _SAYS_INTEREST) or draws[place] > 1 - _WRONG:
            said[name.replace(".", "_")] = "yes"
    for place, name in enumerate(BELONGINGS, start=len(INTERESTS)):
        if people.owns[one, place - len(INTERESTS)] and draws[place] < _SAYS_BELONGING:
            said[name.replace(".", "_")] = "yes"
    return said


def day(ordinal: int) -> date:
    """The day of an ordinal."""
    return date.fromordinal(int(ordinal))
