"""Position in a network against published figures, the four types, and who moves others while buying little."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.value.influence import Credit, influence
from sterna.engine.value.network import Network, k_core, movers, page_rank, types

D = Decimal


def star(rays: int) -> Network:
    return Network.of([("hub", f"r{number}") for number in range(rays)])


@pytest.fixture(scope="module")
def karate() -> tuple[Network, object]:
    networkx = pytest.importorskip("networkx")
    graph = networkx.karate_club_graph()
    return Network.of([(f"{one:02}", f"{other:02}") for one, other in graph.edges]), graph


@pytest.mark.oracle
def test_R17_page_rank_is_that_of_networkx_on_the_karate_club(karate):
    import networkx

    network, graph = karate
    theirs = networkx.pagerank(graph, weight=None, tol=1e-13, max_iter=500)
    ours = page_rank(network)
    assert ours == pytest.approx([theirs[int(name)] for name in network.names], abs=1e-10)
    assert round(float(ours[network.names.index("33")]), 5) == 0.10092


@pytest.mark.oracle
def test_R17_the_innermost_core_of_the_karate_club_is_4_for_10_of_34(karate):
    import networkx

    network, graph = karate
    core = k_core(network)
    assert dict(enumerate(core.tolist())) == networkx.core_number(graph)
    assert (core.max(), int((core == 4).sum()), len(network.names)) == (4, 10, 34)


def test_page_rank_of_a_star_by_hand():
    """Of a hub with 4 rays: h = .15/5 + .85 (1 - h) as all rays pass everything to it, so h = .88/1.85."""
    rank = dict(zip(star(4).names, page_rank(star(4)), strict=True))
    assert rank["hub"] == pytest.approx(0.88 / 1.85)
    assert rank["r0"] == pytest.approx((1 - 0.88 / 1.85) / 4)


def test_k_core_of_a_square_with_a_tail_by_hand():
    square = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "c")]
    network = Network.of([*square, ("d", "tail"), ("tail", "end")], others=["alone"])
    assert dict(zip(network.names, k_core(network).tolist(), strict=True)) == {
        **dict.fromkeys("abcd", 2),
        **dict.fromkeys(["tail", "end"], 1),
        "alone": 0,
    }


def test_a_network_of_nobody_and_of_people_without_ties():
    assert page_rank(Network.of([])).size == k_core(Network.of([])).size == 0
    strangers = Network.of([], others=["a", "b"])
    assert page_rank(strangers).tolist() == [0.5, 0.5]
    assert k_core(strangers).tolist() == [0, 0]


def test_a_tie_counts_once_in_either_direction_and_to_oneself_never():
    network = Network.of([("a", "b"), ("b", "a"), ("a", "b")])
    assert network.degrees.tolist() == [1, 1]
    assert network.neighbors("a") == ["b"]
    with pytest.raises(BadInput, match=r"^a is tied to a$"):
        Network.of([("b", "c"), ("a", "a")])
    for damping in (0, 1, -0.5):
        with pytest.raises(BadInput, match="damping"):
            page_rank(network, damping)


TIES = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=20).map(
    lambda ties: [tie for tie in ties if tie[0] != tie[1]]
)


@given(TIES, st.permutations("abcdefg"))
def test_a_new_name_for_everybody_moves_nobody(ties, renamed):
    other = dict(zip("abcdefg", renamed, strict=True))
    one = Network.of(ties, others="abcdefg")
    two = Network.of([(other[left], other[right]) for left, right in ties], others="abcdefg")
    at = [two.names.index(other[name]) for name in one.names]
    assert page_rank(one) == pytest.approx(page_rank(two)[at], abs=1e-9)
    assert (k_core(one) == k_core(two)[at]).all()
    assert page_rank(one).sum() == pytest.approx(1)
    assert (k_core(one) <= one.degrees).all()


def test_R17_the_four_types_and_the_unknown():
    direct = {
        "champion": D(90),
        "affluent": D(80),
        "advocate": D(10),
        "miser": D(5),
        "new": None,
        "quiet": D(9),
    }
    indirect = {
        "champion": D(50),
        "affluent": D(0),
        "advocate": D(70),
        "miser": D(0),
        "new": D(60),
        "quiet": None,
    }
    found = types(direct, indirect, cuts=(D(50), D(20)))
    assert found == {
        "champion": "Champion",
        "affluent": "Affluent",
        "advocate": "Advocate",
        "miser": "Miser",
        "new": None,
        "quiet": None,
    }


def test_without_cuts_the_medians_part_high_from_low_and_a_tie_is_low():
    direct = {"a": D(1), "b": D(2), "c": D(3), "d": D(4)}  # median 2.50
    indirect = {"a": D(0), "b": D(0), "c": D(0), "d": D(8)}  # median 0: only what is above it is high
    assert types(direct, indirect) == {"a": "Miser", "b": "Miser", "c": "Affluent", "d": "Champion"}
    assert types({}, {}) == {}


def seeded() -> tuple[dict[str, Decimal | None], list[Credit], Network]:
    """A hub who buys for 5 and brought six others who buy for 100, and a spender of 900 who knows nobody."""
    brought = [f"n{number}" for number in range(6)]
    direct = {name: D(100) for name in brought} | {"hub": D(5), "spender": D(900), "small": D(3)}
    recorded = [Credit(name, "hub", came_anyway=False) for name in brought]
    recorded.append(Credit("small", "n0", came_anyway=False))
    network = Network.of([("hub", name) for name in brought] + [("n0", "small")], others=["spender"])
    return direct, recorded, network


def test_R17_the_seeded_hub_is_found_and_the_isolated_spender_is_not():
    direct, recorded, network = seeded()
    [hub] = movers(direct, influence(recorded, direct).customers, network)
    assert (hub.customer, hub.direct, hub.influence.low) == ("hub", D(5), D(600))
    ranks = dict(zip(network.names, page_rank(network), strict=True))
    assert hub.rank == pytest.approx(max(ranks.values())) and hub.core == 1
    assert ranks["spender"] == min(ranks.values())


def test_R17_the_list_tells_what_it_rests_on():
    direct, recorded, network = seeded()
    [hub] = movers(direct, influence([*recorded, Credit("stranger", "hub")], direct).customers, network)
    told = hub.evidence
    # Of nine customers only "small" buys for less than the 5 of the hub.
    assert told[0] == "buys for 5, more than 11% of the customers"
    assert told[1] == "7 came because of this customer: n0, n1, n2, n3, n4"
    assert told[2] == "credited with 600.00 to 600.00 of what they are worth"
    assert told[3] == "the value of 1 of them is not known, so this is a least figure"
    assert told[4].startswith("in the network: PageRank 0.") and told[4].endswith(", core 1")


def test_R17_a_place_in_the_network_alone_is_no_reason_and_credit_needs_no_network():
    direct, recorded, network = seeded()
    assert movers(direct, {}, network) == []
    [hub] = movers(direct, influence(recorded, direct).customers)
    assert (hub.customer, hub.rank, hub.core, len(hub.evidence)) == ("hub", None, None, 3)


def test_R17_an_unsure_credit_an_unknown_own_value_and_a_large_one_are_not_on_the_list():
    direct, recorded, _ = seeded()
    unsure = [Credit(one.newcomer, one.customer) for one in recorded]
    assert movers(direct, influence(unsure, direct).customers) == []
    sure = influence(recorded, direct).customers
    assert movers(direct | {"hub": None}, sure) == []
    assert movers(direct | {"hub": D(599)}, sure) == []
    # n0 brought a newcomer of 3 and buys for 100 oneself: that is no list of people who buy little.
    assert [one.customer for one in movers(direct, sure, below=1.0)] == ["hub"]


def test_ranks_settle_where_two_sides_hand_them_back_and_forth():
    """A star swings between hub and rays: without damping it would never settle."""
    rank = page_rank(star(50), damping=0.99)
    assert np.isfinite(rank).all() and rank.sum() == pytest.approx(1)
    assert rank[0] == pytest.approx((0.01 / 51 + 0.99) / 1.99)
