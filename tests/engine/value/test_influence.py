"""Who brought whom: credits on hand-sized trees, never more than one whole for a newcomer, and refusals by name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.value.influence import KINDS, Credit, influence

D = Decimal
VALUES = {name: D(value) for name, value in {"b": 100, "c": 40, "d": 60, "e": 10}.items()}


def came(newcomer: str, customer: str, **more) -> Credit:
    """A credit for somebody who surely would not have come without it."""
    return Credit(newcomer, customer, **({"came_anyway": False} | more))


# a brought b and c, b brought d, d brought e.
TREE = [came("b", "a"), came("c", "a"), came("d", "b"), came("e", "d")]


def credited(book) -> dict[str, Decimal]:
    return {name: one.low for name, one in book.customers.items()}


def test_R17_a_tree_by_hand():
    book = influence(TREE, VALUES)
    assert credited(book) == {"a": D(140), "b": D(60), "d": D(10)}
    assert (book.credited, book.uncredited) == (D(210), D(0))
    assert book.customers["a"].newcomers == ("b", "c")


def test_R17_what_is_passed_on_goes_up_the_tree_and_loses_nothing_unnamed():
    """Half is passed on: of d's 60 b keeps 30 and a 15 of the other 30; of e's 10 d 5, b 2.50, a 1.25.

    Of b's 100 and c's 40 a keeps 70. a: 70 + 15 + 1.25; nobody stands above a to take the rest.
    """
    book = influence(TREE, VALUES, passed=D("0.5"))
    assert credited(book) == {"a": D("86.25"), "b": D("32.50"), "d": D("5.00")}
    assert book.credited + book.uncredited == D(210)
    assert book.uncredited == D("86.25")


def test_R17_a_shared_newcomer_is_credited_once_in_all():
    shared = [came("b", "a", share=D("0.6")), came("b", "x", share=D("0.4"), kind="knowledge")]
    book = influence(shared, VALUES)
    assert credited(book) == {"a": D(60), "x": D(40)}
    assert book.customers["x"].by_kind == {"referral": D(0), "influence": D(0), "knowledge": D(40)}
    thirds = [came("b", name, share=D("0.3333")) for name in "xyz"]
    book = influence(thirds, {"b": D("0.01")})
    # A third of a cent is no cent: what nobody can be credited with is told, not rounded up.
    assert (book.credited, book.uncredited) == (D("0.00"), D("0.01"))


def test_R17_whoever_would_have_come_anyway_saves_only_the_cost_of_acquiring():
    book = influence(
        [
            came("b", "a", came_anyway=True, saved=D("7.50"), cost=D("5.00")),
            came("c", "a", saved=D("7.50"), cost=D("5.00")),
        ],
        VALUES,
    )
    a = book.customers["a"]
    assert (a.low, a.high, a.saved, a.cost) == (D(40), D(40), D("15.00"), D("10.00"))
    assert (a.net_low, a.net_high) == (D("45.00"), D("45.00"))
    assert book.uncredited == D(100)


def test_R17_nobody_knows_whether_b_would_have_come_so_the_credit_is_a_range():
    a = influence([Credit("b", "a"), came("c", "a")], VALUES).customers["a"]
    assert (a.low, a.high) == (D(40), D(140))
    assert (a.net_low, a.net_high) == (D(40), D(140))


def test_credit_is_not_passed_on_through_somebody_who_would_have_come_anyway():
    book = influence([came("b", "a", came_anyway=True), came("d", "b")], VALUES, passed=D("0.5"))
    assert credited(book) == {"a": D(0), "b": D(30)}


def test_R17_an_unknown_value_is_named_and_a_loss_credits_nothing():
    book = influence([came("b", "a"), came("n", "a"), came("m", "a")], {"b": D(5), "n": None, "m": D(-80)})
    a = book.customers["a"]
    assert (a.low, a.unknown) == (D(5), ("n",))
    assert influence([came("z", "a")], {}).customers["a"].unknown == ("z",)


def test_no_credits_make_an_empty_book():
    book = influence([], VALUES)
    assert (book.customers, book.credited, book.uncredited) == ({}, D(0), D(0))


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ([came("a", "a")], "a is credited with coming because of a"),
        (
            [came("b", "a"), came("a", "b")],
            r"the credits are a loop: (a > b > a|b > a > b) each brought the next",
        ),
        ([came("b", "a"), came("c", "b"), came("a", "c")], "the credits are a loop: "),
        (
            [came("b", "a"), came("b", "a", share=D("0.1"))],
            r"the credit of a for b \(referral\) stands twice",
        ),
        (
            [came("b", "a", share=D("0.7")), came("b", "x", share=D("0.31"))],
            r"the credits for b sum to 1\.01, more than one whole",
        ),
        (
            [came("b", "a"), came("b", "x", kind="influence")],
            "the credits for b sum to 2, more than one whole",
        ),
        ([came("b", "a", share=D(0))], "the credit of a for b is 0, not a share"),
        ([came("b", "a", share=D("1.5"))], "the credit of a for b is 1.5, not a share"),
        ([came("b", "a", share=D("0.00005"))], "the credit of a for b is 0.00005, not a share"),
        ([came("b", "a", cost=D(-1))], "the credit of a for b saves or costs less than nothing"),
    ],
)
def test_R17_self_loops_doubles_and_more_than_one_whole_are_refused_by_name(recorded, said):
    with pytest.raises(BadInput, match=f"^{said}"):
        influence(recorded, VALUES)


@pytest.mark.parametrize("passed", [D(1), D("-0.1"), D("0.00001")])
def test_what_is_passed_on_is_less_than_the_whole(passed):
    with pytest.raises(BadInput, match="passed is a share"):
        influence(TREE, VALUES, passed)


def test_the_largest_amounts_do_not_overflow():
    most = D("9999999999999999.99")
    book = influence([came("b", "a", share=D("0.9999"))], {"b": most}, passed=D("0.5"))
    # .9999 of it is 9,998,999,999,999,999.99, half of which is 4,999,499,999,999,999.99 and half a cent.
    assert book.customers["a"].low == D("4999500000000000.00")
    assert book.credited + book.uncredited == most


def test_a_long_line_of_referrals_ends():
    line = [came(f"c{number + 1}", f"c{number}") for number in range(300)]
    book = influence(line, {f"c{number}": D(100) for number in range(301)}, passed=D("0.5"))
    assert book.customers["c0"].low == pytest.approx(D(100), abs=D("0.2"))
    assert book.credited <= 300 * 100


@st.composite
def forests(draw) -> tuple[list[Credit], dict[str, Decimal | None]]:
    """Credits of younger customers to older ones, with shares that sum to at most one."""
    size = draw(st.integers(2, 9))
    recorded = []
    for newcomer in range(1, size):
        left = 10_000
        for customer in sorted(draw(st.sets(st.integers(0, newcomer - 1), max_size=3))):
            share = draw(st.integers(1, max(1, left)))
            left -= share
            if left < 0:
                break
            kind = draw(st.sampled_from(KINDS))
            anyway = draw(st.sampled_from([None, True, False]))
            recorded.append(Credit(f"c{newcomer}", f"c{customer}", kind, D(share) / 10_000, anyway))
    worth = st.one_of(st.none(), st.integers(-500, 100_000).map(lambda cents: D(cents) / 100))
    return recorded, {f"c{number}": draw(worth) for number in range(size)}


PASSED = st.sampled_from([D(0), D("0.3"), D("0.5"), D("0.9")])


@given(forests(), PASSED)
def test_R17_credits_never_exceed_the_newcomers_and_close_with_what_nobody_has(forest, passed):
    recorded, values = forest
    book = influence(recorded, values, passed)
    newcomers = {one.newcomer for one in recorded}
    whole = sum((max(values[name] or D(0), D(0)) for name in newcomers), D(0))
    assert book.credited + book.uncredited == whole
    assert book.uncredited >= 0
    assert book.credited == sum((one.high for one in book.customers.values()), D(0))
    for one in book.customers.values():
        assert 0 <= one.low <= one.high == sum(one.by_kind.values(), D(0))


@given(forests(), PASSED)
def test_R17_one_more_referral_lowers_nobody(forest, passed):
    recorded, values = forest
    before = influence(recorded, values, passed)
    after = influence([*recorded, came("new", "c0")], values | {"new": D("12.34")}, passed)
    for name, one in before.customers.items():
        assert after.customers[name].low >= one.low and after.customers[name].high >= one.high
    grown = after.customers["c0"].low - (before.customers["c0"].low if "c0" in before.customers else 0)
    assert grown >= D("12.34") * (1 - passed) - D("0.01")


@given(forests(), st.randoms(use_true_random=False))
def test_the_order_of_the_credits_changes_nothing(forest, chance):
    recorded, values = forest
    mixed = list(recorded)
    chance.shuffle(mixed)
    assert influence(mixed, values) == influence(recorded, values)
