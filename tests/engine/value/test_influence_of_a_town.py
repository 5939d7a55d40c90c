"""Who brings many in a simulated town is found by credits, who brings nobody is not, and frauds are refused."""

from collections import Counter
from decimal import Decimal

import pytest

from sterna.engine.errors import BadInput
from sterna.engine.simulation import Town, town
from sterna.engine.value.influence import Credit, influence

HOMES = 4000


@pytest.fixture(scope="module")
def made() -> Town:
    return town(HOMES, 15)


def credits_of(made: Town, *kinds: str) -> list[Credit]:
    """The claims of some kinds as credits between households, each once."""
    home, found = made.homes.home, {}
    referred = made.referred
    claims = zip(referred.newcomer.tolist(), referred.claimed_by.tolist(), referred.truth, strict=True)
    for newcomer, claimed, kind in claims:
        if kind in kinds:
            pair = str(home[newcomer - 1] + 1), str(home[claimed - 1] + 1)
            found[pair] = Credit(newcomer=pair[0], customer=pair[1])
    return list(found.values())


def test_R17_hubs_are_found_by_their_credits_and_who_brings_nobody_has_none(made):
    honest = credits_of(made, "honest")
    book = influence(honest, {one.newcomer: Decimal(100) for one in honest})
    credited = {int(name): one.high for name, one in book.customers.items()}
    brought = made.referred.brought()
    assert set(credited) <= {home + 1 for home in range(HOMES) if brought[home]}
    # Most say who brought them, so that whoever truly brings most is among the first.
    first = sorted(credited, key=lambda home: (-credited[home], home))[:10]
    most = sorted(range(1, HOMES + 1), key=lambda home: (-brought[home - 1], home))
    assert len(set(first) & set(most[:15])) >= 7 and most[0] in first[:3]
    assert book.credited == sum(one.high for one in book.customers.values()) <= Decimal(100) * len(honest)


def test_R17_every_newcomer_is_credited_once_at_most(made):
    said = Counter(one.newcomer for one in credits_of(made, "honest"))
    assert set(said.values()) == {1}


def test_R37_a_claim_to_have_brought_oneself_or_ones_own_household_is_refused(made):
    assert len(credits_of(made, "self")) >= 9 and len(credits_of(made, "household")) >= 9
    for one in credits_of(made, "self", "household"):
        with pytest.raises(
            BadInput, match=f"{one.customer} is credited with coming because of {one.customer}"
        ):
            influence([one], {})


def test_R37_a_claim_to_have_brought_the_one_by_whom_one_was_brought_is_refused_as_a_loop(made):
    home, by = made.homes.home, made.referred.introduced_by
    for one in credits_of(made, "loop"):
        true = Credit(newcomer=one.customer, customer=one.newcomer)
        assert by[int(one.customer) - 1] == int(one.newcomer) and home.size
        with pytest.raises(BadInput, match="the credits are a loop"):
            influence([true, one], {})
