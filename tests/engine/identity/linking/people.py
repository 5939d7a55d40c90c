"""A few people whose profiles are written by hand."""

import json

import pyarrow as pa

from sterna.engine.identity import linking

ANNA = {
    "source": "shop",
    "user_id": None,
    "given_name": "Anna",
    "surname": "Keller",
    "birth_date": "1980-03-05",
    "email": None,
    "phone": "020 7946 0018",
    "street_number": "5",
    "address": "High Street",
    "suburb": "Leeds",
    "postcode": "LS1 4AP",
    "national_id": None,
}
NOBODY = dict.fromkeys(ANNA)
PAUL = ANNA | {"given_name": "Paul", "birth_date": "1978-11-21"}


def table(**people):
    """Profiles by the names of their records; what a profile does not tell is unknown."""
    return pa.Table.from_pylist([NOBODY | {"record": record} | told for record, told in people.items()])


def link(said=None, **people):
    return linking.link(table(**people), **(said or {}))


def outcomes(linked):
    """Pair of records to outcome and veto."""
    return {
        row["left_record"] + row["right_record"]: (row["outcome"], row["veto"])
        for row in linked.pairs.to_pylist()
    }


def evidence(linked):
    (row,) = linked.pairs.to_pylist()
    return json.loads(row["evidence"])


def together(linked):
    """The clusters as sorted texts of their records."""
    found = {}
    for row in linked.clusters.to_pylist():
        found.setdefault(row["cluster"], []).append(row["record"])
    return sorted("".join(sorted(records)) for records in found.values())
