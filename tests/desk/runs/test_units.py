"""What is drawn into an arm: the household, or the customer under the first identifier that was ever kept of them."""

from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from sterna.desk.customers.actions import identify, merge
from sterna.desk.customers.models import SourceRecord
from sterna.desk.runs.actions.freezing import freeze

pytestmark = pytest.mark.django_db
NOON = datetime(2018, 1, 1, 12, tzinfo=UTC)


def units(folder) -> dict[str, str]:
    """The unit of each source record."""
    folder.mkdir(exist_ok=True)
    frozen = pq.read_table(freeze(folder, date(2018, 1, 2))["identity_map"][0])
    return dict(zip(frozen["source_record"].to_pylist(), frozen["unit"].to_pylist(), strict=True))


def test_a_source_that_comes_later_in_the_same_moment_moves_nobody_to_another_arm(tmp_path):
    identify("retail", "card", ["1", "2"], NOON)
    before = units(tmp_path / "before")
    identify("contact-details", "card", ["1", "2"], NOON)
    after = units(tmp_path / "after")
    assert before == {"retail/card:1": "retail/card:1", "retail/card:2": "retail/card:2"}
    assert after == before | {
        "contact-details/card:1": "retail/card:1",
        "contact-details/card:2": "retail/card:2",
    }


def test_a_record_that_names_a_household_is_the_unit_whenever_it_came(tmp_path):
    identify("site", "user_id", ["ann"], NOON)
    identify("retail", "household_id", ["7"], NOON)
    ann, home = (SourceRecord.objects.get(value=value).customer for value in ("ann", "7"))
    merge(ann, home, "she showed her card", None)
    assert set(units(tmp_path / "run").values()) == {"retail/household_id:7"}
