"""The search benchmark on few customers: each sort of search is timed, the target is told, nothing is left behind."""

import pytest

from bench.search import TYPED, search_people


@pytest.mark.slow
def test_every_sort_of_search_is_timed_beside_a_count_and_nothing_is_left_behind(tmp_path):
    told = []
    result = search_people(2000, tmp_path / "homes", False, told.append)
    parts = [figure.what for figure in result.figures]
    assert all(any(part.startswith(f"search: {what}, ") for part in parts) for what in TYPED)
    assert parts[-1] == "count of all" and parts[-1] not in parts[:-1]
    assert result.seconds == max(figure.seconds for figure in result.figures[:-1])
    [target], [ratio] = result.targets, result.ratios
    assert (target.unit, target.limit, target.measured) == ("ms", 200, result.seconds * 1000)
    assert ratio.times == result.seconds / result.figures[-1].seconds
    assert list((tmp_path / "homes").iterdir()) == []
