"""The tree: closure, what is finer, the offer that falls back, what may be kept and how to ask."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.taxonomy import Closure, Taxonomy, TaxonomyClass, Tree, body, of_body, sha
from tests.engine.taxonomy.trees import RESORT, example, small

GOLF = "id: leisure.golf, title: Golf, parent: leisure, holds: flag"
TEE = "id: leisure.golf.tee, title: Tee, parent: leisure.golf, holds: text"
OFFERS = {RESORT: "family week at the resort", "leisure": "a day out"}


@pytest.fixture(scope="module")
def bank():
    return example("private-banking")


def test_R65_the_finest_class_known_decides_the_offer(bank):
    def offered(*known):
        return bank.offer(RESORT, known, OFFERS, "our newsletter")

    assert offered(RESORT) == "family week at the resort"
    assert offered("leisure.travel.pleasure") == "a day out"
    assert offered() == "our newsletter"
    assert offered("interests.wine", "family.children") == "our newsletter"


def test_R65_each_step_up_the_tree_is_taken_in_turn(bank):
    line = [RESORT, *bank.ancestors(RESORT)]
    offers = {name: name for name in line}
    for at, known in enumerate(line):
        assert bank.offer(RESORT, [known], offers, "generic") == known
        coarser = {name: name for name in line[at + 1 :]}
        assert bank.offer(RESORT, [known], coarser, "generic") == (line[at + 1] if coarser else "generic")


def test_a_finer_fact_counts_for_the_class_wanted(bank):
    assert bank.finest("leisure.travel", [RESORT]) == "leisure.travel"
    assert bank.is_or_finer(RESORT, "leisure.travel") and not bank.is_or_finer("leisure.travel", RESORT)


def test_a_cousin_counts_only_for_what_both_have_above(bank):
    assert bank.finest(RESORT, ["leisure.travel.business"]) == "leisure.travel"
    assert bank.offer(RESORT, ["leisure.travel.business"], OFFERS, "none") == "a day out"


def test_an_offer_for_a_class_that_does_not_exist_is_refused(bank):
    with pytest.raises(BadInput, match=r"leisure\.moon is an orphan"):
        bank.offer(RESORT, [], {"leisure.moon": "trip"}, "none")
    with pytest.raises(BadInput, match="orphan"):
        bank.finest("leisure.moon", [])
    with pytest.raises(BadInput, match="orphan"):
        bank.finest(RESORT, ["leisure.moon"])


def test_the_closure_by_hand():
    # Three classes in one line: three pairs with themselves, two of depth 1, one of depth 2.
    assert Tree(small(GOLF, TEE)).closure() == [
        Closure("leisure", "leisure", 0),
        Closure("leisure", "leisure.golf", 1),
        Closure("leisure", "leisure.golf.tee", 2),
        Closure("leisure.golf", "leisure.golf", 0),
        Closure("leisure.golf", "leisure.golf.tee", 1),
        Closure("leisure.golf.tee", "leisure.golf.tee", 0),
    ]


@st.composite
def taxonomies(draw):
    """A random tree of up to 20 classes in any order of the text."""
    count = draw(st.integers(1, 20))
    parents = [None] + [draw(st.one_of(st.none(), st.integers(0, n - 1))) for n in range(1, count)]
    classes = [
        TaxonomyClass(
            id=f"c{n}",
            title=f"C{n}",
            parent=None if above is None else f"c{above}",
            holds="flag",
            purposes=("sales",) if draw(st.booleans()) or above is None else (),
        )
        for n, above in enumerate(parents)
    ]
    higher = tuple(one.id for one in classes if one.parent is None)
    shuffled = tuple(draw(st.permutations(classes)))
    head = {"name": "any", "version": 1, "title": "Any", "owner": "Ann", "most_levels": 12}
    return Taxonomy(**head, higher=higher, classes=shuffled)


def levels(taxonomy):
    above = {one.id: one.parent for one in taxonomy.classes}

    def level(name):
        return 1 if above[name] is None else 1 + level(above[name])

    return {name: level(name) for name in above}


@settings(max_examples=60, deadline=None)
@given(taxonomies())
def test_the_closure_is_what_the_parents_say(taxonomy):
    depth = levels(taxonomy)
    if max(depth.values()) > 12:
        with pytest.raises(BadInput, match="at most 12"):
            Tree(of_body(body(taxonomy)))
        return
    tree = Tree(of_body(body(taxonomy)))
    rows = tree.closure()
    assert len(rows) == len(set(rows)) == sum(depth.values())
    for ancestor, descendant, steps in rows:
        assert depth[descendant] - depth[ancestor] == steps
        assert tree.is_or_finer(descendant, ancestor)
    parents = {(row.ancestor, row.descendant) for row in rows if row.depth == 1}
    assert parents == {(one.parent, one.id) for one in taxonomy.classes if one.parent}
    for name in tree.ids():
        below = {row.descendant for row in rows if row.ancestor == name and row.depth}
        assert set(tree.descendants(name)) == below
        assert tree.level(name) == depth[name] == len(tree.ancestors(name)) + 1


@settings(max_examples=40, deadline=None)
@given(taxonomies(), st.data())
def test_the_finest_class_is_never_finer_than_wanted_nor_than_known(taxonomy, data):
    if max(levels(taxonomy).values()) > 12:
        return
    tree = Tree(of_body(body(taxonomy)))
    names = st.sampled_from(tree.ids())
    wanted, known = data.draw(names), data.draw(st.lists(names, max_size=4))
    finest = tree.finest(wanted, known)
    if finest is None:
        assert not any({one, *tree.ancestors(one)} & {wanted, *tree.ancestors(wanted)} for one in known)
    else:
        assert tree.is_or_finer(wanted, finest)
        assert any(tree.is_or_finer(one, finest) for one in known)


def test_children_stand_in_the_order_of_the_text(bank):
    assert bank.children("leisure.travel") == ["leisure.travel.business", "leisure.travel.pleasure"]
    assert bank.children(RESORT) == []


def test_a_refused_taxonomy_names_itself_the_line_and_the_mend():
    with pytest.raises(BadInput) as refused:
        Tree(small(GOLF + ", sensitivity: health"))
    assert str(refused.value) == (
        "the taxonomy small is refused: line 8: leisure.golf is sensitive (health) and names no purpose of its own; "
        "name the purposes that allow it, or say `kept: false`"
    )


def test_a_warning_refuses_nothing():
    assert "leisure.golf" in Tree(small("id: leisure.golf, title: Golf, parent: leisure"))


def test_purposes_freshness_and_sensitivity_come_from_the_nearest_class_above():
    tree = Tree(small(GOLF + ", freshness_days: 30, sensitivity: personal", TEE + ", purposes: [research]"))
    assert tree.purposes("leisure.golf") == ("marketing",)
    assert tree.purposes("leisure.golf.tee") == ("research",)
    assert tree.freshness_days("leisure.golf.tee") == 30
    assert tree.freshness_days("leisure") is None
    assert (tree.sensitivity("leisure"), tree.sensitivity("leisure.golf.tee")) == ("none", "personal")
    assert not tree.is_sensitive("leisure.golf.tee")


def test_R8_a_fact_may_be_kept_only_for_a_purpose_of_its_class():
    tree = Tree(small(GOLF, TEE + ", sensitivity: health, purposes: [service]"))
    assert tree.may_keep("leisure.golf") and tree.may_keep("leisure.golf", {"marketing", "sales"})
    assert not tree.may_keep("leisure.golf", {"service"})
    assert tree.may_keep("leisure.golf.tee", {"service"}) and not tree.may_keep(
        "leisure.golf.tee", {"marketing"}
    )
    assert not tree.may_keep("leisure.golf", set())


def test_below_what_is_never_kept_nothing_is_kept():
    tree = Tree(small(GOLF + ", kept: false", TEE + ", purposes: [service]"))
    assert not tree.may_keep("leisure.golf") and not tree.may_keep("leisure.golf.tee")
    assert tree.purposes("leisure.golf.tee") == ()


def test_confidence_goes_from_the_class_up_to_the_document(bank):
    assert bank.confidence("wealth.elsewhere", "noted") == 0.7
    assert bank.confidence("wealth.elsewhere", "stated") == 0.95
    assert bank.confidence("wealth.total", "noted") == 0.8
    assert Tree(small(GOLF)).confidence("leisure.golf", "noted") is None


def test_R7_a_question_is_asked_in_the_words_of_the_touchpoint(bank):
    assert bank.question("service.hours", "phone") == "When does a call suit you best?"
    assert bank.question("interests.wine", "preference_page") == "What would you like to be invited to?"
    assert bank.question("interests.wine", "phone") is None


def test_R7_a_ticket_request_raises_the_transport_question(bank):
    raised = dict(bank.follow_ups("tickets"))
    assert raised["wealth.aircraft.jet"] == "May we arrange your transportation as well?"
    assert "interests.sport.golf" in raised
    assert bank.follow_ups("weather") == []


def test_the_same_taxonomy_has_the_same_hash_however_it_was_written():
    reordered = small("holds: flag, parent: leisure, title: Golf, id: leisure.golf")
    assert sha(reordered.taxonomy) == sha(small(GOLF).taxonomy) == Tree(reordered).sha256
    assert sha(small(GOLF).taxonomy) != sha(small(GOLF + ", freshness_days: 5").taxonomy)


def test_a_stored_body_comes_back_as_the_same_taxonomy(bank):
    stored = msgspec.json.decode(msgspec.json.encode(body(bank.taxonomy)))
    again = Tree(of_body(stored))
    assert again.taxonomy == bank.taxonomy
    assert (again.sha256, again.version) == (bank.sha256, bank.version)


def test_a_foreign_body_is_refused():
    with pytest.raises(msgspec.ValidationError):
        of_body({"taxonomy": "x", "surprise": 1})
