"""The counts of a draft: those of the rule itself over any customers, each once, and some of whom it holds."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.desk.segments import counting
from sterna.desk.segments.counting import Counted, count
from sterna.desk.segments.panel import Files, lay_out
from sterna.engine.lake import arrow
from sterna.engine.rules import Behavior, HasFact, Household, Not, Rule, Worth, holds
from sterna.engine.tables import Table
from sterna.engine.taxonomy import Closure
from tests.engine.lake.small_tables import rows
from tests.engine.rules import drawn_rules
from tests.engine.rules.drawn_rules import ABOVE, ON, people, rules, worlds

PAIRS = [Closure(up, name, 0) for name, line in ABOVE.items() for up in line]


@pytest.fixture(autouse=True, scope="module")
def known_classes():
    """The classes that are drawn are those of the taxonomy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "classes", lambda: SimpleNamespace(closure=lambda: PAIRS))
        yield


def called(name: str) -> UUID:
    """The id of a customer with this name."""
    return uuid5(NAMESPACE_OID, name)


class Saved:
    """A lake to lay drawn worlds out in: each table is a file, and customers have ids."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, dict[str, list[str]]()

    def put(self, table: Table, held: pa.Table) -> None:
        if "customer_id" in held.column_names:
            ids = pa.array([str(called(name)) for name in held["customer_id"].to_pylist()], pa.string())
            held = held.set_column(held.column_names.index("customer_id"), "customer_id", ids)
        path = self.folder / f"{table.name}.parquet"
        arrow.write(held, path)
        self.files[table.name] = [str(path)]

    def panel(self) -> Files:
        return lay_out(self.folder / "panel", self.files, "500MB")


def saved(folder: Path, **tables: Sequence[Mapping[str, Any]]) -> Files:
    """The panel of rows that a test wrote."""
    held = Saved(folder)
    for name, told in tables.items():
        held.put(drawn_rules.TABLES[name], rows(name, *told))
    return held.panel()


def by_hand(world: Mapping[str, Any], asked: Sequence[Rule]) -> tuple[list[set[UUID]], list[int]]:
    """Of whom each rule holds, and how many it is the first one of."""
    told = people(world)
    members = [{called(who) for who, one in told.items() if holds(rule, one, ABOVE, ON)} for rule in asked]
    taken = [len(found.difference(*members[:at])) for at, found in enumerate(members)]
    return members, taken


# Files are slow and rules are not: few worlds, each asked many rules.
@settings(max_examples=12)
@given(asked=st.lists(rules, min_size=1, max_size=12), world=worlds, data=st.data())
def test_R76_the_counts_of_any_rules_are_those_of_a_naive_recount(asked, world, data):
    shown = data.draw(st.integers(0, len(asked) - 1))
    with tempfile.TemporaryDirectory() as folder:
        lake = Saved(Path(folder))
        drawn_rules.lay_out(lake, world)  # type: ignore[arg-type]
        found = count(asked, lake.panel(), ON, shown)
    members, taken = by_hand(world, asked)
    assert found.holds == tuple(map(len, members)) and found.taken == tuple(taken)
    assert found.customers == len(drawn_rules.CUSTOMERS) and set(found.examples) == members[shown]


def spends(least: int) -> Worth:
    return Worth(measure="spend", least=Decimal(least))


@pytest.fixture(scope="module")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Forty customers who spent 0 to 39, two to a household, the last two in none."""
    names = [f"c{number}" for number in range(40)]
    return saved(
        tmp_path_factory.mktemp("forty"),
        customers=[
            {"customer_id": name, "unit": f"home {at // 2}" if at < 38 else None}
            for at, name in enumerate(names)
        ],
        values=[{"customer_id": name, "spend": Decimal(at)} for at, name in enumerate(names)],
    )


def test_R76_each_customer_counts_once_at_the_first_rule_that_holds(forty):
    found = count([spends(30), spends(10), Not(of=spends(35))], forty, ON)
    # 30 to 39; 10 to 39; 0 to 34. Left for the second are 10 to 29, for the third 0 to 9.
    assert (found.holds, found.taken) == ((10, 30, 35), (10, 20, 10))


@pytest.mark.parametrize("shown", [0, 1, 2])
def test_examples_are_ten_different_members_of_the_rule_that_is_shown_and_the_same_each_time(forty, shown):
    asked = [spends(38), Not(of=spends(30)), spends(100)]
    members = [{38, 39}, set(range(30)), set()][shown]
    found = count(asked, forty, ON, shown).examples
    assert len(set(found)) == len(found) == min(10, len(members))
    assert set(found) <= {called(f"c{number}") for number in members}
    assert count(asked, forty, ON, shown).examples == found


def test_a_household_is_asked_as_one_and_who_is_in_none_shares_none(forty):
    # Who spent 37 lives with who spent 36; 38 and 39 live with nobody that is known, not with each other.
    rich = Household(of=spends(37))
    assert count([rich], forty, ON).holds == (2,)
    assert count([Worth(measure="spend", household=True, least=Decimal(70))], forty, ON).holds == (2,)


def test_nobody_and_nothing_asked_are_counted_too(forty, tmp_path):
    empty = saved(tmp_path)
    assert count([spends(1), Not(of=spends(1))], empty, ON) == Counted(0, (0, 0), (0, 0), ())
    assert count([], forty, ON) == Counted(40, (), (), ())


def test_what_the_run_did_not_keep_is_unknown_and_no_error(forty):
    unknown = [
        HasFact(fact_class="wine"),
        Behavior(least=Decimal(1)),
        Worth(measure="orders", change="difference", least=Decimal(-99)),
        Worth(measure="orders", least=Decimal(0)),
    ]
    assert count(unknown, forty, ON).holds == (0, 0, 0, 0)
    assert count([Behavior(most=Decimal(0))], forty, ON).holds == (40,), "who bought nothing bought nothing"


def test_a_purchase_is_one_time_for_a_category_whatever_its_lines_and_an_unlisted_product_is_in_none(
    tmp_path,
):
    at, on = datetime(2017, 6, 1, 15), date(2017, 6, 1)
    bought = {"event_id": "e", "occurred_on": on, "touchpoint": "shop"}
    priced = {"l1": ("roll", 2), "l2": ("loaf", 3), "l3": ("red", 4), "l4": ("gift", 1)}
    panel = saved(
        tmp_path,
        customers=[{"customer_id": "ann", "unit": "ann"}, {"customer_id": "bo", "unit": "bo"}],
        purchases=[{"customer_id": "ann", "occurred_at": at, "amount": Decimal(10), **bought}],
        clean_lines=[
            {"line_id": line, "product_id": product, "amount": Decimal(amount), **bought}
            for line, (product, amount) in priced.items()
        ],
        # What was said of a product last is true: red was listed as bread before.
        products=[
            {"product_id": "roll", "department": "bread", "recorded_at": datetime(2017, 1, 1)},
            {"product_id": "loaf", "department": "bread", "recorded_at": datetime(2017, 1, 1)},
            {"product_id": "red", "department": "bread", "recorded_at": datetime(2016, 1, 1)},
            {"product_id": "red", "department": "wine", "recorded_at": datetime(2017, 1, 1)},
        ],
    )

    def said(of: str, figure: str, category: str | None = None) -> bool:
        exact = Behavior(of=of, category=category, least=Decimal(figure), most=Decimal(figure))  # type: ignore[arg-type]
        [held] = count([exact], panel, ON).holds
        return held == 1

    assert said("categories", "2"), "bread and wine; nobody knows what the gift is"
    assert said("times", "1", "bread") and said("amount", "5", "bread") and said("share", "0.5", "bread")
    assert said("amount", "4", "wine") and said("share", "0.1", "unknown")
