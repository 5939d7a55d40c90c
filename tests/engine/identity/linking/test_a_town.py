"""A simulated town whose records are known to be whose: who is found to be one person, one home, and neither."""

from collections import Counter

import pytest

from sterna.engine.identity import linking
from sterna.engine.simulation import pairs, records, town

HOMES = 1500


@pytest.fixture(scope="module")
def found():
    """What linking says of each pair beside what is true, and the pairs that stand in one cluster."""
    known = records(town(HOMES, 5).homes)
    linked = linking.link(known.told)
    whose = {row["record"]: (row["household"], row["person"]) for row in known.truth.to_pylist()}
    said = Counter()
    for row in linked.pairs.to_pylist():
        one, other = whose[row["left_record"]], whose[row["right_record"]]
        said[row["outcome"], "person" if one == other else "home" if one[0] == other[0] else "strangers"] += 1
    held = {}
    for row in linked.clusters.to_pylist():
        held.setdefault(row["cluster"], []).append(row["record"])
    together = {
        (one, other)
        for names in map(sorted, held.values())
        for at, one in enumerate(names)
        for other in names[at + 1 :]
    }
    return said, together, set(pairs(known.truth))


def test_R20_records_of_one_person_are_found_and_few_others_are_taken_for_one(found):
    _, together, true = found
    right = len(together & true)
    print(f"{len(true)} pairs: P {right / len(together):.4f} R {right / len(true):.4f}")
    # Measured: precision 0.990, recall 0.950.
    assert right / len(together) > 0.98
    assert right / len(true) > 0.94


def test_R20_who_lives_together_is_a_household_and_seldom_taken_for_one_person(found):
    said, _, _ = found
    homes = sum(many for (outcome, _), many in said.items() if outcome == "household")
    assert said["household", "home"] > 0.98 * homes > 1000
    assert said["merge", "home"] + said["merge", "strangers"] < 0.015 * said["merge", "person"]


def test_R20_what_is_not_clear_is_asked_of_a_person_and_is_not_much(found):
    said, _, _ = found
    asked = sum(many for (outcome, _), many in said.items() if outcome == "review")
    assert 0.15 < said["review", "person"] / asked < 0.7, "a question is worth asking"
    assert asked < 0.1 * sum(said.values())
