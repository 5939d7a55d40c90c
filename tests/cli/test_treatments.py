"""`sterna treatments load`: a file is in force whole or not at all, and what is wrong with it is one line."""

from pathlib import Path

import pytest

from sterna.desk.segments.models import Definition
from sterna.desk.segments.treatment_queries import of_body, treatments_of
from sterna.engine.segments.treatments import PROMOTING
from tests.desk.segments import treated
from tests.desk.segments.grouped import user

pytestmark = pytest.mark.django_db
SEGMENTS, EXAMPLE = Path("examples/retail/segments.yaml"), Path("examples/retail/treatments.yaml")


@pytest.fixture(autouse=True)
def segments(sterna) -> None:
    """The segments of the example in force."""
    for role in ("manager", "analyst", "staff"):
        user(role, role)
    assert sterna("segments", "load", SEGMENTS, "--reason", "we begin").code == 0


def test_R80_the_example_of_a_shop_is_in_force_with_a_level_for_every_cell(sterna):
    said = sterna("treatments", "load", EXAMPLE, "--reason", "we begin")
    assert (said.code, said.out.splitlines()) == (
        0,
        ["treatments of needs, version 1: spend in 3 bands, headroom in 3"],
    )
    found = of_body(treatments_of("needs").body)
    assert len(found.of_segment("families")) == 3 * 4 and found.segments.keys() == {"drifting"}
    # Once more it is the same version.
    assert sterna("treatments", "load", EXAMPLE, "--reason", "again").out == said.out
    assert Definition.objects.filter(kind="treatments").count() == 1 and "marketing" in PROMOTING


def test_a_file_that_is_wrong_is_refused_in_one_line_with_the_line_of_each_fault(sterna, tmp_path):
    file = tmp_path / "treatments.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    file.write_text(
        text.replace("name: fair, low: 150.00", "name: fair, low: 151.00").replace("drifting", "gone")
    )
    refused = sterna("treatments", "load", file, "--reason", "why").refusal()
    assert "gap between small and fair of potential: from 150.00 up to but without 151.00; line" in refused
    assert "needs has no segment gone" in refused
    assert not Definition.objects.filter(kind="treatments").exists()


def test_what_is_no_file_and_what_has_no_reason_is_refused(sterna, tmp_path):
    assert "'path': file" in sterna("treatments", "load", tmp_path / "none.yaml", "--reason", "why").refusal(
        2
    )
    assert (
        "write why the treatments change" in sterna("treatments", "load", EXAMPLE, "--reason", " ").refusal()
    )
    odd = tmp_path / "odd.yaml"
    odd.write_bytes(b"\xff")
    assert (
        "odd.yaml is no file of treatments: "
        in sterna("treatments", "load", odd, "--reason", "why").refusal()
    )
    odd.write_text(treated.TEXT)
    refused = sterna("treatments", "load", odd, "--reason", "why").refusal()
    assert "needs has no segment big" in refused
