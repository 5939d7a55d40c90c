"""`sterna plan document`: a plan file becomes a page or a PDF, without an installation."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

RETAIL = Path(__file__).resolve().parents[2] / "examples/retail"


def test_R75_a_plan_is_written_as_html_with_what_it_is_compared_with(sterna, tmp_path):
    to = tmp_path / "plan.html"
    ran = sterna("plan", "document", RETAIL / "plan.yaml", "--known", RETAIL / "known.json", "--to", to)
    assert ran.code == 0 and str(to) in ran.out and ran.err == ""
    page = to.read_text(encoding="utf-8")
    assert "<h2>Place: bronze</h2>" in page and "21,660.00 USD" in page


def test_R75_a_plan_is_written_as_pdf(sterna, tmp_path):
    to = tmp_path / "plan.pdf"
    assert sterna("plan", "document", RETAIL / "plan.yaml", "--to", to).code == 0
    first = PdfReader(io.BytesIO(to.read_bytes())).pages[0].extract_text()
    assert "One step up in the second half of 2017" in first


@pytest.mark.parametrize("name", ["plan.txt", "plan", "absent/plan.html"])
def test_what_cannot_be_written_is_refused_by_name(sterna, tmp_path, name):
    to = tmp_path / name
    ran = sterna("plan", "document", RETAIL / "plan.yaml", "--to", to)
    assert ran.code != 0 and str(to) in ran.err and not to.exists()


def test_what_is_no_plan_is_refused_and_nothing_is_written(sterna, tmp_path):
    broken, to = tmp_path / "broken.yaml", tmp_path / "plan.html"
    broken.write_text("plan: [", encoding="utf-8")
    ran = sterna("plan", "document", broken, "--to", to)
    assert ran.code != 0 and "cannot be read as a plan" in ran.err and not to.exists()
