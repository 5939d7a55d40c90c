"""The benchmark of placing on few customers: all of its parts, places that rules alone would give, nothing left."""

import json

from bench.__main__ import Name
from bench.benchmarks import BENCHMARKS
from bench.place import place_customers
from bench.place_side import schemes
from sterna.engine.segments.ruled import check_ruled, rules_of


def test_the_schemes_are_those_that_the_limit_asks_for():
    life, needs = schemes()
    assert len(needs.places) == 8 and check_ruled(needs) and len(life.places) == 3
    assert len(rules_of(life)) == 5


def test_everybody_is_placed_one_in_a_hundred_is_placed_again_and_nothing_is_left_behind(tmp_path):
    told: list[str] = []
    result = place_customers(2_000, tmp_path / "homes", False, told.append)
    assert result.sizes == {"customers": 2_000, "due between runs": 20}
    figures = {figure.what: figure for figure in result.figures}
    assert {"places of everybody", "  segments/matrix", "one in a hundred between runs"} <= figures.keys()
    assert all(figure.seconds > 0 for figure in result.figures)
    parts = sum(figure.seconds for what, figure in figures.items() if what.startswith("  "))
    assert parts <= figures["places of everybody"].seconds
    assert {target.unit for target in result.targets} == {"s", "GB", "ms"} and len(result.targets) == 5
    assert all(ratio.raw_seconds > 0 for ratio in result.ratios)
    assert any("bench.place_side live" in line for line in told)
    assert not list((tmp_path / "homes").iterdir())
    json.dumps([target.measured for target in result.targets])


def test_every_benchmark_can_be_asked_for_by_its_name():
    assert [name.value for name in Name] == list(BENCHMARKS)
