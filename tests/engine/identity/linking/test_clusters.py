"""Clusters: pairs that must be one are, pairs that must not never are, not even by way of others."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.identity.linking.clusters import Rules, cluster

RECORDS = "abcdefgh"
PAIRS = list(combinations(RECORDS, 2))
weights = st.dictionaries(st.sampled_from(PAIRS), st.integers(1, 5).map(float), max_size=20)
some_pairs = st.sets(st.sampled_from(PAIRS), max_size=5)
owners = st.dictionaries(st.sampled_from(RECORDS), st.sampled_from("xyz"), max_size=6)


def connected(pairs):
    """The components of a graph, found by another road than the code's: flooding."""
    found = {}
    for record in RECORDS:
        if record not in found:
            reached, waiting = set(), [record]
            while waiting:
                one = waiting.pop()
                reached.add(one)
                waiting += [o for pair in pairs if one in pair for o in pair if o not in reached]
            found |= dict.fromkeys(reached, min(reached))
    return found


@given(weights)
def test_without_rules_clusters_are_the_connected_parts(edges):
    named, cut = cluster(RECORDS, [], edges, Rules())
    assert (named, cut) == (connected(edges), {})


@given(weights, some_pairs)
def test_R20_no_cluster_holds_a_cannot_link(edges, barred):
    named, cut = cluster(RECORDS, [], edges, Rules(frozenset(barred)))
    assert all(named[one] != named[two] for one, two in barred)
    # Nothing is torn without need: clusters are what kept edges connect, each cut edge would join a barred pair.
    assert named == connected(edges.keys() - cut.keys())
    for one, two in cut:
        both = {record for record in RECORDS if named[record] in (named[one], named[two])}
        assert any(set(pair) <= both for pair in barred)


@given(weights, some_pairs)
def test_a_cut_edge_is_the_weakest_between_the_two(edges, barred):
    _, cut = cluster(RECORDS, [], edges, Rules(frozenset(barred)))
    for pair in cut:
        # With only what is stronger the cut would be the same: no weaker edge was kept at its cost.
        stronger = {other: weight for other, weight in edges.items() if weight >= edges[pair]}
        assert pair in cluster(RECORDS, [], stronger, Rules(frozenset(barred)))[1]


@given(weights, some_pairs, some_pairs, owners)
def test_must_links_always_hold_and_users_never_mix(edges, must, barred, users):
    rules = Rules(frozenset(barred - must), users)
    try:
        named, _ = cluster(RECORDS, sorted(must), edges, rules)
    except BadInput:
        joined = connected(must)
        assert any(joined[one] == joined[two] for one, two in rules.barred)
        return
    assert all(named[one] == named[two] for one, two in must)
    assert all(named[one] != named[two] for one, two in rules.barred)
    held = connected(must)
    for name in set(named.values()):
        inside = [record for record in RECORDS if named[record] == name]
        # Only what a person joined may hold two user ids.
        parts = {
            held[record]: {users[one] for one in inside if held[one] == held[record] and one in users}
            for record in inside
        }
        known = [part for part in parts.values() if part]
        assert len(set().union(*known)) <= 1 or any(len(part) > 1 for part in known)


@given(weights, st.permutations(PAIRS), some_pairs)
def test_the_order_of_edges_does_not_matter(edges, order, barred):
    rules = Rules(frozenset(barred))
    again = {pair: edges[pair] for pair in order if pair in edges}
    assert cluster(RECORDS, [], edges, rules) == cluster(reversed(RECORDS), [], again, rules)


@given(weights)
def test_one_to_one_leaves_one_record_of_each_source(edges):
    sources = dict(zip(RECORDS, "xxxyyyzz", strict=True))
    named, _ = cluster(RECORDS, [], edges, Rules(sources=sources))
    for name in set(named.values()):
        inside = [sources[record] for record in RECORDS if named[record] == name]
        assert len(inside) == len(set(inside))


def test_the_weakest_edge_of_a_chain_goes():
    # a -9- b -2- c -7- d, and a and d are two persons: b-c is cut, whatever its neighbors are.
    edges = {("a", "b"): 9.0, ("b", "c"): 2.0, ("c", "d"): 7.0}
    named, cut = cluster("abcd", [], edges, Rules(frozenset({("a", "d")})))
    assert named == {"a": "a", "b": "a", "c": "c", "d": "c"}
    assert list(cut) == [("b", "c")]


def test_what_a_person_joined_against_another_person_is_refused():
    with pytest.raises(BadInput, match="a and c must be one person and must not"):
        cluster("abc", [("a", "b"), ("b", "c")], {}, Rules(frozenset({("a", "c")})))
