"""Random rules and the facts of a few customers, for the laws that SQL and memory agree."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from sterna.engine.rules import All, AnyOf, HasFact, Known, Not

ON = date(2017, 7, 1)
# wealth above aircraft above jet; wine beside them.
ABOVE = {
    "wealth": {"wealth"},
    "aircraft": {"aircraft", "wealth"},
    "jet": {"jet", "aircraft", "wealth"},
    "wine": {"wine"},
}
CLOSURE = sorted((above, name) for name, line in ABOVE.items() for above in line)
CUSTOMERS = ("ann", "bob", "eve")
# What looks like a number and is none, and numbers that only a decimal tells apart.
VALUES = (
    "yes", "no", "", "12", "-3.5", "0.1", "0.10", "1e3", " 12", "12\n", "١٢", "NaN", "999999999999999999",
    "1000000000000000000", "0.000000000000000001", "O'Hara; drop table f", "%s $rule_0",
)  # fmt: skip

values = st.sampled_from(VALUES)
amounts = st.none() | st.sampled_from(
    [Decimal(text) for text in ("0.1", "12", "-3.5", "-100", "999999999999999999", "0.000000000000000001")]
)
days = st.none() | st.integers(0, 40)
shares = st.sampled_from([0.0, 0.5, 0.75, 1.0])

leaves = st.builds(
    HasFact,
    fact_class=st.sampled_from([*ABOVE, "unheard of"]),
    finer=st.booleans(),
    among=st.lists(values, max_size=3).map(tuple),
    least=amounts,
    most=amounts,
    older_than_days=days,
    within_days=days,
    least_confidence=st.none() | shares,
)
rules = st.recursive(
    leaves,
    lambda inner: (
        st.builds(All, of=st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, of=st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(Not, of=inner)
    ),
    max_leaves=6,
)
facts = st.builds(
    Known,
    st.sampled_from([*ABOVE, "no class at all"]),
    values,
    st.integers(-1, 41).map(lambda back: ON - timedelta(days=back)),
    st.none() | shares,
)
# One fact of a class for each customer, as in current_facts.
worlds = st.dictionaries(
    st.sampled_from(CUSTOMERS),
    st.lists(facts, max_size=5, unique_by=lambda fact: fact.fact_class),
)
