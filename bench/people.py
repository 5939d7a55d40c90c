"""People whose doubles are known: written as a file, joined raw by their keys, and the found pairs judged."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sterna.engine.identity import linking

TIMES, THREADS = 3, 2
DOUBLES = 0.25  # of the records are a second, damaged record of somebody
_MISSING, _DAMAGED = 0.1, 0.1  # of the values of a double
_SYLLABLES = np.array(
    ["ba", "ko", "ri", "ma", "lo", "ten", "sa", "vi", "du", "ne", "gra", "el", "mo", "ha", "ti", "ru"]
)
_SIGNS = np.array(list("abcdehilmnorstu0123456789"))
# The keys of the engine's blocking that need no refining, joined without anything that linking does beside.
_KEYS = (
    "given_name, surname",
    "postcode, substr(surname, 1, 3)",
    "street_number, address",
    "birth_date",
    "email",
    "phone",
)

Texts = NDArray[Any]


def main(verb: str, *arguments: str) -> None:
    """Do `write FOLDER RECORDS`, `join FOLDER` or `judge FOLDER`; prints JSON."""
    verbs: dict[str, Callable[..., dict[str, Any]]] = {"write": write, "join": join, "judge": judge}
    print(json.dumps(verbs[verb](*arguments)))


def write(folder: str, records: str) -> dict[str, Any]:
    """Write `people.parquet` with so many records, of which a quarter are doubles; a double is its original plus d."""
    rng = np.random.default_rng([int(records), 1])
    doubles = int(int(records) * DOUBLES)
    people = _people(rng, int(records) - doubles)
    chosen = rng.choice(int(records) - doubles, doubles, replace=False)
    columns = {}
    for name, values in people.items():
        columns[name] = [*values.tolist(), *_damaged(rng, values[chosen])]
    names = [str(number) for number in range(int(records) - doubles)]
    record = [*names, *(f"{number}d" for number in chosen)]
    pq.write_table(pa.table({"record": record} | columns), Path(folder) / "people.parquet")
    return {"records": int(records), "doubles": doubles}


def _people(rng: np.random.Generator, count: int) -> dict[str, Texts]:
    """Columns of `count` people; some names are common, most are rare, as names are."""
    given, surname, street = (_words(rng, 3, 2000), _words(rng, 4, 20_000), _words(rng, 4, 5000))
    first, last = (words[_common(rng, len(words), count)] for words in (given, surname))
    place = rng.integers(1, 2500, count).astype(str)
    number = rng.permutation(count).astype(str)
    return {
        "given_name": first,
        "surname": last,
        "birth_date": (np.datetime64("1940-01-01") + rng.integers(0, 24_000, count)).astype(str),
        "street_number": rng.integers(1, 200, count).astype(str),
        "address": _joined(street[rng.integers(0, len(street), count)], " street"),
        "suburb": _joined("town ", _words(rng, 3, 2500)[place.astype(int)]),
        "postcode": np.char.zfill(place, 5),
        "email": _joined(_joined(_joined(first, "."), _joined(last, number)), "@mail.test.org"),
        "phone": np.char.zfill(number, 9),
    }


def _joined(one: Texts | str, two: Texts | str) -> Texts:
    return np.char.add(one, two)


def _words(rng: np.random.Generator, syllables: int, count: int) -> Texts:
    words = np.array([""] * count)
    for _ in range(syllables):
        words = np.char.add(words, rng.choice(_SYLLABLES, count))
    return words


def _common(rng: np.random.Generator, words: int, count: int) -> NDArray[np.int64]:
    return np.minimum((words * rng.beta(0.6, 2.2, count)).astype(np.int64), words - 1)


def _damaged(rng: np.random.Generator, values: Texts) -> list[str | None]:
    """The values with one in ten missing and one in ten with a wrong sign."""
    lots, places, signs = rng.random(len(values)), rng.random(len(values)), rng.choice(_SIGNS, len(values))
    found: list[str | None] = []
    for value, lot, place, sign in zip(values.tolist(), lots, places, signs, strict=True):
        at = int(place * len(value))
        wrong = value[:at] + str(sign) + value[at + 1 :]
        found.append(None if lot < _MISSING else wrong if lot < _MISSING + _DAMAGED else value)
    return found


def join(folder: str) -> dict[str, Any]:
    """Join the file with itself on each key and count the pairs: what finding candidates alone must take."""
    source = f"read_parquet('{Path(folder) / 'people.parquet'}')"
    pairs = " union all ".join(
        f"select count(*) as pairs from (select record, {_aliased(key)} from {source}) as l join "
        f"(select record, {_aliased(key)} from {source}) as r using ({_names(key)}) where l.record < r.record"
        for key in _KEYS
    )
    seconds, found = [], 0
    for _ in range(TIMES):
        with duckdb.connect(config={"threads": THREADS}) as connection:
            begun = time.perf_counter()
            found = int(connection.execute(f"select sum(pairs) from ({pairs})").fetchall()[0][0])
            seconds.append(time.perf_counter() - begun)
    return {"pairs": found, "seconds": min(seconds)}


def _aliased(key: str) -> str:
    return key.replace("substr(surname, 1, 3)", "substr(surname, 1, 3) as start")


def _names(key: str) -> str:
    return key.replace("substr(surname, 1, 3)", "start")


def judge(folder: str) -> dict[str, Any]:
    """How many true pairs there are, how many of them are compared at all, how many were merged, how many right."""
    rows = pq.read_table(Path(folder) / "people.parquet")
    names = rows.column("record").to_pylist()
    true = {(name[:-1], name) for name in names if name.endswith("d")}
    found = pq.read_table(Path(folder) / "out" / "linked_pairs.parquet").to_pylist()
    merged = {(pair["left_record"], pair["right_record"]) for pair in found if pair["outcome"] == "merge"}
    return {
        "true": len(true),
        "compared": linking.reach(rows, true),
        "merged": len(merged),
        "right": len(merged & true),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
