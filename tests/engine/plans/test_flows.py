"""The flow through a roadmap: worked by hand, in closed form and drawn, and the three agree."""

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine import plans
from sterna.engine.errors import BadInput
from sterna.engine.plans.flows import reached, trapped, walked, ways
from sterna.engine.plans.strategy import Edge, Roadmap, Step


def roadmap(enters: dict[str, int], shares: dict[tuple[str, str], float]) -> Roadmap:
    names = dict.fromkeys([*enters, *(end for edge in shares for end in edge)])
    return Roadmap(
        steps=tuple(Step(id=name, enters=enters.get(name)) for name in names),
        edges=tuple(
            Edge(from_step=here, to_step=there, pass_through=share) for (here, there), share in shares.items()
        ),
    )


LINE = roadmap(
    {"mail": 1000},
    {("mail", "page"): 0.2, ("page", "order"): 0.5, ("mail", "call"): 0.1, ("call", "order"): 0.3},
)
# Of 900 who are mailed a third write back, and every second of those is mailed again: 900 / (1 - 1/6) = 1080.
BACK = roadmap({"mail": 900}, {("mail", "reply"): 1 / 3, ("reply", "mail"): 0.5})


def test_R71_the_flow_of_a_line_by_hand():
    assert plans.flow(LINE) == pytest.approx({"mail": 1000, "page": 200, "call": 100, "order": 130})


def test_R71_who_comes_back_is_counted_again_by_hand():
    assert plans.flow(BACK) == pytest.approx({"mail": 1080, "reply": 360})
    itself = roadmap({"mail": 10}, {("mail", "mail"): 0.75})
    assert plans.flow(itself) == pytest.approx({"mail": 40})


def test_R71_whoever_enters_later_is_added():
    both = roadmap({"mail": 100, "page": 50}, {("mail", "page"): 0.4, ("page", "order"): 0.1})
    assert plans.flow(both) == pytest.approx({"mail": 100, "page": 90, "order": 9})


def test_R71_no_steps_no_flow():
    assert plans.flow(Roadmap()) == {} == plans.simulate(Roadmap(), 3, 1)


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (roadmap({"a": 1}, {("a", "b"): 1, ("b", "a"): 1}), "nobody ever leaves the steps a, b"),
        (roadmap({"a": 1}, {("a", "b"): 0.6, ("a", "c"): 0.5}), "leave the step a add up to more than 1"),
        (roadmap({"a": -1}, {}), "-1 customers enter at the step a"),
        (roadmap(dict.fromkeys(map(str, range(1001)), 1), {}), "has 1001 steps, at most 1000"),
    ],
)
def test_R71_what_has_no_flow_is_refused_by_name(drawn, said):
    for reckon in (plans.flow, lambda one: plans.simulate(one, 2, 1)):
        with pytest.raises(BadInput, match=said):
            reckon(drawn)


def test_R71_coming_back_nearly_for_ever_is_drawn_no_further():
    with pytest.raises(BadInput, match="still come back"):
        plans.simulate(roadmap({"a": 10**6}, {("a", "a"): 0.9999}), 1, 1)


def test_R71_the_same_seed_gives_the_same_counts_and_another_seed_others():
    one, again, other = (plans.simulate(LINE, 50, seed) for seed in (7, 7, 8))
    assert all((one[name] == again[name]).all() for name in one)
    assert (one["order"] != other["order"]).any()
    assert all(counts.dtype == np.int64 and counts.shape == (50,) for counts in one.values())


@pytest.mark.parametrize("drawn", [LINE, BACK])
def test_R71_the_drawn_flow_gives_the_counts(drawn):
    draws = 4000
    expected, counts = plans.flow(drawn), plans.simulate(drawn, draws, 71)
    for name, came in counts.items():
        error = came.std() / draws**0.5
        assert abs(came.mean() - expected[name]) <= 4 * error + 1e-9, name


def test_R71_a_draw_spreads_as_a_binomial_does():
    came = plans.simulate(LINE, 4000, 3)["page"]
    assert came.var() == pytest.approx(1000 * 0.2 * 0.8, rel=0.1)


@st.composite
def maps(draw: st.DrawFn) -> Roadmap:
    """Up to seven steps with ways between any of them, of which at least a tenth leaves every step."""
    count = draw(st.integers(1, 7))
    names = [f"s{number}" for number in range(count)]
    shares: dict[tuple[str, str], float] = {}
    for name in names:
        onto = draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
        shares |= {(name, there): draw(st.floats(0.05, 0.9 / len(onto))) for there in onto}
    enters = {name: draw(st.integers(0, 5000)) for name in names}
    return roadmap(enters, shares)


@given(maps())
def test_R71_all_who_come_have_entered_or_come_from_the_steps_before(drawn):
    graph, count = ways(drawn), plans.flow(drawn)
    for name, step in graph.steps.items():
        coming = sum(count[here] * after.get(name, 0.0) for here, after in graph.onward.items())
        assert count[name] == pytest.approx(step.enters + coming, abs=1e-6)
    leaving = sum(count[name] * (1 - sum(after.values())) for name, after in graph.onward.items())
    assert leaving == pytest.approx(sum(step.enters for step in graph.steps.values()), abs=1e-6)
    assert {name for name, many in count.items() if many > 1e-9} == reached(graph)


@given(maps(), st.integers(0, 2**32))
def test_R71_nobody_is_lost_or_doubled_in_a_draw_and_its_mean_is_the_expected_flow(drawn, seed):
    draws = 300
    expected, counts = plans.flow(drawn), plans.simulate(drawn, draws, seed)
    for name, step in ways(drawn).steps.items():
        assert (counts[name] >= step.enters).all()
        if not ways(drawn).onward[name] and expected[name] == step.enters:
            assert (counts[name] == step.enters).all()
        # Six standard errors: of many thousands of draws hypothesis makes none may fall outside by chance.
        error = (counts[name].std(ddof=1) + expected[name] ** 0.5 + 1) / draws**0.5
        assert abs(counts[name].mean() - expected[name]) <= 6 * error


@given(maps())
def test_R71_the_steps_are_walked_forward_where_there_is_no_way_back(drawn):
    graph = ways(drawn)
    order = {name: place for place, name in enumerate(walked(graph))}
    assert sorted(order) == sorted(graph.steps)
    web = networkx.DiGraph([(here, there) for here, after in graph.onward.items() for there in after])
    if networkx.is_directed_acyclic_graph(web):
        came = reached(graph)
        assert all(order[here] < order[there] for here, there in web.edges if here in came)


@given(st.data())
def test_R71_a_trap_is_what_no_way_leads_out_of(data):
    names = [f"s{number}" for number in range(data.draw(st.integers(1, 6)))]
    shares: dict[tuple[str, str], float] = {}
    for name in names:
        onto = data.draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
        total = data.draw(st.sampled_from([0.5, 1.0]))
        shares |= {(name, there): total / len(onto) for there in onto}
    graph = ways(roadmap(dict.fromkeys(names, 1), shares))
    web = networkx.DiGraph()
    web.add_nodes_from([*names, "out"])
    web.add_edges_from(shares)
    web.add_edges_from((name, "out") for name in names if sum(graph.onward[name].values()) < 0.9)
    stuck = {name for name in names if not networkx.has_path(web, name, "out")}
    assert set(trapped(graph)) == stuck
