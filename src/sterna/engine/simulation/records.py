"""How the systems of a simulated shop know its people: several records of one person, some of them wrong or old.

Which record is of whom is told beside them, so that linking can be measured. The kinds of errors are those of FEBRL's
generator of duplicates (P. Christen, "Probabilistic Data Generation for Deduplication and Data Linkage", IDEAL 2005);
how often each comes is assumed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from sterna.engine.simulation.names import ENDINGS, FAMILY, GIVEN, STREETS, TOWNS
from sterna.engine.simulation.population import Floats
from sterna.engine.simulation.residents import TODAY, Residents

Row = dict[str, Any]

SOURCES = ("card", "web", "app")
TOLD = (
    *("given_name", "surname", "birth_date", "email", "phone"),
    *("street_number", "address", "suburb", "postcode"),
)
_HAVE = {"card": 0.35, "web": 0.40, "app": 0.25}  # of the adults; the oldest of a home always has a card
# How often a system lacks what it asks for, by what is asked.
_LACKS = {
    "card": {"birth_date": 0.15, "email": 0.30, "phone": 0.35},
    "web": {"birth_date": 0.25, "phone": 0.30},
    "app": {"birth_date": 0.35, "street_number": 0.5, "address": 0.5, "suburb": 0.3, "postcode": 0.3},
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Records:
    """`told` are the records as the systems hold them, `truth` of each the household, the person and what is wrong."""

    told: pa.Table
    truth: pa.Table


def person_rows(people: Residents) -> list[Row]:
    """What is true of each person: `person` and `household` from 1, and all that a system may ask for."""
    rng = np.random.default_rng([people.seed, 24])
    homes = [_home(rng) for _ in range(people.size.size)]
    lots = rng.random((people.home.size, 4))
    rows = []
    for place, home in enumerate(people.home.tolist()):
        given = homes[home]["given"].pop()
        surname = homes[home]["surname"] if lots[place, 0] < 0.9 else _surname(lots[place, 1], lots[place, 2])
        rows.append(
            {
                "person": place + 1,
                "household": home + 1,
                "given_name": given,
                "surname": surname,
                "birth_date": date.fromordinal(int(people.born[place])).isoformat(),
                "email": f"{given}.{surname}{(place + 1) * 7_919 % 100_003}@mail.example".lower(),
                "phone": f"+1 555 {(place + 1) * 104_729 % 9_973:04} {(place + 1) * 7_919 % 10_000:04}",
                **{name: homes[home][name] for name in ("street_number", "address", "suburb", "postcode")},
            }
        )
    return rows


def _home(rng: np.random.Generator) -> Row:
    """Where a home is, the name of the family, and given names, no two of them the same."""
    lots = rng.random(5)
    return {
        "surname": _surname(lots[0], lots[1]),
        "given": [str(one) for one in rng.choice(GIVEN, 5, replace=False)],
        **_address(lots[2:5]),
    }


def _surname(first: float, second: float) -> str:
    return f"{FAMILY[int(first * len(FAMILY))]}{ENDINGS[int(second * len(ENDINGS))]}"


def _address(lots: Floats) -> Row:
    town = int(lots[2] * len(TOWNS))
    return {
        "street_number": str(int(lots[0] * 240) + 1),
        "address": f"{STREETS[int(lots[1] * len(STREETS))]} Street",
        "suburb": TOWNS[town],
        "postcode": f"{2_100 + town * 100 + int(lots[0] * lots[1] * 40):05}",
    }


def records(people: Residents) -> Records:
    """The records of all people who have any, in an order that tells nothing of whose they are."""
    rng = np.random.default_rng([people.seed, 25])
    persons = person_rows(people)
    adult, oldest = people.adults(TODAY), np.append(True, np.diff(people.home) > 0)
    has = rng.random((people.home.size, len(SOURCES))) < np.array([_HAVE[source] for source in SOURCES])
    has &= adult[:, None]
    has[:, 0] |= oldest[: people.home.size]
    homes = {row["household"]: row for row in reversed(persons)}
    found = []
    for place, system in np.argwhere(has).tolist():
        person = persons[place]
        told, wrong = _told(person, homes[person["household"]], SOURCES[system], rng)
        found.append((told, {"household": person["household"], "person": person["person"], "wrong": wrong}))
    order = rng.permutation(len(found))
    names = [f"{found[at][0]['source']}:{number:07}" for number, at in enumerate(order.tolist(), start=1)]
    named = list(zip(names, order.tolist(), strict=True))
    return Records(
        pa.Table.from_pylist([{"record": name, **found[at][0]} for name, at in named], _TOLD_AS),
        pa.Table.from_pylist([{"record": name, **found[at][1]} for name, at in named], _TRUTH_AS),
    )


_TOLD_AS = pa.schema([(name, pa.string()) for name in ("record", "source", *TOLD)])
_TRUTH_AS = pa.schema(
    [("record", pa.string()), ("household", pa.int64()), ("person", pa.int64()), ("wrong", pa.string())]
)


def _told(person: Row, head: Row, source: str, rng: np.random.Generator) -> tuple[Row, str]:
    """What a system holds of a person, and the names of the errors in it."""
    row = {name: person[name] for name in TOLD}
    wrong = []
    for name, chance, spoil in _ERRORS:
        if rng.random() < chance:
            spoil(row, head, rng)
            wrong.append(name)
    for name, chance in _LACKS[source].items():
        if rng.random() < chance:
            row[name] = None
    return {"source": source} | row, ", ".join(wrong)


def _misspell(text: str, rng: np.random.Generator) -> str:
    """One slip of the pen: a letter too many, one too few, another one, or two changed for each other."""
    at, letter = int(rng.integers(1, max(len(text), 2))), _LETTERS[int(rng.integers(0, 26))]
    slips: tuple[Callable[[], str], ...] = (
        lambda: text[:at] + letter + text[at:],
        lambda: text[:at] + text[at + 1 :],
        lambda: text[:at] + letter + text[at + 1 :],
        lambda: text[: at - 1] + text[at : at + 1] + text[at - 1 : at] + text[at + 1 :],
    )
    return slips[int(rng.integers(0, 4))]()


def _misspelled(row: Row, head: Row, rng: np.random.Generator) -> None:
    name = ("given_name", "surname", "address")[int(rng.integers(0, 3))]
    row[name] = _misspell(row[name], rng)


def _exchanged(row: Row, head: Row, rng: np.random.Generator) -> None:
    row["given_name"], row["surname"] = row["surname"], row["given_name"]


def _initial(row: Row, head: Row, rng: np.random.Generator) -> None:
    row["given_name"] = row["given_name"][0]


def _moved(row: Row, head: Row, rng: np.random.Generator) -> None:
    row.update(_address(rng.random(3)))


def _shared(row: Row, head: Row, rng: np.random.Generator) -> None:
    row["email"], row["phone"] = head["email"], head["phone"]


def _born_otherwise(row: Row, head: Row, rng: np.random.Generator) -> None:
    year, month, day = row["birth_date"].split("-")
    row["birth_date"] = f"{year}-{day}-{month}" if int(day) <= 12 else f"{year}-{month}-{int(day) - 1:02}"


_ERRORS: tuple[tuple[str, float, Callable[[Row, Row, np.random.Generator], None]], ...] = (
    ("misspelled", 0.10, _misspelled),
    ("exchanged names", 0.02, _exchanged),
    ("an initial", 0.03, _initial),
    ("an older address", 0.08, _moved),
    ("shared with the home", 0.10, _shared),
    ("another birthday", 0.04, _born_otherwise),
)


def pairs(truth: pa.Table) -> Iterator[tuple[str, str]]:
    """Every pair of records that are of one person, the lesser name first."""
    whose: dict[int, list[str]] = {}
    for row in truth.to_pylist():
        whose.setdefault(row["person"], []).append(row["record"])
    for held in whose.values():
        ordered = sorted(held)
        yield from ((one, other) for at, one in enumerate(ordered) for other in ordered[at + 1 :])
